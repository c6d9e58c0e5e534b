// https://docs.claude.com/en/api/retrieving-message-batches

import type { ApiVersion } from "./api-version.ts";
import type { BatchInput } from "./batch-intake.ts";
import type { DiskWriter } from "../disk-writer.ts";

export type BatchState = "in_progress" | "canceling" | "ended";

/** How a request of a batch may end. */
export type ResultType = "succeeded" | "errored" | "canceled" | "expired";

/** Times are milliseconds since 1970. */
export interface BatchRecord {
  readonly id: string;
  readonly workspace: string;
  /** Its requests are held against the version in which it was made. */
  readonly version: ApiVersion;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly total: number;
  readonly counts: Record<ResultType, number>;
  state: BatchState;
  cancelInitiatedAt: number | null;
  endedAt: number | null;
  archivedAt: number | null;
  results: { readonly path: string; readonly bytes: number } | null;
  /** What is at hand only while requests are run. */
  work: BatchWork | null;
}

export interface BatchWork {
  readonly input: BatchInput;
  readonly handle: number;
  /** Positions in the input in the order in which the requests are run. */
  readonly order: Uint32Array;
  next: number;
  readonly results: DiskWriter;
}

export function renderBatch(batch: BatchRecord, origin: string) {
  const hasEnded = batch.state === "ended";
  const { succeeded, errored, canceled, expired } = batch.counts;
  return {
    id: batch.id,
    type: "message_batch",
    processing_status: batch.state,
    // All of them count as processing until the whole batch has ended.
    request_counts: hasEnded
      ? { processing: 0, succeeded, errored, canceled, expired }
      : { processing: batch.total, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    created_at: timestamp(batch.createdAt),
    expires_at: timestamp(batch.expiresAt),
    ended_at: timestampOrNull(batch.endedAt),
    cancel_initiated_at: timestampOrNull(batch.cancelInitiatedAt),
    archived_at: timestampOrNull(batch.archivedAt),
    results_url: hasEnded ? `${origin}/v1/messages/batches/${batch.id}/results` : null,
  };
}

export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export function timestampOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : timestamp(milliseconds);
}
