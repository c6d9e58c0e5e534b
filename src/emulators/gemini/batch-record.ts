// https://ai.google.dev/api/batch-api

import { readFileSync } from "node:fs";
import type { FileWriter } from "./file-store.ts";
import type { Json, JsonObject } from "./json.ts";
import { parseJson } from "./json.ts";
import type { ModelInfo } from "./models.ts";
import { timestamp } from "./timestamp.ts";

export type BatchState = "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "EXPIRED";

/** Where each line lies in the input. */
export interface LineTable {
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

/** What is at hand only while lines are run, in the order of the input. */
export interface BatchWork {
  /** A descriptor: what is open stays readable even if the client deletes the file. */
  readonly input: number;
  readonly table: LineTable;
  next: number;
  readonly output: FileWriter;
}

/** Times are milliseconds. */
export interface BatchRecord {
  /** What follows `batches/`. */
  readonly id: string;
  readonly serial: number;
  readonly project: string;
  readonly kind: "GenerateContentBatch" | "EmbedContentBatch";
  readonly model: ModelInfo;
  readonly displayName: string | null;
  readonly priority: string | null;
  /** `files/…`; null where the requests came with the create. */
  readonly inputFile: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly total: number;
  state: BatchState;
  /** There is no state for it: the batch goes on running until it is seen to be cancelled. */
  isCancelling: boolean;
  isDeleted: boolean;
  updatedAt: number;
  endedAt: number | null;
  succeeded: number;
  failed: number;
  error: { readonly code: number; readonly message: string } | null;
  output: BatchOutput | null;
  /** For so many looks at it the batch has ended and its output isn't there yet. */
  looksWithoutOutput: number;
  work: BatchWork | null;
}

type BatchOutput =
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "inline"; readonly path: string };

export function isTerminal(batch: BatchRecord): boolean {
  return batch.state !== "PENDING" && batch.state !== "RUNNING";
}

const TYPE = "type.googleapis.com/google.ai.generativelanguage.v1main.";

/** The long-running operation that a batch is shown as. A list leaves inlined responses out. */
export function renderBatch(batch: BatchRecord, withResponses: boolean): JsonObject {
  const name = `batches/${batch.id}`;
  const { error, endedAt } = batch;
  const output = outputOf(batch, withResponses);
  const metadata = {
    "@type": TYPE + batch.kind,
    model: batch.model.name,
    ...(batch.displayName === null ? {} : { displayName: batch.displayName }),
    ...(batch.inputFile === null ? {} : { inputConfig: { fileName: batch.inputFile } }),
    ...(output === null ? {} : { output }),
    createTime: timestamp(batch.createdAt),
    ...(endedAt === null ? {} : { endTime: timestamp(endedAt) }),
    updateTime: timestamp(batch.updatedAt),
    batchStats: statsOf(batch),
    state: `BATCH_STATE_${batch.state}`,
    ...(batch.priority === null ? {} : { priority: batch.priority }),
    name,
  };
  const response = { "@type": `${TYPE}${batch.kind}Output`, ...output };
  return {
    name,
    metadata,
    ...(isTerminal(batch) ? { done: true } : {}),
    ...(error === null ? {} : { error }),
    ...(batch.state === "SUCCEEDED" ? { response } : {}),
  };
}

/** Counts are strings, and left out where they are zero. */
function statsOf(batch: BatchRecord): JsonObject {
  const { total, succeeded, failed } = batch;
  const counts = {
    requestCount: total,
    successfulRequestCount: succeeded,
    failedRequestCount: failed,
    pendingRequestCount: total - succeeded - failed,
  };
  const known = Object.entries(counts).filter(([, count]) => count > 0);
  return Object.fromEntries(known.map(([name, count]) => [name, String(count)]));
}

function outputOf(batch: BatchRecord, withResponses: boolean): JsonObject | null {
  const { output } = batch;
  if (output === null || batch.looksWithoutOutput > 0) return null;
  if (output.kind === "file") return { responsesFile: output.name };
  return withResponses ? { inlinedResponses: { inlinedResponses: rowsIn(output.path) } } : null;
}

/** Inline batches are small: the request that made them was under 20 MB. */
function rowsIn(path: string): readonly Json[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map(parseJson);
}
