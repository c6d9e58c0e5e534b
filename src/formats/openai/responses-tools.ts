import type { Extra } from "../../core/chat-request.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import type { ToolChoice, ToolDefinition } from "../../core/tools.ts";
import {
  createExtrasReader,
  isJsonArray,
  readOptionalArray,
  readOptionalBoolean,
  readOptionalObject,
  readOptionalString,
  readString,
  toObject,
  toOneOf,
} from "../fields.ts";
import { stringIn } from "../open-values.ts";

export function parseResponsesTools(
  body: JsonObject,
  extras: Extra[],
): ToolDefinition[] | undefined {
  const at = childPath(ROOT, "tools");
  return readOptionalArray(body, "tools", ROOT)?.map((value, index) =>
    parseTool(value, childPath(at, index), extras),
  );
}

function parseTool(value: Json, at: JsonPath, extras: Extra[]): ToolDefinition {
  const tool = toObject(value, at);
  const type = readString(tool, "type", at);
  if (type === "function") {
    readFunctionExtras(tool, at, extras);
    return {
      kind: "function",
      at,
      name: readString(tool, "name", at),
      description: readOptionalString(tool, "description", at),
      schema: readOptionalObject(tool, "parameters", at),
      strict: readOptionalBoolean(tool, "strict", at),
    };
  }
  if (type === "custom") {
    readCustomExtras(tool, at, extras);
    return {
      kind: "custom",
      at,
      name: readString(tool, "name", at),
      description: readOptionalString(tool, "description", at),
      inputFormat: parseInputFormat(readOptionalObject(tool, "format", at)),
    };
  }
  return { kind: "native", at, family: "openai", name: type, value: tool };
}

const readFunctionExtras = createExtrasReader("type name description parameters strict");
const readCustomExtras = createExtrasReader("type name description format");

/** A grammar is flat here; the hub has it as Chat Completions do, in an object of its own. */
function parseInputFormat(format: JsonObject | undefined): JsonObject | undefined {
  if (format?.["type"] !== "grammar") return format;
  const { type, ...grammar } = format;
  return { type, grammar };
}

/** Only functions and custom tools can be named in the hub: a choice of a hosted tool is OpenAI's alone. */
export function parseResponsesToolChoice(
  body: JsonObject,
  extras: Extra[],
): ToolChoice | undefined {
  const choice = body["tool_choice"];
  if (choice === undefined || choice === null) return undefined;
  const at = childPath(ROOT, "tool_choice");
  if (typeof choice === "string") {
    return { kind: toOneOf(choice, ["auto", "none", "required"], at) };
  }
  const parsed = parseNamedChoice(toObject(choice, at), at);
  if (parsed === undefined) extras.push({ path: at, value: choice, isEssential: true });
  return parsed;
}

function parseNamedChoice(choice: JsonObject, at: JsonPath): ToolChoice | undefined {
  const type = readString(choice, "type", at);
  if (type === "function" || type === "custom") {
    return { kind: "named", name: readString(choice, "name", at) };
  }
  if (type !== "allowed_tools") return undefined;
  const names = readNames(choice["tools"]);
  if (names === undefined) return undefined;
  const mode = toOneOf(choice["mode"], ["auto", "required"], childPath(at, "mode"));
  return { kind: "allowed", mode, names };
}

function readNames(tools: Json | undefined): string[] | undefined {
  if (!isJsonArray(tools)) return undefined;
  const names: string[] = [];
  for (const value of tools) {
    const tool = toObject(value, childPath(childPath(ROOT, "tool_choice"), "tools"));
    const name = stringIn(tool, "name");
    if (name === undefined || (tool["type"] !== "function" && tool["type"] !== "custom")) {
      return undefined;
    }
    names.push(name);
  }
  return names;
}
