import type { Extra } from "../../core/chat-request.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import type { ToolChoice, ToolDefinition } from "../../core/tools.ts";
import {
  createExtrasReader,
  readOptionalArray,
  readOptionalBoolean,
  readOptionalObject,
  readOptionalString,
  readString,
  toObject,
  toOneOf,
} from "../fields.ts";
import { parseCache } from "./content.ts";

export function parseTools(body: JsonObject, extras: Extra[]): ToolDefinition[] | undefined {
  const at = childPath(ROOT, "tools");
  return readOptionalArray(body, "tools", ROOT)?.map((value, index) =>
    parseTool(value, childPath(at, index), extras),
  );
}

function parseTool(value: Json, at: JsonPath, extras: Extra[]): ToolDefinition {
  const tool = toObject(value, at);
  const type = readOptionalString(tool, "type", at) ?? "custom";
  if (type !== "custom") {
    // A set of tools of an MCP server has no name of its own.
    const name = readOptionalString(tool, "name", at) ?? type;
    return { kind: "native", family: "anthropic", name, value: tool, at };
  }
  readToolExtras(tool, at, extras);
  return {
    kind: "function",
    name: readString(tool, "name", at),
    description: readOptionalString(tool, "description", at),
    schema: readOptionalObject(tool, "input_schema", at),
    strict: readOptionalBoolean(tool, "strict", at),
    cache: parseCache(tool, at),
    at,
  };
}

const readToolExtras = createExtrasReader(
  "type name description input_schema strict cache_control",
);

/** `tool_choice` says two things of the hub's. */
export function parseToolChoice(
  body: JsonObject,
  extras: Extra[],
): { readonly choice?: ToolChoice | undefined; readonly isParallel?: boolean | undefined } {
  const choice = readOptionalObject(body, "tool_choice", ROOT);
  if (choice === undefined) return {};
  const at = childPath(ROOT, "tool_choice");
  readChoiceExtras(choice, at, extras);
  const isSingle = readOptionalBoolean(choice, "disable_parallel_tool_use", at);
  return {
    choice: parseChoice(choice, at),
    isParallel: isSingle === undefined ? undefined : !isSingle,
  };
}

const readChoiceExtras = createExtrasReader("type name disable_parallel_tool_use");

function parseChoice(choice: JsonObject, at: JsonPath): ToolChoice {
  const type = toOneOf(choice["type"], ["auto", "any", "tool", "none"], childPath(at, "type"));
  if (type === "tool") return { kind: "named", name: readString(choice, "name", at) };
  return { kind: type === "any" ? "required" : type };
}
