import type { ChatRequest, Extra, ResponseFormat } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import {
  createExtrasReader,
  isJsonArray,
  readObject,
  readOptionalArray,
  readOptionalBoolean,
  readOptionalInteger,
  readOptionalNumber,
  readOptionalObject,
  readOptionalString,
  toOneOf,
  toText,
} from "../fields.ts";
import { parseEffort, parseMetadata, parseUser, parseVerbosity } from "./settings.ts";
import { parseMessages } from "./chat-messages.ts";
import { parseToolChoice, parseTools } from "./chat-tools.ts";

/** A Chat Completions request body: https://platform.openai.com/docs/api-reference/chat/create */
export function parseChatRequest(body: JsonObject): ChatRequest {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  readMeaningfulExtras(body, extras);
  const effort = parseEffort(body, "reasoning_effort", ROOT);
  return {
    family: "openai",
    model: readOptionalString(body, "model", ROOT) ?? null,
    messages: parseMessages(body, extras),
    extras,
    tools: parseTools(body, extras),
    toolChoice: parseToolChoice(body),
    parallelToolCalls: readOptionalBoolean(body, "parallel_tool_calls", ROOT),
    responseFormat: parseResponseFormat(body, extras),
    maxTokens:
      readOptionalInteger(body, "max_completion_tokens", ROOT) ??
      readOptionalInteger(body, "max_tokens", ROOT),
    stop: parseStop(body),
    temperature: readOptionalNumber(body, "temperature", ROOT),
    topP: readOptionalNumber(body, "top_p", ROOT),
    topK: readOptionalInteger(body, "top_k", ROOT),
    // 64-bit, so beyond what JSON numbers hold exactly.
    seed: readOptionalNumber(body, "seed", ROOT),
    presencePenalty: readOptionalNumber(body, "presence_penalty", ROOT),
    frequencyPenalty: readOptionalNumber(body, "frequency_penalty", ROOT),
    choiceCount: readOptionalInteger(body, "n", ROOT),
    logprobs: readOptionalBoolean(body, "logprobs", ROOT),
    topLogprobs: readOptionalInteger(body, "top_logprobs", ROOT),
    logitBias: readOptionalObject(body, "logit_bias", ROOT),
    reasoning: effort === undefined ? undefined : { effort },
    verbosity: parseVerbosity(body, ROOT),
    promptCacheKey: readOptionalString(body, "prompt_cache_key", ROOT),
    user: parseUser(body, extras),
    metadata: parseMetadata(body),
    store: readOptionalBoolean(body, "store", ROOT),
    serviceTier: readOptionalString(body, "service_tier", ROOT),
  };
}

/** Everything that is read here or below; `top_k` isn't OpenAI's, but its compatible hosts take it. */
const readExtras = createExtrasReader(`
  messages model tools tool_choice functions function_call
  parallel_tool_calls response_format max_completion_tokens max_tokens stop
  temperature top_p top_k seed presence_penalty frequency_penalty n
  logprobs top_logprobs logit_bias reasoning_effort verbosity
  prompt_cache_key user safety_identifier metadata store service_tier
  modalities web_search_options stream stream_options
`);

/** Fields whose value decides whether anything is lost by leaving them out. */
function readMeaningfulExtras(body: JsonObject, extras: Extra[]): void {
  const { modalities, web_search_options: webSearch, stream } = body;
  if (isJsonArray(modalities) && modalities.some((modality) => modality !== "text")) {
    extras.push({ path: childPath(ROOT, "modalities"), value: modalities, isEssential: true });
  }
  if (webSearch !== undefined && webSearch !== null) {
    const path = childPath(ROOT, "web_search_options");
    extras.push({ path, value: webSearch, isEssential: true });
  }
  if (stream === true) {
    extras.push({ path: childPath(ROOT, "stream"), value: stream, isEssential: false });
  }
}

function parseStop(body: JsonObject): readonly string[] | undefined {
  if (typeof body["stop"] === "string") return [body["stop"]];
  const stop = readOptionalArray(body, "stop", ROOT);
  if (stop === undefined) return undefined;
  const at = childPath(ROOT, "stop");
  return stop.map((text, index) => toText(text, childPath(at, index)));
}

function parseResponseFormat(body: JsonObject, extras: Extra[]): ResponseFormat | undefined {
  const format = readOptionalObject(body, "response_format", ROOT);
  if (format === undefined) return undefined;
  const at = childPath(ROOT, "response_format");
  const kind = toOneOf(
    format["type"],
    ["text", "json_object", "json_schema"],
    childPath(at, "type"),
  );
  if (kind !== "json_schema") return { kind };
  const schema = readObject(format, "json_schema", at);
  const schemaAt = childPath(at, "json_schema");
  readSchemaExtras(schema, schemaAt, extras);
  return {
    kind,
    schema: readOptionalObject(schema, "schema", schemaAt) ?? {},
    name: readOptionalString(schema, "name", schemaAt),
    description: readOptionalString(schema, "description", schemaAt),
    strict: readOptionalBoolean(schema, "strict", schemaAt),
  };
}

const readSchemaExtras = createExtrasReader("name description schema strict");
