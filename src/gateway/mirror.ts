import type { OpenAccount, WantedAccount } from "../core/accounts.ts";
import type { Batch, BatchState } from "../core/batch.ts";
import type { Client } from "../core/client.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import type { StoredFile } from "../core/file.ts";
import type { Call } from "../core/gateway.ts";
import type { JsonObject } from "../core/json.ts";
import type {
  Provider,
  Upstream,
  UpstreamFile,
  UpstreamJob,
  UpstreamPage,
} from "../core/provider.ts";
import { checkS3Options } from "../core/s3-gate.ts";
import { insertAliases, insertNativeAlias } from "../core/aliases.ts";
import { findObjectId } from "./find-object.ts";
import type { GatewayContext } from "./context.ts";

/** The provider's list is read in pages of this size. */
const PAGE = 100;
/** No list call reads more of a provider's list than this many pages. */
const MAX_PAGES = 200;

interface Source {
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
  readonly after: (Pick<StoredFile | Batch, "native"> & { readonly createdAt: number }) | null;
  readonly limit: number;
}

/** Brings as much of the provider's own list of files into the index as a page of `limit` after `after` can show. */
export async function mirrorFiles(
  context: GatewayContext,
  { call, source, page }: MirrorList,
): Promise<void> {
  const { files } = source.upstream;
  if (files === undefined) return;
  await mirrorPages(page, {
    read: (after) => files.list({ after, limit: PAGE }, call.signal),
    store: (file) => mirrorFile(context, source, file),
  });
}

export async function mirrorBatches(
  context: GatewayContext,
  { call, source, page }: MirrorList,
): Promise<void> {
  const { jobs } = source.upstream;
  if (jobs === undefined) return;
  await mirrorPages(page, {
    read: (after) => jobs.list({ after, limit: PAGE }, call.signal),
    store: (job) => mirrorJob(context, source, job),
  });
}

/**
 * Reads on until the provider has shown more items beyond the cursor than the page can hold, so that none of its items can
 * belong on the page and be missing. Pages are stored oldest first: items of one second then keep the provider's order.
 */
async function mirrorPages<Item extends { readonly createdAt: number }>(
  wanted: MirrorPage,
  work: {
    readonly read: (after: string | null) => Promise<UpstreamPage<Item>>;
    readonly store: (item: Item) => Promise<void>;
  },
): Promise<void> {
  const startTime = wanted.after?.createdAt ?? Number.POSITIVE_INFINITY;
  let cursor = wanted.after?.native?.id ?? null;
  let beyond = 0;
  for (let pages = 0; pages < MAX_PAGES && beyond <= wanted.limit; pages += 1) {
    const page = await readPage(work.read, cursor, pages === 0);
    for (const item of page.items.toReversed()) await work.store(item);
    beyond += page.items.filter((item) => item.createdAt < startTime).length;
    if (page.next === null) return;
    cursor = page.next;
  }
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
    await mirrorFile(context, source, await files.retrieve(id, call.signal));
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
    await mirrorJob(context, source, await jobs.retrieve(id, call.signal));
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

async function mirrorFile(
  context: GatewayContext,
  source: Source,
  file: UpstreamFile,
): Promise<void> {
  const owners = [source.account.owner];
  const known = await findObjectId(context.database, "file", {
    id: file.id,
    owners,
    provider: source.provider.name,
  });
  if (known !== null) return;
  const row: StoredFile = {
    id: context.newId(file.createdAt),
    owner: source.account.owner,
    account: source.account.access.account,
    dialect: source.provider.format,
    provider: source.provider.name,
    origin: "upstream",
    native: { id: file.id, format: source.provider.format },
    filename: file.filename,
    purpose: file.purpose,
    mimeType: file.mimeType ?? "application/octet-stream",
    bytes: file.bytes,
    sha256: null,
    lines: null,
    blob: null,
    lineIndex: null,
    batchId: null,
    role: null,
    options: {},
    createdAt: file.createdAt,
    expiresAt: file.expiresAt,
    version: 1,
  };
  await context.database.transaction(async (tables) => {
    if (!(await insertNativeAlias(tables, "file", row))) return;
    await tables.files.insert(row);
    await insertAliases(tables, "file", row);
    await tables.copies.save({
      fileId: row.id,
      provider: row.provider,
      account: source.account.access.account,
      recipe: "bytes",
      nativeId: file.id,
      bytes: file.bytes,
      createdAt: file.createdAt,
      expiresAt: file.expiresAt,
    });
  });
}

/** A job made elsewhere becomes a batch that the engine doesn't follow; one already known is brought up to date if mirrored. */
async function mirrorJob(
  context: GatewayContext,
  source: Source,
  upstreamJob: UpstreamJob,
): Promise<void> {
  const { job } = upstreamJob;
  const owners = [source.account.owner];
  const known = await findObjectId(context.database, "batch", {
    id: job.id,
    owners,
    provider: source.provider.name,
  });
  if (known !== null) {
    const row = await context.database.batches.get(known, owners);
    if (row === null || row.origin !== "upstream") return;
    try {
      await context.database.batches.update(row, {
        ...fromUpstream(source, upstreamJob),
        polledAt: context.now(),
      });
    } catch (error) {
      // Another request has just brought it up to date.
      if (!isGatewayError(error, "stale")) throw error;
    }
    return;
  }
  const row: Batch = {
    id: context.newId(upstreamJob.createdAt),
    owner: source.account.owner,
    account: source.account.access.account,
    dialect: source.provider.format,
    provider: source.provider.name,
    origin: "upstream",
    native: { id: job.id, format: source.provider.format },
    endpoint: upstreamJob.endpoint,
    inputFileId: null,
    outputFileId: null,
    errorFileId: null,
    models: [],
    mode: "native",
    priceTier: "batch",
    completionWindow: upstreamJob.completionWindow,
    metadata: upstreamJob.metadata,
    bytes: 0,
    warnings: [],
    polledAt: context.now(),
    parent: null,
    selectedLines: null,
    options: { job: job.data },
    version: 1,
    ...fromUpstream(source, upstreamJob),
  };
  await context.database.transaction(async (tables) => {
    if (!(await insertNativeAlias(tables, "batch", row))) return;
    await tables.batches.insert(row);
    await insertAliases(tables, "batch", row);
  });
}

type Mirrored = Pick<
  Batch,
  "state" | "counts" | "usage" | "errors" | "times" | "model" | "natives"
>;

function fromUpstream(
  source: Source,
  { report, inputNativeId, createdAt, expiresAt }: UpstreamJob,
): Mirrored {
  const native = (id: string | null) =>
    id === null ? null : { id, format: source.provider.format };
  const state: BatchState = report.kind === "running" ? report.state : report.outcome;
  const isEnded = report.kind === "ended";
  return {
    state,
    counts: report.counts ?? { total: 0, completed: 0, failed: 0 },
    usage: isEnded ? report.usage : null,
    errors: isEnded ? report.errors : [],
    model: report.model,
    times: {
      expiresAt,
      submittedAt: createdAt,
      inProgressAt: null,
      finalizingAt: null,
      completedAt: null,
      failedAt: null,
      expiredAt: null,
      cancellingAt: null,
      cancelledAt: null,
      ...report.times,
      createdAt,
    },
    natives: {
      input: native(inputNativeId),
      output: native(isEnded ? report.outputNativeId : null),
      error: native(isEnded ? report.errorNativeId : null),
    },
  };
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
