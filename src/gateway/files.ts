import type { Readable } from "node:stream";
import type { OpenAccount } from "../core/accounts.ts";
import type { ByteRange } from "../core/blobs.ts";
import { GatewayError } from "../core/errors.ts";
import type { FileCopy, StoredFile } from "../core/file.ts";
import type {
  Call,
  CreateFile,
  FileContent,
  ListPage,
  Page,
  RangeRequest,
  ReceivedContent,
} from "../core/gateway.ts";
import type { Provider, Upstream, UpstreamFile } from "../core/provider.ts";
import type { ListQuery, Tables } from "../core/storage.ts";
import { wholeSecond } from "../lib/whole-second.ts";
import { insertAliases } from "../core/aliases.ts";
import { blobsOfFile } from "../core/file-blobs.ts";
import { checkS3Options } from "../core/s3-gate.ts";
import type { GatewayContext } from "./context.ts";
import { findFile, getCursor, getFile } from "./lookup.ts";
import { mirrorFiles, openSource } from "./mirror.ts";
import { namedProvider, resolveProvider } from "./resolve.ts";

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

/** For what must be done though the request may be gone. */
function ownTime(): AbortSignal {
  return AbortSignal.timeout(30_000);
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

export async function listFiles(
  context: GatewayContext,
  call: Call,
  page: ListPage,
): Promise<Page<StoredFile>> {
  const named = namedProvider(call, context.providers);
  const after = await getCursor((id) => findFile(context, call, id), page.after);
  if (named !== null && call.client.mirrors) {
    const limit = page.order === "desc" ? page.limit : Number.MAX_SAFE_INTEGER;
    const source = openSource(context, call, named);
    await mirrorFiles(context, {
      call,
      source,
      page: { after: page.order === "desc" ? after : null, limit },
    });
  }
  const unexpiredAt = context.now();
  return pageOf((query) => context.database.files.list({ ...query, unexpiredAt }), {
    call,
    page,
    after,
    provider: named?.name,
  });
}

/** One row more than asked for tells whether there is a next page. */
export async function pageOf<Row>(
  list: (query: ListQuery) => Promise<readonly Row[]>,
  {
    call,
    page,
    after,
    provider,
  }: {
    readonly call: Call;
    readonly page: ListPage;
    readonly after: { readonly createdAt: number; readonly id: string } | null;
    readonly provider: string | undefined;
  },
): Promise<Page<Row>> {
  const rows = await list({
    owners: call.client.owners,
    order: page.order,
    limit: page.limit + 1,
    ...(provider === undefined ? {} : { provider }),
    ...(page.purpose === undefined ? {} : { purpose: page.purpose }),
    ...(page.model === undefined ? {} : { model: page.model }),
    ...(after === null ? {} : { after: { createdAt: after.createdAt, id: after.id } }),
  });
  return { items: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** Upstream first: if that fails, the client still has a file to delete. */
export async function deleteFile(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<StoredFile> {
  const file = await getFile(context, call, id);
  const { database } = context;
  const blobs = await blobsOfFile(database, file);
  for (const copy of await database.copies.of(file.id)) await deleteCopy(context, call, copy);
  await database.transaction(async (tables) => {
    await tables.files.delete(file.id, call.client.owners);
    await tables.events.append({
      id: context.newId(context.now()),
      at: context.now(),
      owner: file.owner,
      actor: call.client.owner ?? file.owner,
      kind: "file",
      objectId: file.id,
      what: "deleted",
      data: {},
    });
  });
  // A batch that still reads these bytes removes them when it ends.
  if (await database.batches.inputInUse(file.id)) return file;
  await removeBlobs(context, blobs);
  return file;
}

async function deleteCopy(context: GatewayContext, call: Call, copy: FileCopy): Promise<void> {
  const { upstream } = openSource(context, call, context.providers.get(copy.provider));
  await upstream.files?.delete(copy.nativeId, call.signal);
  await context.database.copies.delete(copy);
}

/** From our own copy where there is one, else straight from the provider. */
export async function openFile(
  context: GatewayContext,
  call: Call,
  { id, range }: { readonly id: string; readonly range?: RangeRequest },
): Promise<FileContent> {
  const file = await getFile(context, call, id);
  const bytes = range === undefined ? null : resolveRange(range, file.bytes);
  const stream = await openBytes(context, call, { file, range: bytes });
  stream.once("end", () =>
    context.telemetry.moved("out", {
      bytes: bytes === null ? file.bytes : bytes.end - bytes.start + 1,
      lines: bytes === null ? (file.lines ?? 0) : 0,
    }),
  );
  return { file, range: bytes, bytes: file.bytes, stream };
}

async function openBytes(
  context: GatewayContext,
  call: Call,
  { file, range }: { readonly file: StoredFile; readonly range: ByteRange | null },
): Promise<Readable> {
  if (file.blob !== null) return context.blobs.open(file.blob, call.signal, range ?? undefined);
  const { upstream } = openSource(context, call, context.providers.get(file.provider));
  if (upstream.files === undefined || file.native === null) {
    throw new GatewayError("not_found", "The bytes of this file are no longer available.", {
      param: "id",
    });
  }
  return upstream.files.open(file.native.id, call.signal, range ?? undefined);
}

/** RFC 9110, 14.1.2: an end beyond the size means the end; a suffix longer than the file means all of it. */
function resolveRange({ start, end }: RangeRequest, size: number): ByteRange {
  const first = start ?? Math.max(0, size - (end ?? 0));
  const last = start === null ? size - 1 : Math.min(end ?? size - 1, size - 1);
  if (first > last || first >= size) {
    throw new GatewayError(
      "range_not_satisfiable",
      `The range lies outside the file, which has ${size} bytes.`,
      {
        reason: String(size),
      },
    );
  }
  return { start: first, end: last };
}

export async function discard(
  context: GatewayContext,
  content: Pick<ReceivedContent, "blob">,
): Promise<void> {
  await context.blobs.delete(content.blob, ownTime());
}

/** After what named them is gone. What can't be removed now is swept later. */
export async function removeBlobs(context: GatewayContext, blobs: Iterable<string>): Promise<void> {
  for (const blob of blobs) {
    try {
      await discard(context, { blob });
    } catch (error) {
      context.log.warn({ blob, error }, "stored bytes could not be removed");
    }
  }
}
