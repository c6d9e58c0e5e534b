import type { OpenAccount } from "../core/accounts.ts";
import { insertAliases } from "../core/aliases.ts";
import { type FileCopy, PLACE, type StoredFile } from "../core/file.ts";
import type { Call, CreateFile } from "../core/gateway.ts";
import type { Provider, UpstreamFile } from "../core/provider.ts";
import { checkS3Options, findStoragePlace } from "../core/s3-gate.ts";
import { toS3Uri } from "../core/s3-uri.ts";
import type { JsonObject } from "../core/json.ts";
import type { ClientTables } from "../core/storage.ts";
import { wholeSecond } from "../lib/whole-second.ts";
import { actorOf } from "./actor.ts";
import type { GatewayContext } from "./context.ts";
import { countUse } from "./key-limits.ts";
import { modelFor } from "./model-for.ts";
import { openTarget, placed } from "./mirror.ts";
import { ownTime } from "../lib/own-time.ts";
import { resolveProvider } from "./resolve.ts";
import { type SentCopy, sendCopy } from "./send-copy.ts";

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
    readonly also: (tables: ClientTables, file: StoredFile) => Promise<void>;
  },
): Promise<StoredFile> {
  checkS3Options(call.client, request.options);
  const provider = resolveProvider(call, context.providers);
  const { account, upstream } = openTarget(context, placed(call, request.options), {
    provider,
    model: await modelFor(context, provider, { ...request.content, signal: call.signal }),
    account: null,
  });
  const copy = await sendCopy(context, call, { request, provider, upstream });
  const file = newFile(context, call, { request, provider, account, copy });
  try {
    await context.database.transaction(async (tables) => {
      await insertFile(context, tables, { call, file, copy: copy === null ? null : copyOf(copy) });
      await also(tables, file);
    });
  } catch (error) {
    // No one will ever ask for it.
    if (copy !== null) await upstream.files?.delete(copy.sent.id, ownTime()).catch(() => undefined);
    throw error;
  }
  context.telemetry.moved("in", { bytes: file.bytes, lines: request.content.lines });
  return file;
}

function copyOf({ sent, recipe }: SentCopy): NewCopy {
  return { nativeId: sent.id, expiresAt: sent.expiresAt, bytes: sent.bytes, recipe };
}

function newFile(
  context: GatewayContext,
  call: Call,
  {
    request,
    provider,
    account,
    copy,
  }: {
    readonly request: CreateFile;
    readonly provider: Provider;
    readonly account: OpenAccount;
    readonly copy: SentCopy | null;
  },
): StoredFile {
  const { content } = request;
  const now = context.now();
  const sent = copy?.sent ?? null;
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
    options: { ...request.options, ...placeOf(call, request), ...copy?.options },
    createdAt,
    expiresAt: expiryOf(context, call, { request, provider, sent, createdAt }),
    version: 1,
  };
}

function placeOf({ client }: Call, { options }: CreateFile): JsonObject {
  const place = findStoragePlace(client, options);
  return place === null ? {} : { [PLACE]: `${toS3Uri(place)}/` };
}

/** A provider of the client's own family says how long its file lives; elsewhere the bytes that stay here count. */
function expiryOf(
  context: GatewayContext,
  call: Call,
  made: {
    readonly request: CreateFile;
    readonly provider: Provider;
    readonly sent: UpstreamFile | null;
    readonly createdAt: number;
  },
): number | null {
  const { request, provider, sent, createdAt } = made;
  const own = ownExpiry(context, request, createdAt);
  return sent === null || provider.format !== call.format ? own : (sent.expiresAt ?? own);
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

type NewCopy = Pick<FileCopy, "nativeId" | "expiresAt" | "bytes" | "recipe">;

/** The rows of a new file, in the caller's transaction. */
export async function insertFile(
  context: GatewayContext,
  tables: ClientTables,
  {
    call,
    file,
    copy,
  }: {
    readonly call: Call;
    readonly file: StoredFile;
    readonly copy: NewCopy | null;
  },
): Promise<void> {
  await countUse(tables, call.client, { lines: 0, bytes: file.bytes, now: context.now() });
  await tables.files.insert(file);
  await insertAliases(tables, "file", file);
  if (copy !== null && file.account !== null) {
    await tables.copies.save({
      fileId: file.id,
      provider: file.provider,
      account: file.account,
      createdAt: file.createdAt,
      ...copy,
    });
  }
  await tables.events.append({
    id: context.newId(file.createdAt),
    at: context.now(),
    owner: file.owner,
    actor: actorOf(call.client, file),
    kind: "file",
    objectId: file.id,
    what: "created",
    data: { bytes: file.bytes, purpose: file.purpose, provider: file.provider },
  });
}
