import { z } from "zod";
import type { JsonObject } from "../core/json.ts";
import { baseName } from "../lib/base-name.ts";

/** Ends up in the database and in headers of the provider: neither takes NUL. */
export const plainText = z
  .string()
  .refine((value) => !value.includes("\0"), "it holds a NUL character.");

/** Without a path, which would mean something to whoever writes it to a disk. */
export const fileName = plainText
  .overwrite(baseName)
  .min(1)
  .max(512)
  .refine(
    (value) => !/[\p{Cc}\uFFFD]/u.test(value),
    "it must be UTF-8 without control characters.",
  );

/** Curl users write objects as JSON in one field of a form. */
export function orJsonText<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => {
    if (typeof value !== "string" || !value.trimStart().startsWith("{")) return value;
    try {
      const parsed: unknown = JSON.parse(value);
      return parsed;
    } catch {
      return value;
    }
  }, schema);
}

/** Fields of a form or a query are text. */
export function orNumberText<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess(
    (value) => (typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value),
    schema,
  );
}

/** A client-given endpoint is ignored: it would make the gateway send its credentials there. */
const s3Config = z
  .strictObject({
    bucket: plainText.min(1),
    region: plainText.optional(),
    prefix: plainText.optional(),
    endpoint: z.unknown().optional(),
  })
  .transform(({ bucket, region, prefix }) => ({
    bucket,
    ...(region === undefined ? {} : { region }),
    ...(prefix === undefined ? {} : { prefix }),
  }));

const storageConfig = z.strictObject({ s3: s3Config });

/** What the gateway takes beyond a family's own parameters, wherever there is a body. */
export const gatewayFields = {
  provider: plainText.nullish(),
  model: plainText.nullish(),
  storage_config: orJsonText(storageConfig.nullish()),
  output_s3_uri: plainText.nullish(),
  /** Several of Bedrock's models take both. */
  model_invocation_type: z.enum(["InvokeModel", "Converse"]).nullish(),
};

/** Of a body that holds nothing but what the gateway itself takes: cancel, delete, parts of an upload. */
export const gatewayFieldsSchema = z.strictObject(gatewayFields);

/** What a query may say beside its own parameters; in the bracket notation of SDKs, or as JSON in one. What isn't known is let pass. */
export const gatewayQuerySchema = z.object({
  provider: plainText.optional(),
  storage_config: orJsonText(z.object({ s3: s3Config }).optional()),
  output_s3_uri: plainText.optional(),
});

/** Where the client wants its bytes, in its own spelling; whether it may is the gateway's to say. */
export function optionsOf(fields: Partial<z.output<typeof gatewayFieldsSchema>>): JsonObject {
  return {
    ...(isSaid(fields.storage_config) ? { storage_config: fields.storage_config } : {}),
    ...(isSaid(fields.output_s3_uri) ? { output_s3_uri: fields.output_s3_uri } : {}),
    ...(isSaid(fields.model_invocation_type)
      ? { model_invocation_type: fields.model_invocation_type }
      : {}),
  };
}

function isSaid<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
