import type { Readable } from "node:stream";
import type { ByteRange } from "../core/blobs.ts";
import { archiveBatch } from "../core/archive-batch.ts";
import type { ClientOwners } from "../core/client.ts";
import { GatewayError } from "../core/errors.ts";
import type { FileCopy, StoredFile } from "../core/file.ts";
import { blobsOfFile } from "../core/file-blobs.ts";
import type { Call, FileContent, ListPage, Page, RangeRequest } from "../core/gateway.ts";
import type { ListQuery } from "../core/storage.ts";
import { actorOf } from "./actor.ts";
import type { GatewayContext } from "./context.ts";
import { findFile, getCursor, getFile } from "./lookup.ts";
import { type Listing, openListing, readSources } from "./listing.ts";
import { openResultFile } from "./open-results.ts";
import { mirrorFiles, openHome, placed, reachOf } from "./mirror.ts";
import { removeBlobs } from "./remove-blobs.ts";

export async function listFiles(
  context: GatewayContext,
  given: Call,
  page: ListPage,
): Promise<Page<StoredFile>> {
  const listing = openListing(context, given);
  const { call, filter } = listing;
  const after = await getCursor((id) => findFile(context, call, id), page.after);
  const reach = reachOf(page, after);
  await readSources(context, listing, (source) =>
    mirrorFiles(context, { call, source, page: reach }),
  );
  const unexpiredAt = context.now();
  return pageOf((query) => context.database.files.list({ ...query, unexpiredAt }), {
    call,
    page,
    after,
    filter,
  });
}

/** One row more than asked for tells whether there is a next page. */
export async function pageOf<Row>(
  list: (query: ListQuery<ClientOwners>) => Promise<readonly Row[]>,
  {
    call,
    page,
    after,
    filter,
  }: {
    readonly call: Call;
    readonly page: ListPage;
    readonly after: { readonly createdAt: number; readonly id: string } | null;
    readonly filter: Listing["filter"];
  },
): Promise<Page<Row>> {
  const rows = await list({
    owners: call.client.owners,
    order: page.order,
    limit: page.limit + 1,
    ...filter,
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
  for (const copy of await database.copies.of(file.id)) {
    await deleteCopy(context, call, { file, copy });
  }
  await database.transaction(async (tables) => {
    await tables.files.delete(file.id, call.client.owners);
    await archiveBatch(tables, file, context.now());
    await tables.events.append({
      id: context.newId(context.now()),
      at: context.now(),
      owner: file.owner,
      actor: actorOf(call.client, file),
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

async function deleteCopy(
  context: GatewayContext,
  call: Call,
  { file, copy }: { readonly file: StoredFile; readonly copy: FileCopy },
): Promise<void> {
  const { upstream } = openHome(context, placed(call, file.options), copy);
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
  const made = file.blob === null ? await openResultFile(context, call, file) : null;
  // How long it is, nobody knows before it has been made: a range of it is the whole, as HTTP allows.
  if (made !== null) return { file, range: null, bytes: null, stream: made };
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
  if (file.blob !== null) {
    const known = { key: file.blob, bytes: file.bytes, sha256: file.sha256 };
    return context.blobs.open(known, call.signal, range ?? undefined);
  }
  const { upstream } = openHome(context, placed(call, file.options), file);
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
