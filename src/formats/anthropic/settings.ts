import type { Extra, Reasoning, ReasoningEffort, ResponseFormat } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import {
  createExtrasReader,
  readObject,
  readOptionalArray,
  readOptionalObject,
  readOptionalString,
  readNumber,
  toOneOf,
  toText,
} from "../fields.ts";

/** `thinking` and `output_config.effort`. */
export function parseReasoning(body: JsonObject, extras: Extra[]): Reasoning | undefined {
  const effort = parseEffort(body);
  const thinking = readOptionalObject(body, "thinking", ROOT);
  if (thinking === undefined) return effort === undefined ? undefined : { effort };
  const at = childPath(ROOT, "thinking");
  readThinkingExtras(thinking, at, extras);
  return {
    effort,
    thinking: parseThinking(thinking, at),
    includeThoughts: parseDisplay(thinking, at, extras),
  };
}

const readThinkingExtras = createExtrasReader("type budget_tokens display");

function parseThinking(thinking: JsonObject, at: JsonPath): Reasoning["thinking"] {
  const type = toOneOf(
    thinking["type"],
    ["enabled", "adaptive", "disabled", "between_tools"],
    childPath(at, "type"),
  );
  if (type === "enabled") {
    return { kind: "budget", tokens: readNumber(thinking, "budget_tokens", at) };
  }
  // `between_tools` is how thinking is turned off where `disabled` isn't taken, and is written again there.
  return { kind: type === "adaptive" ? "adaptive" : "off" };
}

function parseDisplay(thinking: JsonObject, at: JsonPath, extras: Extra[]): boolean | undefined {
  const { display } = thinking;
  if (display === undefined || display === null) return undefined;
  const path = childPath(at, "display");
  const word = toOneOf(display, ["summarized", "omitted", "updates"], path);
  if (word === "updates") extras.push({ path, value: word, isEssential: false });
  return word !== "omitted";
}

function parseEffort(body: JsonObject): ReasoningEffort | undefined {
  const effort = readOptionalObject(body, "output_config", ROOT)?.["effort"];
  if (effort === undefined || effort === null) return undefined;
  const at = childPath(childPath(ROOT, "output_config"), "effort");
  return toOneOf(effort, ["low", "medium", "high", "xhigh", "max"], at);
}

/** `output_config.format`, and the `output_format` that it replaced. */
export function parseResponseFormat(body: JsonObject, extras: Extra[]): ResponseFormat | undefined {
  const configAt = childPath(ROOT, "output_config");
  const config = readOptionalObject(body, "output_config", ROOT);
  if (config !== undefined) readConfigExtras(config, configAt, extras);
  const current = config === undefined ? undefined : readOptionalObject(config, "format", configAt);
  const format = current ?? readOptionalObject(body, "output_format", ROOT);
  if (format === undefined) return undefined;
  const at =
    current === undefined ? childPath(ROOT, "output_format") : childPath(configAt, "format");
  readFormatExtras(format, at, extras);
  const kind = toOneOf(format["type"], ["json_schema"], childPath(at, "type"));
  return { kind, schema: readObject(format, "schema", at) };
}

const readConfigExtras = createExtrasReader("effort format");
const readFormatExtras = createExtrasReader("type schema");

export function parseStop(body: JsonObject): readonly string[] | undefined {
  const at = childPath(ROOT, "stop_sequences");
  return readOptionalArray(body, "stop_sequences", ROOT)?.map((text, index) =>
    toText(text, childPath(at, index)),
  );
}

export function parseUser(body: JsonObject, extras: Extra[]): string | undefined {
  const metadata = readOptionalObject(body, "metadata", ROOT);
  if (metadata === undefined) return undefined;
  const at = childPath(ROOT, "metadata");
  readMetadataExtras(metadata, at, extras);
  return readOptionalString(metadata, "user_id", at);
}

const readMetadataExtras = createExtrasReader("user_id");
