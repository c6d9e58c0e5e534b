import type { Extra } from "../../core/chat-request.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import type { ToolChoice, ToolDefinition } from "../../core/tools.ts";
import {
  createExtrasReader,
  invalid,
  readArray,
  readObject,
  readOptionalBoolean,
  readOptionalObject,
  readOptionalString,
  readString,
  toObject,
} from "../fields.ts";
import type { BlockScope } from "./block-scope.ts";
import { blockType } from "./block-type.ts";
import { markLast, parseCachePoint } from "./blocks.ts";

export interface ParsedTools {
  readonly tools?: readonly ToolDefinition[] | undefined;
  readonly toolChoice?: ToolChoice | undefined;
}

/** `toolConfig`, which Converse and Nova write alike. */
export function parseToolConfig(body: JsonObject, scope: BlockScope): ParsedTools {
  const config = readOptionalObject(body, "toolConfig", ROOT);
  if (config === undefined) return {};
  const at = childPath(ROOT, "toolConfig");
  readConfigExtras(config, at, scope.extras);
  const toolsAt = childPath(at, "tools");
  const tools: ToolDefinition[] = [];
  for (const [index, value] of readArray(config, "tools", at).entries()) {
    addTool(tools, { value, at: childPath(toolsAt, index), scope });
  }
  return { tools, toolChoice: parseToolChoice(config, at, scope.extras) };
}

const readConfigExtras = createExtrasReader("tools toolChoice");

interface ToolReading {
  readonly value: Json;
  readonly at: JsonPath;
  readonly scope: BlockScope;
}

function addTool(tools: ToolDefinition[], { value, at, scope }: ToolReading): void {
  const tool = toObject(value, at);
  const type = blockType(tool, at, scope);
  if (type === "cachePoint") markLast(tools, parseCachePoint(tool, at, scope));
  else if (type === "toolSpec") tools.push(parseToolSpec(tool, at, scope.extras));
  else
    tools.push({
      kind: "native",
      at,
      family: "bedrock",
      name: nativeName(tool, type),
      value: tool,
    });
}

function parseToolSpec(tool: JsonObject, at: JsonPath, extras: Extra[]): ToolDefinition {
  const definition = readObject(tool, "toolSpec", at);
  const definitionAt = childPath(at, "toolSpec");
  readSpecExtras(definition, definitionAt, extras);
  const input = readOptionalObject(definition, "inputSchema", definitionAt);
  const inputAt = childPath(definitionAt, "inputSchema");
  if (input !== undefined) readInputExtras(input, inputAt, extras);
  return {
    kind: "function",
    at,
    name: readString(definition, "name", definitionAt),
    description: readOptionalString(definition, "description", definitionAt),
    schema: input === undefined ? undefined : readOptionalObject(input, "json", inputAt),
    strict: readOptionalBoolean(definition, "strict", definitionAt),
  };
}

const readSpecExtras = createExtrasReader("name description inputSchema strict");
const readInputExtras = createExtrasReader("json");

function nativeName(tool: JsonObject, type: string): string {
  const definition = tool[type];
  const name =
    typeof definition === "object" && definition !== null && "name" in definition
      ? definition["name"]
      : undefined;
  return typeof name === "string" ? name : type;
}

function parseToolChoice(
  config: JsonObject,
  configAt: JsonPath,
  extras: Extra[],
): ToolChoice | undefined {
  const choice = readOptionalObject(config, "toolChoice", configAt);
  if (choice === undefined) return undefined;
  const at = childPath(configAt, "toolChoice");
  readChoiceExtras(choice, at, extras);
  if (choice["tool"] !== undefined && choice["tool"] !== null) {
    return {
      kind: "named",
      name: readString(readObject(choice, "tool", at), "name", childPath(at, "tool")),
    };
  }
  if (choice["any"] !== undefined && choice["any"] !== null) return { kind: "required" };
  if (choice["auto"] !== undefined && choice["auto"] !== null) return { kind: "auto" };
  throw invalid(at, "auto", "or any or tool must be given");
}

const readChoiceExtras = createExtrasReader("auto any tool");
