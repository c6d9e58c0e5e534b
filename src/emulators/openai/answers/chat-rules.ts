// https://platform.openai.com/docs/api-reference/chat/create

import { badRequest } from "../api-error.ts";
import type { Json, JsonObject } from "../../json.ts";
import { isJsonArray, isJsonObject, shown } from "../../json.ts";
import type { ModelInfo } from "../models.ts";
import type { Rule, Rules } from "../parameters.ts";
import {
  anything,
  boolean,
  byType,
  checkParameters,
  decimal,
  integer,
  list,
  metadata,
  missingParameter,
  object,
  oneOf,
  record,
  text,
  variants,
} from "../parameters.ts";
import { checkStrict, functionDefinition, functionRules, NAME } from "./tool-rules.ts";

export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
export const SERVICE_TIERS = ["auto", "default", "flex", "scale", "priority", "fast"];
export const METADATA = metadata({ pairs: 16, key: 64, value: 512 });

const imageUrl: Rule = (value, path) => {
  text()(value, path);
  if (typeof value !== "string" || /^(https?:\/\/|data:image\/[a-z+.-]+;base64,)/.test(value))
    return;
  throw badRequest(
    `Invalid '${path}'. Expected a valid URL, but got a value with an invalid format.`,
    path,
    "invalid_image_url",
  );
};

const textPart = record({ type: anything, text: text() }, ["text"]);
const refusalPart = record({ type: anything, refusal: text() }, ["refusal"]);
const imagePart = record(
  {
    type: anything,
    image_url: record({ url: imageUrl, detail: oneOf(["auto", "low", "high", "original"]) }, [
      "url",
    ]),
  },
  ["image_url"],
);
const audioPart = record(
  {
    type: anything,
    input_audio: record({ data: text(), format: oneOf(["wav", "mp3"]) }, ["data", "format"]),
  },
  ["input_audio"],
);
const filePart = record(
  { type: anything, file: record({ file_id: text(), file_data: text(), filename: text() }) },
  ["file"],
);

const textContent = byType({
  string: text(),
  array: list(variants("type", { text: textPart }), { min: 1 }),
});
const userContent = byType({
  string: text(),
  array: list(
    variants("type", {
      text: textPart,
      image_url: imagePart,
      input_audio: audioPart,
      file: filePart,
    }),
    { min: 1 },
  ),
});
const assistantContent = byType({
  string: text(),
  array: list(variants("type", { text: textPart, refusal: refusalPart }), { min: 1 }),
});
const toolCall = variants("type", {
  function: record(
    {
      id: text(),
      type: anything,
      function: record({ name: text({ pattern: NAME }), arguments: text() }, ["name", "arguments"]),
    },
    ["id", "function"],
  ),
  custom: record({ id: text(), type: anything, custom: object }, ["id", "custom"]),
});

const message = variants("role", {
  system: record({ role: anything, content: textContent, name: text() }, ["content"]),
  developer: record({ role: anything, content: textContent, name: text() }, ["content"]),
  user: record({ role: anything, content: userContent, name: text() }, ["content"]),
  assistant: record({
    role: anything,
    content: assistantContent,
    name: text(),
    refusal: text(),
    audio: object,
    tool_calls: list(toolCall, { min: 1, max: 128 }),
    function_call: record({ name: text(), arguments: text() }, ["name", "arguments"]),
    annotations: anything,
  }),
  tool: record({ role: anything, content: textContent, tool_call_id: text() }, [
    "content",
    "tool_call_id",
  ]),
  function: record({ role: anything, content: text(), name: text() }, ["name"]),
});

const namedFunction = record({ name: text({ pattern: NAME }) }, ["name"]);

const RULES: Rules = {
  model: text(),
  messages: list(message, { min: 1 }),
  temperature: decimal({ min: 0, max: 2 }),
  top_p: decimal({ min: 0, max: 1 }),
  n: integer({ min: 1, max: 128 }),
  max_tokens: integer({ min: 1 }),
  max_completion_tokens: integer({ min: 1 }),
  presence_penalty: decimal({ min: -2, max: 2 }),
  frequency_penalty: decimal({ min: -2, max: 2 }),
  logit_bias: object,
  logprobs: boolean(),
  top_logprobs: integer({ min: 0, max: 20 }),
  seed: integer(),
  stop: byType({ string: text(), array: list(text(), { min: 1, max: 4 }) }),
  stream: boolean(),
  stream_options: record({ include_usage: boolean(), include_obfuscation: boolean() }),
  tools: list(
    variants("type", {
      function: record({ type: anything, function: functionDefinition() }, ["function"]),
      custom: record({ type: anything, custom: object }, ["custom"]),
    }),
    { min: 1, max: 128 },
  ),
  tool_choice: byType({
    string: oneOf(["none", "auto", "required"]),
    object: variants("type", {
      function: record({ type: anything, function: namedFunction }, ["function"]),
      custom: record({ type: anything, custom: namedFunction }, ["custom"]),
      allowed_tools: record({ type: anything, allowed_tools: object }, ["allowed_tools"]),
    }),
  }),
  parallel_tool_calls: boolean(),
  functions: list(record(functionRules, ["name"]), { min: 1, max: 128 }),
  function_call: byType({ string: oneOf(["none", "auto"]), object: namedFunction }),
  response_format: variants("type", {
    text: record({ type: anything }),
    json_object: record({ type: anything }),
    json_schema: record(
      {
        type: anything,
        json_schema: record(
          { name: text({ pattern: NAME }), description: text(), schema: object, strict: boolean() },
          ["name"],
        ),
      },
      ["json_schema"],
    ),
  }),
  modalities: list(oneOf(["text"]), { min: 1 }),
  audio: object,
  moderation: object,
  prediction: object,
  web_search_options: object,
  reasoning_effort: oneOf(EFFORTS),
  verbosity: oneOf(["low", "medium", "high"]),
  service_tier: oneOf(SERVICE_TIERS),
  store: boolean(),
  metadata: METADATA,
  user: text(),
  safety_identifier: text({ max: 64 }),
  prompt_cache_key: text(),
  prompt_cache_options: object,
  prompt_cache_retention: oneOf(["in_memory", "24h"]),
};

export function checkChatBody(body: JsonObject): void {
  checkParameters(body, RULES, ["model", "messages"]);
  checkTogether(body);
  const messages = isJsonArray(body["messages"]) ? body["messages"] : [];
  checkContents(messages);
  checkToolAnswers(messages);
  checkResponseFormat(body, messages);
}

/** Parameters that are no use without, or not allowed beside, another. */
function checkTogether(body: JsonObject): void {
  if (isGiven(body["stream_options"]) && body["stream"] !== true) {
    throw badRequest(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      "stream_options",
    );
  }
  if (isGiven(body["top_logprobs"]) && body["logprobs"] !== true) {
    throw badRequest(
      "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
      "top_logprobs",
    );
  }
  const choice = body["tool_choice"];
  if (!isGiven(body["tools"])) {
    for (const name of ["tool_choice", "parallel_tool_calls"]) {
      if (isGiven(body[name]) && body[name] !== "none") {
        throw badRequest(`'${name}' is only allowed when 'tools' are specified.`, name);
      }
    }
  } else if (isJsonObject(choice) && isJsonObject(choice["function"])) {
    const wanted = choice["function"]["name"];
    const tools = isJsonArray(body["tools"]) ? body["tools"] : [];
    if (!tools.some((tool) => functionNameOf(tool) === wanted)) {
      throw badRequest(
        `Tool choice '${shown(wanted)}' not found in 'tools' parameter.`,
        "tool_choice",
      );
    }
  }
}

export function functionNameOf(tool: Json): Json | undefined {
  const called = isJsonObject(tool) ? tool["function"] : undefined;
  return isJsonObject(called) ? called["name"] : undefined;
}

function checkContents(messages: readonly Json[]): void {
  for (const [index, item] of messages.entries()) {
    if (!isJsonObject(item)) continue;
    const mayLack =
      item["role"] === "function" ||
      (item["role"] === "assistant" &&
        ["tool_calls", "function_call", "refusal", "audio"].some((name) => isGiven(item[name])));
    if (!isGiven(item["content"]) && !mayLack) {
      throw badRequest(
        `Invalid value for 'content': expected a string, got null.`,
        `messages.[${index}].content`,
      );
    }
  }
}

/** Every tool call must be answered at once, and every answer must have its call. */
function checkToolAnswers(messages: readonly Json[]): void {
  let open = new Set<Json | undefined>();
  for (const [index, item] of messages.entries()) {
    if (!isJsonObject(item)) continue;
    if (item["role"] === "tool") {
      if (!open.delete(item["tool_call_id"])) {
        throw badRequest(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`,
        );
      }
      continue;
    }
    refuseUnanswered(open);
    const calls = isJsonArray(item["tool_calls"]) ? item["tool_calls"] : [];
    open = new Set(calls.map((call) => (isJsonObject(call) ? call["id"] : undefined)));
  }
  refuseUnanswered(open);
}

function refuseUnanswered(open: ReadonlySet<Json | undefined>): void {
  if (open.size === 0) return;
  const ids = [...open].map(String).join(", ");
  throw badRequest(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids}`,
    "messages",
  );
}

function checkResponseFormat(body: JsonObject, messages: readonly Json[]): void {
  const format = body["response_format"];
  if (!isJsonObject(format)) return;
  if (format["type"] === "json_object" && !/json/i.test(JSON.stringify(messages))) {
    throw badRequest(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      "messages",
    );
  }
  const named = format["json_schema"];
  if (!isJsonObject(named)) return;
  if (named["schema"] === undefined) throw missingParameter("response_format.json_schema.schema");
  if (named["strict"] !== true) return;
  const what = `response_format '${shown(named["name"])}'`;
  checkStrict(named["schema"], { what, param: "response_format", context: [] });
}

/** What a reasoning model refuses, and what only a reasoning model takes. */
export function checkForModel(body: JsonObject, model: ModelInfo): void {
  if (model.reasoning !== true) {
    if (isGiven(body["reasoning_effort"])) {
      throw badRequest(
        "Unrecognized request argument supplied: reasoning_effort",
        "reasoning_effort",
        "unsupported_parameter",
      );
    }
    return;
  }
  if (isGiven(body["max_tokens"])) {
    throw badRequest(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      "max_tokens",
      "unsupported_parameter",
    );
  }
  for (const [name, only] of [
    ["temperature", 1],
    ["top_p", 1],
    ["presence_penalty", 0],
    ["frequency_penalty", 0],
  ] as const) {
    const value = body[name];
    if (isGiven(value) && value !== only) {
      throw badRequest(
        `Unsupported value: '${name}' does not support ${JSON.stringify(value)} with this model. Only the default (${only}) value is supported.`,
        name,
        "unsupported_value",
      );
    }
  }
  if (body["logprobs"] === true) {
    throw badRequest(
      "Unsupported parameter: 'logprobs' is not supported with this model.",
      "logprobs",
      "unsupported_parameter",
    );
  }
}

function isGiven(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}
