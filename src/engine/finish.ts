import type { Batch, Counts, Part } from "../core/batch.ts";
import type { NativeRef, StoredFile } from "../core/file.ts";
import type { Tables } from "../core/storage.ts";
import { claimNativeId, insertAliases } from "../core/aliases.ts";
import type { FormatName } from "../core/format-name.ts";
import { wholeSecond } from "../lib/whole-second.ts";
import { preparedOf } from "../lines/prepared-record.ts";
import type { EngineContext } from "./context.ts";
import { type Outcome, saveEnd } from "./end.ts";
import type { ResultFile, WrittenResults } from "./results.ts";
import { writeResults } from "./results.ts";
import { isGivenUp } from "./uncertain.ts";

/** All Parts are collected: writes result files and the final state in one transaction. */
export async function finishBatch(
  context: EngineContext,
  work: { readonly batch: Batch; readonly parts: readonly Part[] },
  signal: AbortSignal,
): Promise<void> {
  const { parts } = work;
  const outcome = outcomeOf(parts);
  const batch = { ...work.batch, options: { ...work.batch.options, outcome } };
  // A job that failed as a whole ran nothing: the reason is on the batch, as OpenAI has it.
  const isFailure =
    outcome === "failed" &&
    parts.every((part) => part.results.length === 0 && !isGivenUp(part)) &&
    preparedOf(batch).unsent === null;
  const { providers } = context;
  // A batch that is given up may be of a provider that is no longer configured.
  const provider = providers.has(batch.provider) ? providers.get(batch.provider) : null;
  const format = provider?.format ?? null;
  const written = isFailure
    ? NO_RESULTS
    : await writeResults(context, { batch, parts, provider }, signal);
  const results = written.files;
  const now = context.now();
  await context.database.transaction(async (tables) => {
    const files = new Map<string, StoredFile>();
    for (const result of results) {
      const file = resultFile(context, { batch, result, format, now });
      files.set(result.role, file);
      await insertResultFile(tables, file, { batch, parts, format });
    }
    const output = files.get("output") ?? null;
    const error = files.get("error") ?? null;
    await saveEnd(context, tables, {
      batch,
      outcome,
      now,
      changes: (current) => ({
        counts: countsOf(batch, { parts, results, isFailure }),
        usage: written.usage,
        errors: parts.flatMap((part) => part.errors),
        outputFileId: output?.id ?? null,
        errorFileId: error?.id ?? null,
        natives: {
          ...current.natives,
          output: output?.native ?? null,
          error: error?.native ?? null,
        },
        options: {
          ...current.options,
          outcome,
          isClean: written.isClean,
          ...(written.endings === null ? {} : { endings: { ...written.endings } }),
        },
      }),
    });
  });
  context.telemetry.batchState(batch.provider, outcome);
}

const NO_RESULTS: WrittenResults = { files: [], usage: null, endings: null, isClean: false };

function outcomeOf(parts: readonly Part[]): Outcome {
  // No line could be sent: each has its result.
  if (parts.length === 0) return "completed";
  for (const outcome of ["cancelled", "expired", "completed"] as const) {
    if (parts.some((part) => part.outcome === outcome)) return outcome;
  }
  return "failed";
}

/** Counted from the lines themselves: a provider's own counts may be zeroed, or say nothing of what it lost. */
function countsOf(
  batch: Batch,
  {
    parts,
    results,
    isFailure,
  }: {
    readonly parts: readonly Part[];
    readonly results: readonly ResultFile[];
    readonly isFailure: boolean;
  },
): Counts {
  // Of one line several records may have been made, so the Parts' own lines are only the next best.
  const known = preparedOf(batch).lines;
  const lines = known > 0 ? known : sumLines(parts);
  if (isFailure) return { total: lines, completed: 0, failed: 0 };
  const linesOf = (role: string) =>
    results.filter((result) => result.role === role).reduce((sum, result) => sum + result.lines, 0);
  const completed = linesOf("output");
  const failed = linesOf("error");
  return {
    total: Math.max(completed + failed, lines),
    completed,
    failed,
  };
}

function sumLines(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.lines, 0);
}

function resultFile(
  context: EngineContext,
  {
    batch,
    result,
    format,
    now,
  }: {
    readonly batch: Batch;
    readonly result: ResultFile;
    readonly format: FormatName | null;
    readonly now: number;
  },
): StoredFile {
  const { nativeId } = result;
  const createdAt = wholeSecond(now);
  const native: NativeRef | null =
    nativeId === null || format === null ? null : { id: nativeId, format };
  return {
    id: context.newId(now),
    owner: batch.owner,
    account: batch.account,
    dialect: batch.dialect,
    provider: batch.provider,
    origin: "result",
    native,
    filename: `${batch.native?.id ?? `batch_${batch.id}`}_${result.role}.jsonl`,
    purpose: "batch_output",
    mimeType: "application/jsonl",
    bytes: result.bytes,
    sha256: result.sha256,
    lines: result.lines,
    blob: result.blob,
    lineIndex: null,
    batchId: batch.id,
    role: result.role,
    options: {},
    createdAt,
    expiresAt: resultExpiry(context, batch, createdAt),
    version: 1,
  };
}

function resultExpiry(context: EngineContext, batch: Batch, createdAt: number): number | null {
  const seconds = batch.options["outputExpiresAfterSeconds"];
  if (typeof seconds === "number") return createdAt + seconds * 1_000;
  const days = context.settings.resultDays;
  return days === null ? null : createdAt + days * 86_400_000;
}

/** With the provider's own files that it was made from, so that deleting it deletes those. */
async function insertResultFile(
  tables: Tables,
  file: StoredFile,
  {
    batch,
    parts,
    format,
  }: { readonly batch: Batch; readonly parts: readonly Part[]; readonly format: FormatName | null },
): Promise<void> {
  await tables.files.insert(file);
  await insertAliases(tables, "file", file);
  if (format === null) return;
  for (const part of parts) {
    for (const raw of part.results) {
      if (raw.role !== file.role || raw.nativeId === null) continue;
      await claimNativeId(tables, "file", { ...file, native: { id: raw.nativeId, format } });
      await tables.copies.save({
        fileId: file.id,
        provider: batch.provider,
        account: batch.account,
        recipe: `result/${part.id}`,
        nativeId: raw.nativeId,
        bytes: raw.bytes,
        createdAt: file.createdAt,
        expiresAt: null,
      });
    }
  }
}
