// https://platform.claude.com/docs/en/api/messages/batches/retrieve and …/api/files/retrieve_metadata
import { type Batch, isTerminal } from "../../core/batch.ts";
import type { StoredFile } from "../../core/file.ts";
import { type FileRef, publicId } from "../../core/gateway.ts";
import { isJsonObject } from "../../core/json.ts";
import { renderBatchFacts, renderFileFacts } from "../crossbatch.ts";

const DAY_MILLISECONDS = 86_400_000;

/** Every key is there, with null where it says nothing. */
export function renderBatch(batch: Batch, resultsUrl: (id: string) => string) {
  const { times } = batch;
  const id = batchId(batch);
  const hasEnded = isTerminal(batch.state);
  return {
    id,
    type: "message_batch",
    processing_status: statusOf(batch),
    request_counts: countsOf(batch),
    created_at: timestamp(times.createdAt),
    expires_at: timestamp(times.expiresAt ?? times.createdAt + DAY_MILLISECONDS),
    ended_at: hasEnded ? timestampOrNull(endOf(batch)) : null,
    cancel_initiated_at: timestampOrNull(times.cancellingAt),
    archived_at: timestampOrNull(archivedAt(batch)),
    results_url: hasEnded ? resultsUrl(id) : null,
    crossbatch: renderBatchFacts(batch),
  };
}

export function renderDeletedBatch(batch: Batch) {
  return { id: batchId(batch), type: "message_batch_deleted" };
}

/** `size` is no field of Anthropic's, but what the documentation of gateways prints. */
export function renderFile(file: StoredFile) {
  return {
    id: fileId(file),
    type: "file",
    filename: file.filename,
    mime_type: file.mimeType,
    size_bytes: file.bytes,
    size: file.bytes,
    created_at: timestamp(file.createdAt),
    downloadable: isDownloadable(file),
    expires_at: timestampOrNull(file.expiresAt),
    crossbatch: renderFileFacts(file),
  };
}

/** What is only at its provider is, if that says so. */
function isDownloadable({ blob, origin, options }: StoredFile): boolean {
  return blob !== null || origin === "result" || options["readable"] === true;
}

export function renderDeletedFile(file: StoredFile) {
  return { id: fileId(file), type: "file_deleted" };
}

function statusOf({ state }: Batch): "in_progress" | "canceling" | "ended" {
  if (isTerminal(state)) return "ended";
  return state === "cancelling" ? "canceling" : "in_progress";
}

/** Their sum is always the number of requests. All count as processing until the whole batch has ended. */
function countsOf(batch: Batch) {
  const { total, completed } = batch.counts;
  if (!isTerminal(batch.state)) {
    return { processing: total, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  }
  return { processing: 0, succeeded: completed, ...endingsOf(batch) };
}

interface Endings {
  readonly errored: number;
  readonly canceled: number;
  readonly expired: number;
}

/** How lines ended that didn't succeed: as the engine counted them, else as the batch as a whole ended. */
function endingsOf({ state, counts, options }: Batch): Endings {
  const known = options["endings"];
  if (isJsonObject(known)) {
    const { errored, canceled, expired } = known;
    if (isCount(errored) && isCount(canceled) && isCount(expired)) {
      return { errored, canceled, expired };
    }
  }
  const rest = counts.total - counts.completed;
  return {
    errored: state === "failed" || state === "completed" ? rest : 0,
    canceled: state === "cancelled" ? rest : 0,
    expired: state === "expired" ? rest : 0,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number";
}

function endOf({ times }: Batch): number | null {
  return times.completedAt ?? times.failedAt ?? times.expiredAt ?? times.cancelledAt;
}

/** When its results, or a part of them, went away. */
function archivedAt({ options }: Batch): number | null {
  const { archivedAt: at } = options;
  return typeof at === "number" ? at : null;
}

function batchId(batch: Batch): string {
  return publicId(batch, "anthropic", "msgbatch_");
}

function fileId(file: FileRef): string {
  return publicId(file, "anthropic", "file_");
}

function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function timestampOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : timestamp(milliseconds);
}
