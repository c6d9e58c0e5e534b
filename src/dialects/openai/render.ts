import type { Batch } from "../../core/batch.ts";
import type { StoredFile, Upload, UploadPart } from "../../core/file.ts";
import { type BatchView, type FileRef, type Page, publicId } from "../../core/gateway.ts";
import { renderBatchFacts, renderFileFacts } from "../crossbatch.ts";

export function renderFile(file: StoredFile) {
  return {
    id: fileId(file),
    object: "file",
    bytes: file.bytes,
    created_at: seconds(file.createdAt),
    expires_at: secondsOrNull(file.expiresAt),
    filename: file.filename,
    purpose: file.purpose,
    // SDKs wait for this; a file that has a row is whole.
    status: "processed",
    status_details: null,
    crossbatch: renderFileFacts(file),
  };
}

export function renderDeletedFile(file: StoredFile) {
  return { id: fileId(file), object: "file", deleted: true };
}

export function renderUpload(upload: Upload, file: StoredFile | null, now: number) {
  const isExpired = upload.state === "pending" && now >= upload.expiresAt;
  return {
    id: `upload_${upload.id}`,
    object: "upload",
    bytes: upload.bytes,
    created_at: seconds(upload.createdAt),
    expires_at: seconds(upload.expiresAt),
    filename: upload.filename,
    purpose: upload.purpose,
    status: isExpired ? "expired" : upload.state,
    file: file === null ? null : renderFile(file),
  };
}

export function renderUploadPart(part: UploadPart) {
  return {
    id: part.id,
    object: "upload.part",
    created_at: seconds(part.createdAt),
    upload_id: `upload_${part.uploadId}`,
  };
}

/** Every optional key is there, with null where it says nothing: as OpenAI does. */
export function renderBatch({ batch, input, output, error }: BatchView) {
  const { times } = batch;
  return {
    id: publicId(batch, "openai", "batch_"),
    object: "batch",
    endpoint: batch.endpoint,
    model: batch.model,
    errors: renderErrors(batch),
    input_file_id: fileIdOrNull(input),
    completion_window: batch.completionWindow,
    status: batch.state,
    output_file_id: fileIdOrNull(output),
    error_file_id: fileIdOrNull(error),
    created_at: seconds(times.createdAt),
    in_progress_at: secondsOrNull(times.inProgressAt),
    expires_at: secondsOrNull(times.expiresAt),
    finalizing_at: secondsOrNull(times.finalizingAt),
    completed_at: secondsOrNull(times.completedAt),
    failed_at: secondsOrNull(times.failedAt),
    expired_at: secondsOrNull(times.expiredAt),
    cancelling_at: secondsOrNull(times.cancellingAt),
    cancelled_at: secondsOrNull(times.cancelledAt),
    request_counts: isUncounted(batch)
      ? { total: 0, completed: 0, failed: 0 }
      : {
          total: batch.counts.total,
          completed: batch.counts.completed,
          failed: batch.counts.failed,
        },
    usage: renderUsage(batch),
    metadata: batch.metadata,
    crossbatch: renderBatchFacts(batch),
  };
}

/** Of a batch that failed before any line was taken there is nothing to count. */
function isUncounted({ state, outputFileId, errorFileId }: Batch): boolean {
  const hasFiles = outputFileId !== null || errorFileId !== null;
  return state === "validating" || (state === "failed" && !hasFiles);
}

function renderErrors(batch: Batch) {
  if (batch.state !== "failed") return null;
  return {
    object: "list",
    data: batch.errors.map(({ code, message, param, line }) => ({ code, message, param, line })),
  };
}

function renderUsage({ usage }: Batch) {
  if (usage === null) return null;
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.totalTokens,
  };
}

export function renderList<Row, Item extends { readonly id: string }>(
  page: Page<Row>,
  render: (row: Row) => Item,
) {
  const data = page.items.map(render);
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: page.hasMore,
  };
}

function fileId(file: FileRef): string {
  return publicId(file, "openai", "file-");
}

function fileIdOrNull(file: FileRef | null): string | null {
  return file === null ? null : fileId(file);
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function secondsOrNull(milliseconds: number | null): number | null {
  return milliseconds === null ? null : seconds(milliseconds);
}
