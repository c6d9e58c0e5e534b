// https://platform.openai.com/docs/api-reference/batch/object

import type { LineTable } from "./batch-validation.ts";
import type { DiskWriter } from "../disk-writer.ts";

export type BatchState =
  | "validating"
  | "failed"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "expired"
  | "cancelling"
  | "cancelled";

/** Why a batch failed as a whole. Lines count from 1. */
export interface BatchProblem {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  readonly line: number | null;
}

export interface BatchUsage {
  input: number;
  cached: number;
  output: number;
  reasoning: number;
}

/** Times are unix seconds. */
export interface BatchRecord {
  readonly id: string;
  readonly project: string;
  readonly endpoint: string;
  readonly inputFileId: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly outputSeconds: number;
  state: BatchState;
  /** When each state began. */
  readonly began: Partial<Record<BatchState, number>>;
  problem: BatchProblem | null;
  model: string | null;
  total: number;
  completed: number;
  failed: number;
  /** What counts towards the model's quota while the batch is unfinished. */
  enqueuedTokens: number;
  readonly usage: BatchUsage;
  outputFileId: string | null;
  errorFileId: string | null;
  /** What is at hand only while lines are run. */
  work: BatchWork | null;
}

export interface BatchWork {
  readonly input: number;
  readonly table: LineTable;
  /** Positions in the table in the order in which the lines are run. */
  readonly order: Uint32Array;
  next: number;
  output: DiskWriter | null;
  errors: DiskWriter | null;
}

const TERMINAL: ReadonlySet<BatchState> = new Set(["failed", "completed", "expired", "cancelled"]);

export function isTerminal(batch: BatchRecord): boolean {
  return TERMINAL.has(batch.state);
}

export function renderBatch(batch: BatchRecord) {
  const { usage, began, problem } = batch;
  // Seen live: a cancelled batch counts nothing as completed or failed, whatever its files hold.
  const isCancelled = batch.state === "cancelled";
  return {
    id: batch.id,
    object: "batch",
    endpoint: batch.endpoint,
    model: batch.model,
    errors: problem === null ? null : { object: "list", data: [problem] },
    input_file_id: batch.inputFileId,
    completion_window: "24h",
    status: batch.state,
    output_file_id: batch.outputFileId,
    error_file_id: batch.errorFileId,
    created_at: batch.createdAt,
    in_progress_at: began.in_progress ?? null,
    expires_at: batch.expiresAt,
    finalizing_at: began.finalizing ?? null,
    completed_at: began.completed ?? null,
    failed_at: began.failed ?? null,
    expired_at: began.expired ?? null,
    cancelling_at: began.cancelling ?? null,
    cancelled_at: began.cancelled ?? null,
    request_counts: {
      total: batch.total,
      completed: isCancelled ? 0 : batch.completed,
      failed: isCancelled ? 0 : batch.failed,
    },
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cached },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      total_tokens: usage.input + usage.output,
    },
    metadata: batch.metadata,
  };
}
