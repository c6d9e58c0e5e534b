import {
  type ChatRequest,
  type Extra,
  type Reasoning,
  REASONING_EFFORTS,
  type ReasoningEffort,
} from "../../core/chat-request.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { readOptionalObject } from "../fields.ts";

export type ModelFields = Pick<
  ChatRequest,
  "topK" | "reasoning" | "parallelToolCalls" | "toolChoice" | "responseFormat"
>;

/**
 * What `additionalModelRequestFields` says that the hub has a word for. It holds whatever one model takes, so a value we can't
 * read is an extra and no error.
 */
export function parseModelFields(body: JsonObject, extras: Extra[]): ModelFields {
  const fields = readOptionalObject(body, "additionalModelRequestFields", ROOT);
  if (fields === undefined) return {};
  const found: OpenFields = { topK: undefined, parallelToolCalls: undefined, thinking: {} };
  const at = childPath(ROOT, "additionalModelRequestFields");
  addFields(found, fields, { at, extras, isTop: true });
  const { topK, parallelToolCalls, toolChoice, responseFormat, thinking } = found;
  return {
    topK,
    parallelToolCalls,
    toolChoice,
    responseFormat,
    reasoning: Object.keys(thinking).length === 0 ? undefined : thinking,
  };
}

/** While the fields are gone through. */
interface OpenFields {
  topK: number | undefined;
  parallelToolCalls: boolean | undefined;
  toolChoice?: ChatRequest["toolChoice"];
  responseFormat?: ChatRequest["responseFormat"];
  thinking: { -readonly [Key in keyof Reasoning]: Reasoning[Key] };
}

interface FieldsPlace {
  readonly at: JsonPath;
  readonly extras: Extra[];
  readonly isTop: boolean;
}

function addFields(found: OpenFields, fields: JsonObject, place: FieldsPlace): void {
  for (const key in fields) {
    const value = fields[key];
    if (value === undefined || value === null || addField(found, key, value)) continue;
    const path = childPath(place.at, key);
    // Only one level: further down nothing is known.
    const isHolder = place.isTop && HOLDERS.has(key) && isJsonObject(value);
    if (isHolder) addFields(found, value, { at: path, extras: place.extras, isTop: false });
    else place.extras.push({ path, value, isEssential: false });
  }
}

/** Objects in which a single field may be known and its neighbour not. */
const HOLDERS: ReadonlySet<string> = new Set(["inferenceConfig", "output_config", "reasoning"]);

function addField(found: OpenFields, key: string, value: Json): boolean {
  switch (key) {
    case "top_k":
    case "topK":
      if (typeof value !== "number") return false;
      found.topK = value;
      return true;
    case "reasoning_effort":
    case "effort":
      return addEffort(found, value);
    case "thinking":
      return isJsonObject(value) && addThinking(found, value);
    case "reasoningConfig":
      return isJsonObject(value) && addReasoningConfig(found, value);
    case "tool_choice":
      return isJsonObject(value) && addToolChoice(found, value);
    case "format":
      return isJsonObject(value) && addFormat(found, value);
    default:
      return false;
  }
}

function addEffort(found: OpenFields, value: Json): boolean {
  const effort = effortOf(value);
  if (effort !== undefined) found.thinking.effort = effort;
  return effort !== undefined;
}

export function effortOf(value: Json | undefined): ReasoningEffort | undefined {
  return REASONING_EFFORTS.find((effort) => effort === value);
}

/** Claude's: https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html */
function addThinking(found: OpenFields, { type, budget_tokens, display }: JsonObject): boolean {
  if (type === "enabled" && typeof budget_tokens === "number") {
    found.thinking.thinking = { kind: "budget", tokens: budget_tokens };
  } else if (type === "adaptive") found.thinking.thinking = { kind: "adaptive" };
  else if (type === "disabled") found.thinking.thinking = { kind: "off" };
  else return false;
  if (typeof display === "string") found.thinking.includeThoughts = display !== "omitted";
  return true;
}

/** Nova's: https://docs.aws.amazon.com/nova/latest/nova2-userguide/request-response-schema.html */
function addReasoningConfig(found: OpenFields, config: JsonObject): boolean {
  const effort = effortOf(config["maxReasoningEffort"]);
  if (config["type"] === "disabled") found.thinking.thinking = { kind: "off" };
  else if (effort === undefined) return false;
  if (effort !== undefined) found.thinking.effort = effort;
  return true;
}

/** Claude's own way to forbid parallel calls, which Converse has no word for. */
function addToolChoice(found: OpenFields, choice: JsonObject): boolean {
  const { type, name, disable_parallel_tool_use: isSingle } = choice;
  if (type === "tool" && typeof name === "string") found.toolChoice = { kind: "named", name };
  else if (type === "any") found.toolChoice = { kind: "required" };
  else if (type === "none") found.toolChoice = { kind: type };
  else if (type !== "auto") return false;
  if (typeof isSingle === "boolean") found.parallelToolCalls = !isSingle;
  return true;
}

/** Claude's own way to ask for JSON: `output_config.format`. */
function addFormat(found: OpenFields, { type, schema }: JsonObject): boolean {
  if (type !== "json_schema" || !isJsonObject(schema)) return false;
  found.responseFormat = { kind: "json_schema", schema };
  return true;
}

/** Nova's own bodies have it too, in one of two places. */
export function parseReasoningConfig(
  holder: JsonObject,
  at: JsonPath,
  extras: Extra[],
): Reasoning | undefined {
  const config = readOptionalObject(holder, "reasoningConfig", at);
  if (config === undefined) return undefined;
  const found: OpenFields = { topK: undefined, parallelToolCalls: undefined, thinking: {} };
  if (addReasoningConfig(found, config)) return found.thinking;
  extras.push({ path: childPath(at, "reasoningConfig"), value: config, isEssential: false });
  return undefined;
}
