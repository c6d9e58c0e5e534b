import { isDeepStrictEqual } from "node:util";
import type { OpenAccount } from "../core/accounts.ts";
import { insertAliases, insertNativeAlias } from "../core/aliases.ts";
import { type Batch, type BatchState, isTerminal } from "../core/batch.ts";
import { isGatewayError } from "../core/errors.ts";
import type { StoredFile } from "../core/file.ts";
import type { JobReport, Provider, UpstreamFile, UpstreamJob } from "../core/provider.ts";
import type { ClientTables } from "../core/storage.ts";
import type { GatewayContext } from "./context.ts";
import { findObjectId } from "./find-object.ts";
import { nameResults } from "./mirror-results.ts";

export type MirrorContext = Pick<GatewayContext, "newId" | "now">;

/** Whose list or object is mirrored, and for whom. */
interface MirrorSource {
  readonly provider: Provider;
  readonly account: OpenAccount;
}

/**
 * Among what was made in one second, ids tell the order, and providers' lists are read from the newest on: what is seen later
 * stands below what was seen before it. Else it would stand above the place where a client's next page begins, and be left out.
 */
function elsewhereId(
  { newId, now }: MirrorContext,
  { createdAt }: { readonly createdAt: number },
): string {
  return newId(Math.max(0, createdAt - (now() - createdAt)));
}

/** A file made elsewhere gets a row, if it has none. */
export async function mirrorFile(
  context: MirrorContext,
  tables: ClientTables,
  { source, file }: { readonly source: MirrorSource; readonly file: UpstreamFile },
): Promise<void> {
  const owners = [source.account.owner];
  const known = await findObjectId(tables, "file", {
    id: file.id,
    owners,
    provider: source.provider.name,
  });
  if (known !== null) return;
  const row: StoredFile = {
    id: elsewhereId(context, file),
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
    options: file.isReadable === true ? { readable: true } : {},
    createdAt: file.createdAt,
    expiresAt: file.expiresAt,
    version: 1,
  };
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
}

/**
 * A job made elsewhere becomes a batch that the engine doesn't follow; one already known is brought up to date if mirrored.
 * `isNews`: asked for by its id. A list says less of what has ended.
 */
export async function mirrorJob(
  context: MirrorContext,
  tables: ClientTables,
  {
    source,
    job: upstreamJob,
    isNews,
  }: {
    readonly source: MirrorSource;
    readonly job: UpstreamJob;
    readonly isNews: boolean;
  },
): Promise<void> {
  const { job, report } = upstreamJob;
  const owners = [source.account.owner];
  const known = await findObjectId(tables, "batch", {
    id: job.id,
    owners,
    provider: source.provider.name,
  });
  if (known !== null) {
    const row = await tables.batches.get(known, owners);
    if (row === null || row.origin !== "upstream" || (isTerminal(row.state) && !isNews)) return;
    const { files, ...fresh } = withResults(context, source, {
      batch: { ...row, ...fromUpstream(source, upstreamJob) },
      report,
    });
    if (isDeepStrictEqual(fresh, row)) return;
    try {
      await tables.batches.update(row, { ...fresh, polledAt: context.now() });
      await insertFiles(tables, files);
    } catch (error) {
      // Another request has just brought it up to date.
      if (!isGatewayError(error, "stale")) throw error;
    }
    return;
  }
  const made: Batch = {
    id: elsewhereId(context, upstreamJob),
    owner: source.account.owner,
    account: source.account.access.account,
    dialect: source.provider.format,
    provider: source.provider.name,
    origin: "upstream",
    native: { id: job.id, format: source.provider.format },
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
  const { files, ...row } = withResults(context, source, { batch: made, report });
  if (!(await insertNativeAlias(tables, "batch", row))) return;
  await tables.batches.insert(row);
  await insertAliases(tables, "batch", row);
  await insertFiles(tables, files);
}

function withResults(
  context: MirrorContext,
  { provider }: MirrorSource,
  { batch, report }: { readonly batch: Batch; readonly report: JobReport },
): Batch & { readonly files: readonly StoredFile[] } {
  const newId = () => elsewhereId(context, batch.times);
  return { ...batch, ...nameResults(batch, { report, provider, newId }) };
}

async function insertFiles(tables: ClientTables, files: readonly StoredFile[]): Promise<void> {
  for (const file of files) {
    await tables.files.insert(file);
    await insertAliases(tables, "file", file);
  }
}

type Mirrored = Pick<
  Batch,
  "state" | "endpoint" | "counts" | "usage" | "errors" | "times" | "model" | "natives"
>;

function fromUpstream(
  source: MirrorSource,
  { report, endpoint, inputNativeId, createdAt, expiresAt }: UpstreamJob,
): Mirrored {
  const native = (id: string | null) =>
    id === null ? null : { id, format: source.provider.format };
  const state: BatchState = report.kind === "running" ? report.state : report.outcome;
  const isEnded = report.kind === "ended";
  return {
    state,
    endpoint,
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
