import type { Extra } from "../../core/chat-request.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import type { ToolChoice, ToolDefinition } from "../../core/tools.ts";
import { invalid, readString, toObject, toText } from "../fields.ts";
import {
  createProtoExtrasReader,
  type ProtoItem,
  protoItems,
  protoObject,
  protoText,
  spelled,
} from "./proto-fields.ts";
import { readSchema } from "./schema-reader.ts";

/** A tool of Gemini's is a list of functions, something that Google runs itself, or both. */
export function parseTools(body: JsonObject, extras: Extra[]): ToolDefinition[] | undefined {
  return protoItems(body, "tools", ROOT)?.flatMap((item) => parseTool(item, extras));
}

function parseTool({ value, at }: ProtoItem, extras: Extra[]): ToolDefinition[] {
  const tool = toObject(value, at);
  const definitions: ToolDefinition[] = [];
  const functions = protoItems(tool, "functionDeclarations", at) ?? [];
  for (const item of functions) definitions.push(parseFunction(item, extras));
  const functionsKey = spelled(tool, "functionDeclarations");
  for (const key in tool) {
    const native = tool[key];
    if (key === functionsKey || native === undefined || native === null) continue;
    definitions.push({
      kind: "native",
      at: childPath(at, key),
      family: "gemini",
      name: key,
      value: Object.fromEntries([[key, native]]),
    });
  }
  return definitions;
}

function parseFunction({ value, at }: ProtoItem, extras: Extra[]): ToolDefinition {
  const declaration = toObject(value, at);
  readFunctionExtras(declaration, at, extras);
  const description = protoText(declaration, "description", at);
  return {
    kind: "function",
    at,
    name: readString(declaration, "name", at),
    description: description === "" ? undefined : description,
    schema: parseParameters(declaration, at),
  };
}

const readFunctionExtras = createProtoExtrasReader(
  "name description parameters parametersJsonSchema",
);

function parseParameters(declaration: JsonObject, at: JsonPath): JsonObject | undefined {
  const { parameters } = declaration;
  if (parameters !== undefined && parameters !== null) {
    return readSchema(parameters, childPath(at, "parameters"));
  }
  return protoObject(declaration, "parametersJsonSchema", at);
}

/** `toolConfig.functionCallingConfig`. */
export function parseToolChoice(body: JsonObject, extras: Extra[]): ToolChoice | undefined {
  const config = protoObject(body, "toolConfig", ROOT);
  if (config === undefined) return undefined;
  const at = childPath(ROOT, spelled(body, "toolConfig"));
  readConfigExtras(config, at, extras);
  const calling = protoObject(config, "functionCallingConfig", at);
  if (calling === undefined) return undefined;
  const callingAt = childPath(at, spelled(config, "functionCallingConfig"));
  readCallingExtras(calling, callingAt, extras);
  const names = (protoItems(calling, "allowedFunctionNames", callingAt) ?? []).map((item) =>
    toText(item.value, item.at),
  );
  const mode = protoText(calling, "mode", callingAt);
  switch (mode?.toUpperCase()) {
    case undefined:
    case "MODE_UNSPECIFIED":
      return names.length > 0 ? { kind: "allowed", mode: "auto", names } : undefined;
    case "AUTO":
      return names.length > 0 ? { kind: "allowed", mode: "auto", names } : { kind: "auto" };
    case "VALIDATED":
      if (names.length > 0) return { kind: "allowed", mode: "auto", names };
      extras.push({ path: childPath(callingAt, "mode"), value: "VALIDATED", isEssential: false });
      return { kind: "auto" };
    case "ANY":
      return anyOf(names);
    case "NONE":
      return { kind: "none" };
    default:
      throw invalid(callingAt, "mode", "must be AUTO, ANY, NONE or VALIDATED");
  }
}

function anyOf(names: readonly string[]): ToolChoice {
  const [name] = names;
  if (name === undefined) return { kind: "required" };
  return names.length === 1
    ? { kind: "named", name }
    : { kind: "allowed", mode: "required", names };
}

const readConfigExtras = createProtoExtrasReader("functionCallingConfig");
const readCallingExtras = createProtoExtrasReader("mode allowedFunctionNames");

/** The tools that a writer of the family writes as they are. */
export function nativeTool(tool: ToolDefinition & { readonly kind: "native" }): JsonObject | null {
  return tool.family === "gemini" && isJsonObject(tool.value) ? tool.value : null;
}
