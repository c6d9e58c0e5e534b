// https://platform.openai.com/docs/api-reference/files/object
// https://platform.openai.com/docs/api-reference/uploads/object
// https://platform.openai.com/docs/api-reference/batch/object
import { z } from "zod";

/** Hosts that are merely compatible leave fields out or fill them oddly: what isn't essential then counts as absent. */
const text = z.string().nullish().catch(null);
const seconds = z.number().nullish().catch(null);
const count = z.number().catch(0);

const id = z.string().min(1);

export const wireFile = z.looseObject({
  id,
  filename: z.string().catch(""),
  purpose: z.string().catch(""),
  bytes: z.number().catch(0),
  created_at: z.number().catch(0),
  expires_at: seconds,
});

export const wireUpload = z.looseObject({ id, file: wireFile.nullish().catch(null) });

export const wireUploadPart = z.looseObject({ id });

const wireUsage = z.looseObject({
  input_tokens: count,
  input_tokens_details: z.looseObject({ cached_tokens: count }).nullish().catch(null),
  output_tokens: count,
  output_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish().catch(null),
  total_tokens: count,
});

const wireError = z.looseObject({ code: text, message: text, param: text, line: seconds });

export const wireBatch = z.looseObject({
  id,
  status: z.string(),
  endpoint: z.string().catch(""),
  model: text,
  input_file_id: text,
  output_file_id: text,
  error_file_id: text,
  completion_window: z.string().catch("24h"),
  created_at: z.number(),
  in_progress_at: seconds,
  expires_at: seconds,
  finalizing_at: seconds,
  completed_at: seconds,
  failed_at: seconds,
  expired_at: seconds,
  cancelling_at: seconds,
  cancelled_at: seconds,
  errors: z
    .looseObject({ data: z.array(wireError).nullish() })
    .nullish()
    .catch(null),
  request_counts: z
    .looseObject({ total: count, completed: count, failed: count })
    .nullish()
    .catch(null),
  usage: wireUsage.nullish().catch(null),
  metadata: z.record(z.string(), z.string()).nullish().catch(null),
});

export type WireFile = z.infer<typeof wireFile>;
export type WireBatch = z.infer<typeof wireBatch>;
export type WireUsage = z.infer<typeof wireUsage>;

export function wireList<Item extends z.ZodType>(item: Item) {
  return z.looseObject({ data: z.array(item), has_more: z.boolean().nullish().catch(null) });
}
