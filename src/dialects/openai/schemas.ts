// https://platform.openai.com/docs/api-reference/files, …/uploads and …/batch
import { z } from "zod";
import {
  fileName,
  gatewayFields,
  orJsonText,
  orNumberText,
  plainText as text,
} from "../gateway-fields.ts";

const HOUR_SECONDS = 3600;
const MONTH_SECONDS = 30 * 24 * HOUR_SECONDS;

const expiresAfter = z.strictObject({
  anchor: z.enum(["created_at"]),
  seconds: z.int().min(HOUR_SECONDS).max(MONTH_SECONDS),
});

export const createFileSchema = z.strictObject({
  purpose: z.enum(["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]),
  expires_after: orJsonText(
    z
      .strictObject({
        anchor: z.enum(["created_at"]),
        seconds: orNumberText(z.int().min(HOUR_SECONDS).max(MONTH_SECONDS)),
      })
      .optional(),
  ),
  ...gatewayFields,
});

export const filenameSchema = z.object({ file: fileName });

export function createUploadSchema(maxBytes: number) {
  return z.strictObject({
    filename: fileName,
    purpose: z.enum(["assistants", "batch", "fine-tune", "vision"]),
    bytes: z.int().min(1).max(maxBytes),
    mime_type: text.min(1).max(255),
    expires_after: expiresAfter.nullish(),
    ...gatewayFields,
  });
}

export const completeUploadSchema = z.strictObject({
  part_ids: z.array(text.min(1)).min(1),
  md5: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/, "it must be 32 hexadecimal digits.")
    .nullish(),
  ...gatewayFields,
});

const MAX_METADATA_PAIRS = 16;

const metadata = z.record(text, text.max(512)).superRefine((pairs, context) => {
  const keys = Object.keys(pairs);
  if (keys.length > MAX_METADATA_PAIRS) {
    context.addIssue(
      `too many properties. Expected an object with at most ${MAX_METADATA_PAIRS} properties, but got an object with ${keys.length} properties instead.`,
    );
  }
  for (const key of keys) {
    if (key.length > 64) {
      context.addIssue(
        `key too long. Expected keys of at most 64 characters, but got one with ${key.length} instead.`,
      );
    }
  }
});

export const createBatchSchema = z.strictObject({
  input_file_id: text.nullish(),
  endpoint: z.enum([
    "/v1/responses",
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/completions",
    "/v1/moderations",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/videos",
  ]),
  completion_window: z.enum(["24h"]),
  metadata: metadata.nullish(),
  output_expires_after: expiresAfter.nullish(),
  ...gatewayFields,
});

/** Of a list's query every value is text; what isn't known is let pass, as proxies add to queries. */
export function listQuerySchema(limits: { readonly maximum: number; readonly standard: number }) {
  return z.object({
    after: text.optional(),
    limit: orNumberText(z.int().min(1).max(limits.maximum).default(limits.standard)),
    order: z.enum(["asc", "desc"]).default("desc"),
    purpose: text.optional(),
    model: text.optional(),
  });
}
