import type { OpenAccount } from "../core/accounts.ts";
import { insertAliases } from "../core/aliases.ts";
import type { FileCopy, StoredFile } from "../core/file.ts";
import type { Call, CreateFile } from "../core/gateway.ts";
import type { Provider, Upstream, UpstreamFile } from "../core/provider.ts";
import { checkS3Options } from "../core/s3-gate.ts";
import type { Tables } from "../core/storage.ts";
import { wholeSecond } from "../lib/whole-second.ts";
import type { GatewayContext } from "./context.ts";
import { openSource } from "./mirror.ts";
import { ownTime } from "./remove-blobs.ts";
import { resolveProvider } from "./resolve.ts";

/** The bytes are durable here before they go to the provider, and the row is written after both. */
export async function createFile(
  context: GatewayContext,
  call: Call,
  request: CreateFile,
): Promise<StoredFile> {
  return storeFile(context, call, { request, also: async () => undefined });
}

/** `also` is written in the file's own transaction: all of it or nothing. */
export async function storeFile(
  context: GatewayContext,
  call: Call,
  {
    request,
    also,
  }: {
    readonly request: CreateFile;
    readonly also: (tables: Tables, file: StoredFile) => Promise<void>;
  },
): Promise<StoredFile> {
  checkS3Options(call.client, request.options);
  const provider = resolveProvider(call, context.providers);
  const { account, upstream } = openSource(context, call, provider);
  const sent = provider.keepsFiles ? await sendFile(context, call, { request, upstream }) : null;
  const file = newFile(context, call, { request, provider, account, sent });
  const copy = sent === null ? null : { nativeId: sent.id, expiresAt: sent.expiresAt };
  try {
    await context.database.transaction(async (tables) => {
      await insertFile(context, tables, { call, file, copy });
      await also(tables, file);
    });
  } catch (error) {
    // No one will ever ask for it.
    if (sent !== null) await upstream.files?.delete(sent.id, ownTime()).catch(() => undefined);
    throw error;
  }
  context.telemetry.moved("in", { bytes: file.bytes, lines: request.content.lines });
  return file;
}

async function sendFile(
  context: GatewayContext,
  call: Call,
  { request, upstream }: { readonly request: CreateFile; readonly upstream: Upstream },
): Promise<UpstreamFile | null> {
  const { content } = request;
  if (upstream.files === undefined) return null;
  return upstream.files.upload(
    {
      filename: request.filename,
      purpose: request.purpose,
      mimeType: request.mimeType,
      bytes: content.bytes,
      expiresAfterSeconds: request.expiresAfterSeconds,
      open: (signal, range) => context.blobs.open(content.blob, signal, range),
    },
    call.signal,
  );
}

function newFile(
  context: GatewayContext,
  call: Call,
  {
    request,
    provider,
    account,
    sent,
  }: {
    readonly request: CreateFile;
    readonly provider: Provider;
    readonly account: OpenAccount;
    readonly sent: UpstreamFile | null;
  },
): StoredFile {
  const { content } = request;
  const now = context.now();
  // Hosts that are merely compatible may not say when.
  const createdAt = sent === null || sent.createdAt === 0 ? wholeSecond(now) : sent.createdAt;
  return {
    id: context.newId(now),
    owner: account.owner,
    account: account.access.account,
    dialect: call.dialect,
    provider: provider.name,
    origin: "upload",
    native: sent === null ? null : { id: sent.id, format: provider.format },
    filename: request.filename,
    purpose: request.purpose,
    mimeType: request.mimeType,
    bytes: content.bytes,
    sha256: content.sha256,
    lines: content.lines,
    blob: content.blob,
    lineIndex: null,
    batchId: null,
    role: null,
    options: request.options,
    createdAt,
    expiresAt: sent?.expiresAt ?? ownExpiry(context, request, createdAt),
    version: 1,
  };
}

/** For where the provider says none: as the client asked, else as inputs of batches are kept here. */
export function ownExpiry(
  context: GatewayContext,
  request: Pick<CreateFile, "expiresAfterSeconds" | "purpose">,
  createdAt: number,
): number | null {
  if (request.expiresAfterSeconds !== null) return createdAt + request.expiresAfterSeconds * 1_000;
  if (request.purpose !== "batch" || context.batchFileDays === null) return null;
  return createdAt + context.batchFileDays * 86_400_000;
}

/** The rows of a new file, in the caller's transaction. */
export async function insertFile(
  context: GatewayContext,
  tables: Tables,
  {
    call,
    file,
    copy,
  }: {
    readonly call: Call;
    readonly file: StoredFile;
    readonly copy: Pick<FileCopy, "nativeId" | "expiresAt"> | null;
  },
): Promise<void> {
  await tables.files.insert(file);
  await insertAliases(tables, "file", file);
  if (copy !== null && file.account !== null) {
    await tables.copies.save({
      fileId: file.id,
      provider: file.provider,
      account: file.account,
      recipe: "bytes",
      bytes: file.bytes,
      createdAt: file.createdAt,
      ...copy,
    });
  }
  await tables.events.append({
    id: context.newId(file.createdAt),
    at: context.now(),
    owner: file.owner,
    actor: call.client.owner ?? file.owner,
    kind: "file",
    objectId: file.id,
    what: "created",
    data: { bytes: file.bytes, purpose: file.purpose, provider: file.provider },
  });
}
