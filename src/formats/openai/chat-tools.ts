import type { Extra } from "../../core/chat-request.ts";
import type { CacheControl } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import type { ToolChoice, ToolDefinition } from "../../core/tools.ts";
import {
  createExtrasReader,
  invalid,
  readArray,
  readObject,
  readOptionalArray,
  readOptionalBoolean,
  readOptionalObject,
  readOptionalString,
  readString,
  toObject,
  toOneOf,
} from "../fields.ts";

/** `tools`, and the `functions` that they replaced. */
export function parseTools(body: JsonObject, extras: Extra[]): ToolDefinition[] | undefined {
  const tools = readOptionalArray(body, "tools", ROOT);
  const functions = readOptionalArray(body, "functions", ROOT);
  if (tools === undefined && functions === undefined) return undefined;
  const toolsAt = childPath(ROOT, "tools");
  const functionsAt = childPath(ROOT, "functions");
  return [
    ...(tools ?? []).map((tool, index) => parseTool(tool, childPath(toolsAt, index), extras)),
    ...(functions ?? []).map((value, index) => {
      const at = childPath(functionsAt, index);
      return parseFunction(toObject(value, at), at, extras);
    }),
  ];
}

function parseTool(value: Json, at: JsonPath, extras: Extra[]): ToolDefinition {
  const tool = toObject(value, at);
  const type = readString(tool, "type", at);
  if (type === "function") {
    readToolExtras(tool, at, extras);
    const definition = readObject(tool, "function", at);
    const parsed = parseFunction(definition, childPath(at, "function"), extras);
    return { ...parsed, at, cache: parseCache(tool, at) };
  }
  if (type === "custom") {
    readToolExtras(tool, at, extras);
    const custom = readObject(tool, "custom", at);
    const customAt = childPath(at, "custom");
    return {
      kind: "custom",
      at,
      name: readString(custom, "name", customAt),
      description: readOptionalString(custom, "description", customAt),
      inputFormat: readOptionalObject(custom, "format", customAt),
    };
  }
  return { kind: "native", at, family: "openai", name: type, value: tool };
}

const readToolExtras = createExtrasReader("type function custom cache_control");

function parseFunction(definition: JsonObject, at: JsonPath, extras: Extra[]): ToolDefinition {
  readFunctionExtras(definition, at, extras);
  return {
    kind: "function",
    at,
    name: readString(definition, "name", at),
    description: readOptionalString(definition, "description", at),
    schema: readOptionalObject(definition, "parameters", at),
    strict: readOptionalBoolean(definition, "strict", at),
  };
}

const readFunctionExtras = createExtrasReader("name description parameters strict");

/** `tool_choice`, and the `function_call` that it replaced. */
export function parseToolChoice(body: JsonObject): ToolChoice | undefined {
  const chosen = body["tool_choice"] ?? undefined;
  const choice = chosen ?? body["function_call"];
  if (choice === undefined || choice === null) return undefined;
  const at = childPath(ROOT, chosen === undefined ? "function_call" : "tool_choice");
  if (typeof choice === "string") {
    return { kind: toOneOf(choice, ["auto", "none", "required"], at) };
  }
  const object = toObject(choice, at);
  const { type } = object;
  if (type === "function" || type === "custom") {
    return { kind: "named", name: readName(object, type, at) };
  }
  if (type === "allowed_tools") {
    return parseAllowedTools(readObject(object, type, at), childPath(at, type));
  }
  if (type === undefined) return { kind: "named", name: readString(object, "name", at) };
  throw invalid(at, "type", "must be function, custom or allowed_tools");
}

function parseAllowedTools(allowed: JsonObject, at: JsonPath): ToolChoice {
  const toolsAt = childPath(at, "tools");
  return {
    kind: "allowed",
    mode: toOneOf(allowed["mode"], ["auto", "required"], childPath(at, "mode")),
    names: readArray(allowed, "tools", at).map((value, index) => {
      const toolAt = childPath(toolsAt, index);
      const tool = toObject(value, toolAt);
      const type = toOneOf(tool["type"], ["function", "custom"], childPath(toolAt, "type"));
      return readName(tool, type, toolAt);
    }),
  };
}

function readName(object: JsonObject, key: string, at: JsonPath): string {
  return readString(readObject(object, key, at), "name", childPath(at, key));
}

/** Anthropic's `cache_control`, which compatible hosts take, or OpenAI's own `prompt_cache_breakpoint`. */
export function parseCache(part: JsonObject, at: JsonPath): CacheControl | undefined {
  const cache = readOptionalObject(part, "cache_control", at);
  if (cache === undefined) {
    const breakpoint = part["prompt_cache_breakpoint"];
    return breakpoint === undefined || breakpoint === null ? undefined : { ttl: null };
  }
  const ttl = cache["ttl"];
  if (ttl === undefined || ttl === null) return { ttl: null };
  return { ttl: toOneOf(ttl, ["5m", "1h"], childPath(childPath(at, "cache_control"), "ttl")) };
}
