import type { Batch } from "../core/batch.ts";
import type { StoredFile } from "../core/file.ts";

/** What the gateway knows of a file beyond its family's own fields; SDKs hand unknown fields through. */
export function renderFileFacts(file: StoredFile) {
  return { id: file.id, provider: file.provider, native_id: file.native?.id ?? null };
}

export function renderBatchFacts(batch: Batch) {
  return {
    id: batch.id,
    provider: batch.provider,
    native_id: batch.native?.id ?? null,
    mode: batch.mode,
    price_tier: batch.priceTier,
    warnings: batch.warnings.map(({ code, message, field, lines, firstLines }) => ({
      code,
      message,
      field,
      lines,
      first_lines: firstLines,
    })),
  };
}
