import type { OpenAccount, WantedAccount } from "../core/accounts.ts";
import type { Batch, JobRef } from "../core/batch.ts";
import type { Client } from "../core/client.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import type { StoredFile } from "../core/file.ts";
import type { Call, ListPage } from "../core/gateway.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { Provider, Upstream, UpstreamPage } from "../core/provider.ts";
import { checkS3Options } from "../core/s3-gate.ts";
import type { ClientTables } from "../core/storage.ts";
import { findObjectId } from "./find-object.ts";
import type { GatewayContext } from "./context.ts";
import { type MirrorContext, mirrorFile, mirrorJob } from "./mirror-rows.ts";

/** The provider's list is read in pages of this size. */
const PAGE = 100;
/** No list call reads more of a provider's list than this many pages. */
const MAX_PAGES = 200;

export interface Source {
  readonly provider: Provider;
  readonly account: OpenAccount;
  readonly upstream: Upstream;
}

export function openSource(context: GatewayContext, call: Call, provider: Provider): Source {
  const account = context.accounts.open(call.client, provider, call.headers);
  return connected(call, provider, account);
}

/** Each account at a provider whose own lists the client may see. */
export function openSources(
  context: GatewayContext,
  call: Call,
  provider: Provider,
): readonly Source[] {
  const accounts = context.accounts.openAll(call.client, provider, call.headers);
  return accounts.map((account) => connected(call, provider, account));
}

/** For something new that needs this model, and what lies in that account. */
export function openTarget(
  context: GatewayContext,
  call: Call,
  { provider, model, account }: Omit<WantedAccount, "headers"> & { readonly provider: Provider },
): Source {
  const wanted = { headers: call.headers, model, account };
  return connected(call, provider, context.accounts.choose(call.client, provider, wanted));
}

/** Where an object of the client's lies. */
export function openHome(
  context: GatewayContext,
  call: Call,
  { provider, account }: { readonly provider: string; readonly account: string | null },
): Source {
  const home = context.providers.get(provider);
  const place = { headers: call.headers, account };
  return connected(call, home, context.accounts.openHome(call.client, home, place));
}

function connected(call: Call, provider: Provider, account: OpenAccount): Source {
  checkS3Options(call.client, call.options);
  const options = { ...call.options, ...folderOf(call.client) };
  return { provider, account, upstream: provider.connect(account.access, options) };
}

/** Where a tenant's data lie that names no place: a folder below the gateway's default one. */
export function folderOf({ grant }: Client): JsonObject {
  return grant === null ? {} : { folder: grant.folder };
}

/** A call about an object that knows where it is: what the request says of that counts less. */
export function placed(call: Call, options: JsonObject): Call {
  return { ...call, options: { ...call.options, ...options } };
}

interface MirrorList {
  readonly call: Call;
  readonly source: Source;
  readonly page: MirrorPage;
}

interface MirrorPage {
  readonly after: Cursor | null;
  readonly limit: number;
}

type Cursor = Pick<StoredFile | Batch, "native" | "provider"> & { readonly createdAt: number };

/** How far a provider's list is read for a page. Towards newer ones every item of it may belong there. */
export function reachOf({ order, limit }: ListPage, after: Cursor | null): MirrorPage {
  return order === "desc" ? { after, limit } : { after: null, limit: Number.MAX_SAFE_INTEGER };
}

/** Brings as much of the provider's own list of files into the index as a page of `limit` after `after` can show. */
export async function mirrorFiles(
  context: GatewayContext,
  { call, source, page }: MirrorList,
): Promise<void> {
  const { files } = source.upstream;
  if (files === undefined) return;
  await mirrorPages(page, {
    provider: source.provider,
    read: (after) => files.list({ after, limit: PAGE }, call.signal),
    store: (files) =>
      storeTogether(context, files, (page, tables, file) =>
        mirrorFile(page, tables, { source, file }),
      ),
  });
}

export async function mirrorBatches(
  context: GatewayContext,
  { call, source, page }: MirrorList,
): Promise<void> {
  const { jobs } = source.upstream;
  if (jobs === undefined) return;
  await mirrorPages(page, {
    provider: source.provider,
    read: (after) => jobs.list({ after, limit: PAGE }, call.signal),
    store: (listed) =>
      storeTogether(context, listed, (page, tables, job) =>
        mirrorJob(page, tables, { source, job, isNews: false }),
      ),
  });
}

/**
 * Reads on until the provider has shown more items beyond the cursor than the page can hold, so that none of its items can
 * belong on the page and be missing. Pages are stored oldest first: items of one second then keep the provider's order.
 */
async function mirrorPages<Item extends { readonly createdAt: number }>(
  wanted: MirrorPage,
  work: {
    readonly provider: Provider;
    readonly read: (after: string | null) => Promise<UpstreamPage<Item>>;
    readonly store: (items: readonly Item[]) => Promise<void>;
  },
): Promise<void> {
  const { after } = wanted;
  const startTime = after?.createdAt ?? Number.POSITIVE_INFINITY;
  let cursor = after?.provider === work.provider.name ? (after.native?.id ?? null) : null;
  let beyond = 0;
  for (let pages = 0; pages < MAX_PAGES && beyond <= wanted.limit; pages += 1) {
    const page = await readPage(work.read, cursor, pages === 0);
    await work.store(page.items.toReversed());
    beyond += page.items.filter((item) => item.createdAt < startTime).length;
    if (page.next === null) return;
    cursor = page.next;
  }
}

/** A page is one transaction, and so one wait for the disk, and was seen at one time, which says where its items stand. */
async function storeTogether<Item>(
  { database, newId, now }: GatewayContext,
  items: readonly Item[],
  store: (page: MirrorContext, tables: ClientTables, item: Item) => Promise<void>,
): Promise<void> {
  if (items.length === 0) return;
  const seenAt = now();
  const page = { newId, now: () => seenAt };
  await database.transaction(async (tables) => {
    for (const item of items) await store(page, tables, item);
  });
}

/** What the client's page begins after may be gone at the provider: then its list is read from the top. */
async function readPage<Item>(
  read: (after: string | null) => Promise<UpstreamPage<Item>>,
  cursor: string | null,
  isFirst: boolean,
): Promise<UpstreamPage<Item>> {
  try {
    return await read(cursor);
  } catch (error) {
    if (!isFirst || cursor === null || !isNotThere(error)) throw error;
    return read(null);
  }
}

interface MirrorOne {
  readonly call: Call;
  readonly source: Source;
  readonly id: string;
}

/** The file that a provider holds under this id, mirrored; null if it has none. */
export async function mirrorFileById(
  context: GatewayContext,
  { call, source, id }: MirrorOne,
): Promise<StoredFile | null> {
  const { files } = source.upstream;
  if (files === undefined) return null;
  try {
    const file = await files.retrieve(id, call.signal);
    await context.database.transaction((tables) => mirrorFile(context, tables, { source, file }));
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
  const objectId = await findObjectId(context.database, "file", {
    id,
    owners: call.client.owners,
    provider: source.provider.name,
  });
  return objectId === null ? null : context.database.files.get(objectId, call.client.owners);
}

export async function mirrorBatchById(
  context: GatewayContext,
  { call, source, id }: MirrorOne,
): Promise<Batch | null> {
  const { jobs } = source.upstream;
  if (jobs === undefined) return null;
  try {
    const job = await jobs.retrieve(id, call.signal);
    await context.database.transaction((tables) =>
      mirrorJob(context, tables, { source, job, isNews: true }),
    );
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
  const objectId = await findObjectId(context.database, "batch", {
    id,
    owners: call.client.owners,
    provider: source.provider.name,
  });
  return objectId === null ? null : context.database.batches.get(objectId, call.client.owners);
}

/** A malformed id is 400 at some providers: to us it is an id that isn't there. */
function isNotThere(error: unknown): boolean {
  return isGatewayError(error, "upstream_not_found") || isGatewayError(error, "upstream_rejected");
}

/** The job that a mirrored batch is. */
export function mirroredJob({ native, options }: Batch): JobRef {
  if (native === null) throw new GatewayError("internal", "a mirrored batch has no native id");
  const data = options["job"];
  return { id: native.id, data: isJsonObject(data) ? data : {} };
}

/** A mirrored batch as its provider has it now. */
export async function refreshMirrored(
  context: GatewayContext,
  call: Call,
  batch: Batch,
): Promise<Batch> {
  const source = openHome(context, call, batch);
  if (source.account.access.account !== batch.account || batch.native === null) return batch;
  const fresh = await mirrorBatchById(context, { call, source, id: batch.native.id });
  if (fresh === null)
    throw new GatewayError("not_found", `No batch found with id '${batch.native.id}'.`);
  return fresh;
}
