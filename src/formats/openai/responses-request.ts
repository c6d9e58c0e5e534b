import type { ChatRequest, Extra, Reasoning, ResponseFormat } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import {
  createExtrasReader,
  readObject,
  readOptionalArray,
  readOptionalBoolean,
  readOptionalInteger,
  readOptionalNumber,
  readOptionalObject,
  readOptionalString,
  toOneOf,
} from "../fields.ts";
import { parseInput } from "./responses-input.ts";
import { parseResponsesToolChoice, parseResponsesTools } from "./responses-tools.ts";
import { parseEffort, parseMetadata, parseUser, parseVerbosity } from "./settings.ts";

/** A Responses request body: https://platform.openai.com/docs/api-reference/responses/create */
export function parseResponsesRequest(body: JsonObject): ChatRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  readMeaningfulExtras(body, extras);
  return {
    family: "openai",
    model: readOptionalString(body, "model", ROOT) ?? null,
    messages: parseInput(body, extras),
    extras,
    tools: parseResponsesTools(body, extras),
    toolChoice: parseResponsesToolChoice(body, extras),
    parallelToolCalls: readOptionalBoolean(body, "parallel_tool_calls", ROOT),
    ...parseText(body, extras),
    maxTokens: readOptionalInteger(body, "max_output_tokens", ROOT),
    temperature: readOptionalNumber(body, "temperature", ROOT),
    topP: readOptionalNumber(body, "top_p", ROOT),
    logprobs: parseInclude(body, extras),
    topLogprobs: readOptionalInteger(body, "top_logprobs", ROOT),
    reasoning: parseReasoning(body, extras),
    promptCacheKey: readOptionalString(body, "prompt_cache_key", ROOT),
    user: parseUser(body, extras),
    metadata: parseMetadata(body),
    store: readOptionalBoolean(body, "store", ROOT),
    serviceTier: readOptionalString(body, "service_tier", ROOT),
  };
}

const readExtras = createExtrasReader(`
  model input instructions tools tool_choice parallel_tool_calls text
  max_output_tokens temperature top_p top_logprobs include reasoning
  prompt_cache_key user safety_identifier metadata store service_tier
  previous_response_id conversation prompt background truncation stream
`);

/** Fields whose value decides whether anything is lost by leaving them out. */
function readMeaningfulExtras(body: JsonObject, extras: Extra[]): void {
  for (const key of ["previous_response_id", "conversation", "prompt"] as const) {
    const value = body[key];
    if (value === undefined || value === null) continue;
    extras.push({ path: childPath(ROOT, key), value, isEssential: true });
  }
  if (body["background"] === true) {
    extras.push({ path: childPath(ROOT, "background"), value: true, isEssential: true });
  }
  const { truncation } = body;
  if (truncation !== undefined && truncation !== null && truncation !== "disabled") {
    extras.push({ path: childPath(ROOT, "truncation"), value: truncation, isEssential: false });
  }
  if (body["stream"] === true) {
    extras.push({ path: childPath(ROOT, "stream"), value: true, isEssential: false });
  }
}

function parseText(
  body: JsonObject,
  extras: Extra[],
): Pick<ChatRequest, "responseFormat" | "verbosity"> {
  const text = readOptionalObject(body, "text", ROOT);
  if (text === undefined) return {};
  const at = childPath(ROOT, "text");
  readTextExtras(text, at, extras);
  return {
    responseFormat: parseFormat(text, extras),
    verbosity: parseVerbosity(text, at),
  };
}

const readTextExtras = createExtrasReader("format verbosity");

function parseFormat(text: JsonObject, extras: Extra[]): ResponseFormat | undefined {
  const textAt = childPath(ROOT, "text");
  const format = readOptionalObject(text, "format", textAt);
  if (format === undefined) return undefined;
  const at = childPath(textAt, "format");
  const kinds = ["text", "json_object", "json_schema"] as const;
  const kind = toOneOf(format["type"], kinds, childPath(at, "type"));
  if (kind !== "json_schema") return { kind };
  readFormatExtras(format, at, extras);
  return {
    kind,
    schema: readObject(format, "schema", at),
    name: readOptionalString(format, "name", at),
    description: readOptionalString(format, "description", at),
    strict: readOptionalBoolean(format, "strict", at),
  };
}

const readFormatExtras = createExtrasReader("type name description schema strict");

function parseReasoning(body: JsonObject, extras: Extra[]): Reasoning | undefined {
  const reasoning = readOptionalObject(body, "reasoning", ROOT);
  if (reasoning === undefined) return undefined;
  const at = childPath(ROOT, "reasoning");
  readReasoningExtras(reasoning, at, extras);
  return {
    effort: parseEffort(reasoning, "effort", at),
    summary:
      readOptionalString(reasoning, "summary", at) ??
      readOptionalString(reasoning, "generate_summary", at),
  };
}

const readReasoningExtras = createExtrasReader("effort summary generate_summary");

/** Logprobs are asked for here; the rest of the list is OpenAI's alone. */
function parseInclude(body: JsonObject, extras: Extra[]): boolean | undefined {
  const include = readOptionalArray(body, "include", ROOT);
  if (include === undefined) return undefined;
  const others = include.filter((name) => name !== INCLUDE_LOGPROBS);
  if (others.length > 0) {
    extras.push({ path: childPath(ROOT, "include"), value: others, isEssential: false });
  }
  return others.length < include.length ? true : undefined;
}

export const INCLUDE_LOGPROBS = "message.output_text.logprobs";
