import type { ChatRequest, Message, ResponseFormat } from "../../core/chat-request.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { isJsonArray } from "../fields.ts";

/**
 * The conversation, with a word about JSON where OpenAI wants one: it answers in JSON only if a message asks for it, which
 * other families don't need to be told.
 */
export function messagesWithJsonWord(request: ChatRequest): readonly Message[] {
  const { messages, responseFormat, family } = request;
  if (responseFormat?.kind !== "json_object" || family === "openai") return messages;
  const first = messages.findIndex((message) => message.kind !== "system");
  const end = first < 0 ? messages.length : first;
  return [...messages.slice(0, end), JSON_WORD, ...messages.slice(end)];
}

const JSON_WORD: Message = {
  kind: "system",
  role: "system",
  at: ROOT,
  parts: [{ kind: "text", text: "Answer with a JSON object.", at: ROOT }],
};

/** What both APIs say of a schema, one of them in an object of its own. */
export function writeSchema(
  format: ResponseFormat & { readonly kind: "json_schema" },
  request: ChatRequest,
  context: WriteContext,
): JsonObject {
  const { name, description, schema } = format;
  return {
    name: name ?? "response",
    description,
    schema,
    strict: writeStrict(format, request, context),
  };
}

/** Other families always hold the model to the schema; OpenAI only if told so, and then not to every schema. */
function writeStrict(
  format: ResponseFormat & { readonly kind: "json_schema" },
  request: ChatRequest,
  context: WriteContext,
): boolean | undefined {
  if (format.strict !== undefined || request.family === "openai") return format.strict;
  if (isEnforceable(format.schema, 0)) return true;
  context.warn("responseFormat", "OpenAI doesn't hold the model to a schema with such keywords");
  return false;
}

/** https://platform.openai.com/docs/guides/structured-outputs: every object is closed and all its properties are required. */
function isEnforceable(schema: Json | undefined, depth: number): boolean {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return false;
  for (const keyword in schema) if (!KEYWORDS.has(keyword)) return false;
  if (depth === 0 && schema["type"] !== "object") return false;
  const { properties, items, anyOf } = schema;
  if (schema["type"] === "object" || properties !== undefined) {
    if (schema["additionalProperties"] !== false || !isJsonObject(properties)) return false;
    const required = new Set(isJsonArray(schema["required"]) ? schema["required"] : []);
    if (Object.keys(properties).some((name) => !required.has(name))) return false;
  }
  const inner = [
    ...valuesOf(properties),
    ...valuesOf(schema["$defs"]),
    ...(items === undefined ? [] : [items]),
    ...(isJsonArray(anyOf) ? anyOf : []),
  ];
  return inner.every((member) => isEnforceable(member, depth + 1));
}

const MAX_DEPTH = 20;

const KEYWORDS: ReadonlySet<string> = new Set([
  "type",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "anyOf",
  "enum",
  "const",
  "description",
  "title",
  "$ref",
  "$defs",
]);

function valuesOf(value: Json | undefined): readonly (Json | undefined)[] {
  return isJsonObject(value) ? Object.values(value) : [];
}
