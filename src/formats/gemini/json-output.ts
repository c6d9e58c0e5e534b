import type { ChatRequest, Extra, ResponseFormat } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import type { Where, WriteContext } from "../../core/write-context.ts";
import { protoObject, protoText, spelled } from "./proto-fields.ts";
import type { SchemaReport } from "./schema-parts.ts";
import { readClosedSchema } from "./schema-reader.ts";
import { toGeminiSchema } from "./schema-writer.ts";

export const FORMAT_FIELDS = [
  "responseMimeType",
  "responseSchema",
  "responseJsonSchema",
  "_responseJsonSchema",
] as const;

/** `responseMimeType` with `responseSchema` or, in JSON Schema itself, `responseJsonSchema`. */
export function parseResponseFormat(
  config: JsonObject,
  at: JsonPath,
  extras: Extra[],
): ResponseFormat | undefined {
  const mediaType = protoText(config, "responseMimeType", at)?.toLowerCase();
  if (mediaType === "text/plain") return { kind: "text" };
  if (mediaType !== undefined && mediaType !== "application/json") {
    // `text/x.enum`: a bare word, which no other family can be held to.
    for (const field of FORMAT_FIELDS) keepEssential(field, config, { at, extras });
    return undefined;
  }
  const schema = parseResponseSchema(config, at);
  if (schema !== undefined) return { kind: "json_schema", schema };
  return mediaType === undefined ? undefined : { kind: "json_object" };
}

function parseResponseSchema(config: JsonObject, at: JsonPath): JsonObject | undefined {
  const key = spelled(config, "responseSchema");
  const schema = config[key];
  if (schema !== undefined && schema !== null) return readClosedSchema(schema, childPath(at, key));
  return (
    protoObject(config, "responseJsonSchema", at) ?? protoObject(config, "_responseJsonSchema", at)
  );
}

function keepEssential(
  field: string,
  config: JsonObject,
  { at, extras }: { readonly at: JsonPath; readonly extras: Extra[] },
): void {
  const key = spelled(config, field);
  const value = config[key];
  if (value === undefined || value === null) return;
  extras.push({ path: childPath(at, key), value, isEssential: true });
}

/** Always `responseSchema`: batches mishandle `responseJsonSchema` (wire.md C.2.4). */
export function writeResponseFormat(request: ChatRequest, context: WriteContext): JsonObject {
  const { responseFormat } = request;
  switch (responseFormat?.kind) {
    case undefined:
      return {};
    case "text":
      return request.family === "gemini" ? { responseMimeType: "text/plain" } : {};
    case "json_object":
      return { responseMimeType: "application/json" };
    case "json_schema": {
      const report = schemaReport("responseFormat", context);
      // Other families answer in the order of the schema; Gemini's own clients say so themselves.
      const keepsOrder = request.family !== "gemini";
      const schema = toGeminiSchema(responseFormat.schema, { report, keepsOrder });
      const { description } = responseFormat;
      const responseSchema =
        description === undefined || schema["description"] !== undefined
          ? schema
          : { description, ...schema };
      return { responseMimeType: "application/json", responseSchema };
    }
  }
}

export function schemaReport(where: Where, context: WriteContext): SchemaReport {
  return {
    warn: (message) => {
      context.warn(where, message);
    },
    refuse: (message) => context.untranslatable(where, message),
  };
}
