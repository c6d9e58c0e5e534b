// https://platform.openai.com/docs/api-reference/responses/create

import { ApiError, badRequest } from "../api-error.ts";
import type { JsonObject } from "../../json.ts";
import { isJsonArray, isJsonObject, shown } from "../../json.ts";
import type { Rule, Rules } from "../parameters.ts";
import {
  anything,
  boolean,
  byType,
  checkParameters,
  decimal,
  integer,
  list,
  object,
  oneOf,
  record,
  text,
  variants,
} from "../parameters.ts";
import { EFFORTS, METADATA, SERVICE_TIERS } from "./chat-rules.ts";
import { checkStrict, functionDefinition, NAME } from "./tool-rules.ts";

const inputPart = variants("type", {
  input_text: record({ type: anything, text: text(), prompt_cache_breakpoint: object }, ["text"]),
  input_image: record({
    type: anything,
    image_url: text(),
    file_id: text(),
    detail: oneOf(["low", "high", "auto", "original"]),
    prompt_cache_breakpoint: object,
  }),
  input_file: record({
    type: anything,
    file_id: text(),
    file_data: text(),
    file_url: text(),
    filename: text(),
    detail: text(),
    prompt_cache_breakpoint: object,
  }),
  output_text: record({ type: anything, text: text(), annotations: anything, logprobs: anything }, [
    "text",
  ]),
  refusal: record({ type: anything, refusal: text() }, ["refusal"]),
});

const message = record(
  {
    type: anything,
    id: text(),
    role: oneOf(["user", "assistant", "system", "developer"]),
    content: byType({ string: text(), array: list(inputPart) }),
    status: text(),
    phase: text(),
  },
  ["role", "content"],
);
const functionCall = record(
  {
    type: anything,
    id: text(),
    call_id: text(),
    name: text({ pattern: NAME }),
    arguments: text(),
    status: text(),
    namespace: text(),
    caller: object,
  },
  ["call_id", "name", "arguments"],
);
const functionOutput = record(
  {
    type: anything,
    id: text(),
    call_id: text(),
    output: byType({ string: text(), array: list(inputPart) }),
    status: text(),
    name: text(),
    namespace: text(),
    caller: object,
  },
  ["call_id", "output"],
);

const typedItem = variants("type", {
  message,
  function_call: functionCall,
  function_call_output: functionOutput,
  reasoning: object,
  item_reference: object,
});

/** A message may leave its type out. */
const item: Rule = (value, path) => {
  const rule = isJsonObject(value) && value["type"] === undefined ? message : typedItem;
  rule(value, path);
};

const HOSTED_TOOLS = [
  "file_search",
  "web_search",
  "web_search_preview",
  "computer_use_preview",
  "mcp",
  "code_interpreter",
  "image_generation",
  "local_shell",
  "custom",
] as const;

const tool = variants("type", {
  function: functionDefinition({
    type: anything,
    output_schema: object,
    defer_loading: boolean(),
    allowed_callers: anything,
  }),
  ...Object.fromEntries(HOSTED_TOOLS.map((name) => [name, object])),
});

const jsonSchema = record(
  {
    type: anything,
    name: text({ pattern: NAME }),
    schema: object,
    description: text(),
    strict: boolean(),
  },
  ["name", "schema"],
);

const RULES: Rules = {
  model: text(),
  input: byType({ string: text(), array: list(item) }),
  instructions: text(),
  max_output_tokens: integer({ min: 16 }),
  max_tool_calls: integer({ min: 1 }),
  temperature: decimal({ min: 0, max: 2 }),
  top_p: decimal({ min: 0, max: 1 }),
  top_logprobs: integer({ min: 0, max: 20 }),
  tools: list(tool),
  tool_choice: byType({
    string: oneOf(["none", "auto", "required"]),
    object: variants("type", {
      function: record({ type: anything, name: text({ pattern: NAME }) }, ["name"]),
      allowed_tools: object,
      custom: object,
      mcp: object,
      ...Object.fromEntries(HOSTED_TOOLS.map((name) => [name, object])),
    }),
  }),
  parallel_tool_calls: boolean(),
  text: record({
    format: variants("type", {
      text: record({ type: anything }),
      json_object: record({ type: anything }),
      json_schema: jsonSchema,
    }),
    verbosity: oneOf(["low", "medium", "high"]),
  }),
  reasoning: record({
    effort: oneOf(EFFORTS),
    summary: oneOf(["auto", "concise", "detailed"]),
    generate_summary: oneOf(["auto", "concise", "detailed"]),
    context: text(),
    mode: text(),
  }),
  truncation: oneOf(["auto", "disabled"]),
  store: boolean(),
  stream: boolean(),
  stream_options: object,
  background: boolean(),
  previous_response_id: text(),
  conversation: byType({ string: text(), object }),
  context_management: anything,
  include: list(text()),
  metadata: METADATA,
  moderation: object,
  prompt: object,
  prompt_cache_key: text(),
  prompt_cache_options: object,
  prompt_cache_retention: oneOf(["in_memory", "24h"]),
  safety_identifier: text({ max: 64 }),
  service_tier: oneOf([...SERVICE_TIERS, "ultrafast"]),
  user: text(),
};

export function checkResponseBody(body: JsonObject): void {
  checkParameters(body, RULES, ["model", "input"]);
  checkCalls(body);
  checkFormat(body);
  const { previous_response_id: previous, conversation, background } = body;
  if (typeof previous === "string") {
    throw new ApiError(400, `Previous response with id '${previous}' not found.`, {
      param: "previous_response_id",
      code: "previous_response_not_found",
    });
  }
  if (conversation !== undefined && conversation !== null) {
    throw new ApiError(404, "Conversation not found.", { param: "conversation" });
  }
  if (background === true) {
    throw badRequest("The emulator has no background responses.", "background", "unsupported");
  }
}

/** Every output must have its call, and every call its output. */
function checkCalls(body: JsonObject): void {
  const items = isJsonArray(body["input"]) ? body["input"].filter(isJsonObject) : [];
  const open = new Set<string>();
  for (const entry of items) {
    const id = shown(entry["call_id"]);
    if (entry["type"] === "function_call") open.add(id);
    if (entry["type"] === "function_call_output" && !open.delete(id)) {
      throw badRequest(`No tool call found for function call output with call_id ${id}.`, "input");
    }
  }
  const [missing] = open;
  if (missing !== undefined) {
    throw badRequest(`No tool output found for function call ${missing}.`, "input");
  }
}

function checkFormat(body: JsonObject): void {
  const settings = isJsonObject(body["text"]) ? body["text"] : {};
  const format = isJsonObject(settings["format"]) ? settings["format"] : {};
  const asked = JSON.stringify([body["input"] ?? null, body["instructions"] ?? null]);
  if (format["type"] === "json_object" && !/json/i.test(asked)) {
    throw badRequest(
      "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
      "input",
    );
  }
  if (format["type"] === "json_schema" && format["strict"] === true) {
    const what = `response_format '${shown(format["name"])}'`;
    checkStrict(format["schema"], { what, param: "text.format.schema", context: [] });
  }
}
