// https://platform.claude.com/docs/en/api/messages/batches and …/api/files
import { z } from "zod";
import { fileName, gatewayFields, orNumberText, plainText } from "../gateway-fields.ts";

const HOUR_SECONDS = 3600;
const MAX_EXPIRY_SECONDS = 90 * 24 * HOUR_SECONDS;
const MAX_IDS = 100;

/** What may stand beside the requests of a batch. */
export const batchFieldsSchema = z.strictObject(gatewayFields);

export const createFileSchema = z.strictObject({
  expires_in_seconds: orNumberText(z.int().min(HOUR_SECONDS).max(MAX_EXPIRY_SECONDS).nullish()),
  ...gatewayFields,
});

/** https://platform.claude.com/docs/en/build-with-claude/files: what a name must not have in it. */
export const filenameSchema = z.object({
  file: fileName
    .max(255)
    .refine(
      (name) => !/[<>:"|?*\\/]/.test(name),
      'Filename must not contain any of < > : " | ? * \\ /',
    ),
});

/** What else is in a query is let pass: SDKs write `beta=true`, and proxies add to queries. */
export const listQuerySchema = z.object({
  limit: orNumberText(z.int().min(1).max(1000).default(20)),
  after_id: plainText.optional(),
  before_id: plainText.optional(),
  page: plainText.optional(),
  model: plainText.optional(),
});

export const idsQuerySchema = z.object({
  ids: z.preprocess(
    (value) => (typeof value === "string" ? [value] : value),
    z
      .array(plainText)
      .transform((ids) => [...new Set(ids)])
      .pipe(z.array(z.string()).max(MAX_IDS))
      .optional(),
  ),
});
