// https://docs.claude.com/en/api/messages

import { badRequest } from "../api-error.ts";
import type { ApiVersion } from "../api-version.ts";
import type { JsonObject } from "../../json.ts";
import { isJsonArray, isJsonObject, numberOf, objectsOf, shown } from "../../json.ts";
import type { ModelTraits } from "../model-traits.ts";
import type { ModelInfo } from "../models.ts";
import { contentBlock, textBlock } from "./content-rules.ts";
import type { Rule, Rules } from "./rules.ts";
import {
  anything,
  boolean,
  byType,
  checkMembers,
  integer,
  list,
  number,
  object,
  oneOf,
  record,
  text,
  textOr,
  wrong,
} from "./rules.ts";
import { checkTurns } from "./turn-rules.ts";

const SERVER_TOOLS: readonly string[] = [
  "bash_20250124",
  "code_execution_20250522",
  "code_execution_20250825",
  "code_execution_20260120",
  "memory_20250818",
  "text_editor_20250124",
  "text_editor_20250429",
  "text_editor_20250728",
  "web_search_20250305",
  "web_search_20260209",
  "web_fetch_20250910",
  "web_fetch_20260209",
  "web_fetch_20260309",
  "tool_search_tool_bm25",
  "tool_search_tool_bm25_20251119",
  "tool_search_tool_regex",
  "tool_search_tool_regex_20251119",
];

const inputSchema: Rule = (value, path) => {
  object(value, path);
  const type = isJsonObject(value) ? value["type"] : undefined;
  if (type === undefined) throw wrong(`${path}.type`, "Field required");
  if (type !== "object") throw wrong(`${path}.type`, "Input should be 'object'");
};

const customTool = record(
  {
    type: anything,
    name: text({ min: 1, max: 128, pattern: /^[a-zA-Z0-9_-]{1,128}$/ }),
    description: text(),
    input_schema: inputSchema,
    cache_control: object,
    strict: boolean,
    eager_input_streaming: boolean,
    allowed_callers: list(text()),
    defer_loading: boolean,
    input_examples: list(object),
  },
  ["name", "input_schema"],
);

const typedTool = byType({
  custom: customTool,
  ...Object.fromEntries(SERVER_TOOLS.map((type) => [type, object])),
});

const tool: Rule = (value, path) => {
  const type = isJsonObject(value) ? value["type"] : undefined;
  (type === undefined || type === null ? customTool : typedTool)(value, path);
};

const alone = record({ type: anything });
const parallel = { type: anything, disable_parallel_tool_use: boolean };
const display = oneOf(["summarized", "omitted"]);

const RULES: Rules = {
  model: text({ min: 1, max: 256 }),
  messages: list(
    record({ role: oneOf(["user", "assistant", "system"]), content: textOr(list(contentBlock)) }, [
      "role",
      "content",
    ]),
  ),
  max_tokens: integer({ min: 0 }),
  system: textOr(list(textBlock)),
  stop_sequences: list(text()),
  stream: boolean,
  temperature: number({ min: 0, max: 1 }),
  top_p: number({ min: 0, max: 1 }),
  top_k: integer({ min: 0 }),
  metadata: record({ user_id: text({ max: 512 }) }),
  service_tier: oneOf(["auto", "standard_only"]),
  cache_control: object,
  container: anything,
  inference_geo: text(),
  thinking: byType({
    enabled: record({ type: anything, budget_tokens: integer({ min: 1_024 }), display }, [
      "budget_tokens",
    ]),
    adaptive: record({ type: anything, display }),
    disabled: alone,
  }),
  output_config: record({
    effort: oneOf(["low", "medium", "high", "xhigh", "max"]),
    format: byType({ json_schema: record({ type: anything, schema: object }, ["schema"]) }),
  }),
  tools: list(tool),
  tool_choice: byType({
    auto: record(parallel),
    any: record(parallel),
    tool: record({ ...parallel, name: text() }, ["name"]),
    none: alone,
  }),
};

export interface Asked {
  readonly model: ModelInfo;
  readonly version: ApiVersion;
}

export function checkMessageBody(body: JsonObject, asked: Asked): void {
  checkMembers(body, { rules: RULES, required: ["model", "messages", "max_tokens"], path: "" });
  checkSampling(body, asked);
  checkLength(body, asked.model);
  checkStops(body);
  checkTools(body, asked.model.traits);
  checkThinking(body, asked.model.traits);
  const format = objectIn(body["output_config"], "format");
  if (format !== undefined && !asked.model.traits.structuredOutput) {
    throw badRequest(`'${asked.model.id}' does not support output format.`);
  }
  checkClosed(objectIn(format, "schema"));
  checkTurns(objectsOf(body["messages"]), {
    version: asked.version,
    traits: asked.model.traits,
    isThinking: isThinking(body),
  });
}

function objectIn(value: JsonObject[string], name: string): JsonObject | undefined {
  const member = isJsonObject(value) ? value[name] : undefined;
  return isJsonObject(member) ? member : undefined;
}

const SAMPLING = ["temperature", "top_p", "top_k"];

function checkSampling(body: JsonObject, { model, version }: Asked): void {
  const given = SAMPLING.filter((name) => isGiven(body[name]));
  if (version === "2026-10-21" && given[0] !== undefined) {
    throw wrong(given[0], `Not supported by anthropic-version ${version}`);
  }
  const { sampling } = model.traits;
  if (sampling === "defaults") {
    const { temperature, top_p: topP, top_k: topK } = body;
    if (isGiven(topK)) throw badRequest("`top_k` is not supported for this model.");
    if (numberOf(temperature, 1) !== 1) {
      throw badRequest("`temperature` is not supported for this model.");
    }
    if (numberOf(topP, 1) < 0.99) throw badRequest("`top_p` is not supported for this model.");
  }
  if (sampling === "one" && isGiven(body["temperature"]) && isGiven(body["top_p"])) {
    throw badRequest(
      "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    );
  }
}

function checkLength(body: JsonObject, model: ModelInfo): void {
  const wanted = numberOf(body["max_tokens"], 1);
  if (wanted <= model.maxTokens) return;
  throw wrong(
    "max_tokens",
    `${wanted} > ${model.maxTokens}, which is the maximum allowed number of output tokens for ${model.id}`,
  );
}

function checkStops(body: JsonObject): void {
  const stops = isJsonArray(body["stop_sequences"]) ? body["stop_sequences"] : [];
  if (stops.some((stop) => typeof stop === "string" && stop.trim() === "")) {
    throw wrong("stop_sequences", "each stop sequence must contain non-whitespace");
  }
}

function checkTools(body: JsonObject, traits: ModelTraits): void {
  const tools = objectsOf(body["tools"]);
  const names = tools.map(({ name }) => name);
  if (new Set(names).size < names.length) throw wrong("tools", "Tool names must be unique.");
  const choice = body["tool_choice"];
  if (!isJsonObject(choice)) return;
  if (tools.length === 0 && choice["type"] !== "none") {
    throw badRequest("tool_choice may only be specified while providing `tools`.");
  }
  if (!traits.forcedTools && isForced(choice)) {
    throw badRequest("tool_choice that forces tool use is not supported for this model.");
  }
  if (choice["type"] === "tool" && !names.includes(choice["name"])) {
    throw badRequest(`Tool '${shown(choice["name"])}' not found in provided tools`);
  }
}

function isForced(choice: JsonObject): boolean {
  return choice["type"] === "any" || choice["type"] === "tool";
}

function checkThinking(body: JsonObject, traits: ModelTraits): void {
  const { thinking } = body;
  if (!isThinking(body) || !isJsonObject(thinking)) return;
  checkThinkingKind(shown(thinking["type"]), traits);
  if (numberOf(thinking["budget_tokens"], 0) >= numberOf(body["max_tokens"], 0)) {
    throw badRequest("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
  if (numberOf(body["temperature"], 1) !== 1) {
    throw badRequest("`temperature` may only be set to 1 when thinking is enabled.");
  }
  if (isGiven(body["top_k"])) {
    throw badRequest("`top_k` must be unset when thinking is enabled.");
  }
  const choice = body["tool_choice"];
  if (isJsonObject(choice) && isForced(choice)) {
    throw badRequest("Thinking may not be enabled when tool_choice forces tool use.");
  }
}

function checkThinkingKind(kind: string, { thinking }: ModelTraits): void {
  if (thinking === "none") throw badRequest("thinking is not supported for this model.");
  if (kind === "adaptive" && thinking === "budget") {
    throw badRequest("adaptive thinking is not supported on this model");
  }
  if (kind === "enabled" && thinking === "adaptive") {
    throw badRequest(
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    );
  }
}

export function isThinking(body: JsonObject): boolean {
  const { thinking } = body;
  return isJsonObject(thinking) && thinking["type"] !== "disabled";
}

/** Structured output: every object must say that it has no other properties. */
function checkClosed(schema: JsonObject[string]): void {
  if (isJsonArray(schema)) for (const part of schema) checkClosed(part);
  if (!isJsonObject(schema)) return;
  if (schema["type"] === "object" && schema["additionalProperties"] !== false) {
    throw wrong(
      "output_config.format.schema",
      "For 'object' type, 'additionalProperties' must be explicitly set to false",
    );
  }
  for (const name of ["items", "anyOf", "allOf"]) checkClosed(schema[name]);
  for (const name of ["properties", "$defs", "definitions"]) {
    const members = schema[name];
    if (isJsonObject(members)) for (const part of Object.values(members)) checkClosed(part);
  }
}

function isGiven(value: JsonObject[string]): boolean {
  return value !== undefined && value !== null;
}
