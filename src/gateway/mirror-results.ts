import type { Batch } from "../core/batch.ts";
import type { StoredFile } from "../core/file.ts";
import type { JobReport, Provider } from "../core/provider.ts";
import { wholeSecond } from "../lib/whole-second.ts";
import { areResultsKeptAsTheyAre } from "../lines/result-source.ts";
import { formats } from "../formats/formats.ts";

interface NamedResults {
  readonly outputFileId: string | null;
  readonly errorFileId: string | null;
  /** Rows that aren't there yet. They have no bytes: what is in them is made while it is sent. */
  readonly files: readonly StoredFile[];
}

/**
 * The result files of a batch that was made elsewhere, whose provider has its results in lines of its own: once one is named it
 * stays so. Its own file, under its own id, is another file, whose bytes are the provider's.
 */
export function nameResults(
  batch: Batch,
  {
    report,
    provider,
    newId,
  }: {
    readonly report: JobReport;
    readonly provider: Provider;
    readonly newId: () => string;
  },
): NamedResults {
  const known = { outputFileId: batch.outputFileId, errorFileId: batch.errorFileId };
  if (report.kind === "running" || areResultsKeptAsTheyAre(formats[provider.format])) {
    return { ...known, files: [] };
  }
  const { output, error } = rolesOf(report);
  const outputFileId = known.outputFileId ?? (output ? newId() : null);
  const errorFileId = known.errorFileId ?? (error ? newId() : null);
  const files = [
    ...(outputFileId === null || outputFileId === known.outputFileId
      ? []
      : [resultFile(batch, outputFileId, "output")]),
    ...(errorFileId === null || errorFileId === known.errorFileId
      ? []
      : [resultFile(batch, errorFileId, "error")]),
  ];
  return { outputFileId, errorFileId, files };
}

/** Where nobody has counted, there may be lines of both kinds. */
function rolesOf({
  outcome,
  counts,
  outputNativeId,
  hasNoResults = outcome === "failed" && outputNativeId === null,
}: Extract<JobReport, { kind: "ended" }>) {
  if (hasNoResults) return { output: false, error: false };
  const isCounted = counts !== null && counts.total > 0;
  return {
    output: !isCounted || counts.completed > 0,
    error: !isCounted || counts.failed > 0,
  };
}

function resultFile(batch: Batch, id: string, role: "output" | "error"): StoredFile {
  const { times } = batch;
  const endedAt =
    times.completedAt ?? times.failedAt ?? times.expiredAt ?? times.cancelledAt ?? times.createdAt;
  // Of an ARN the last segment.
  const name = batch.native?.id.split("/").at(-1) ?? `batch_${batch.id}`;
  return {
    id,
    owner: batch.owner,
    account: batch.account,
    dialect: batch.dialect,
    provider: batch.provider,
    origin: "result",
    native: null,
    filename: `${name}_${role}.jsonl`,
    purpose: "batch_output",
    mimeType: "application/jsonl",
    bytes: 0,
    sha256: null,
    lines: null,
    blob: null,
    lineIndex: null,
    batchId: batch.id,
    role,
    options: {},
    createdAt: wholeSecond(endedAt),
    expiresAt: null,
    version: 1,
  };
}
