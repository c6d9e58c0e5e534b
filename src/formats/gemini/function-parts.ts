import type {
  JsonPart,
  NativePart,
  TextPart,
  ToolCallPart,
  ToolResultContent,
  ToolResultPart,
} from "../../core/content.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { readObject, readString, toObject } from "../fields.ts";
import type { PartScope } from "./chat-parts.ts";
import { parseInlineData } from "./media.ts";
import {
  createProtoExtrasReader,
  type ProtoItem,
  protoItems,
  protoObject,
  protoText,
  spelled,
} from "./proto-fields.ts";
import { parseThoughtSignature } from "./thought-signature.ts";

export function parseFunctionCall(part: JsonObject, at: JsonPath, scope: PartScope): ToolCallPart {
  const key = spelled(part, "functionCall");
  const call = readObject(part, key, at);
  const callAt = childPath(at, key);
  readCallExtras(call, callAt, scope.extras);
  const name = readString(call, "name", callAt);
  return {
    kind: "tool_call",
    id: scope.calls.call(name, idOf(call, callAt)),
    name,
    input: { kind: "object", value: protoObject(call, "args", callAt) ?? {} },
    signature: parseThoughtSignature(part),
    at,
  };
}

const readCallExtras = createProtoExtrasReader("id name args");

export function parseFunctionResponse(
  part: JsonObject,
  at: JsonPath,
  scope: PartScope,
): ToolResultPart {
  const key = spelled(part, "functionResponse");
  const result = readObject(part, key, at);
  const resultAt = childPath(at, key);
  readResultExtras(result, resultAt, scope.extras);
  const name = readString(result, "name", resultAt);
  const response = protoObject(result, "response", resultAt) ?? {};
  const media = protoItems(result, "parts", resultAt) ?? [];
  const said = parseResponse(response, childPath(resultAt, "response"), media.length > 0);
  return {
    kind: "tool_result",
    callId: scope.calls.result(name, idOf(result, resultAt)),
    name,
    content: [...said, ...media.map((item) => parseResultPart(item, scope))],
    isError: hasError(response),
    at,
  };
}

const readResultExtras = createProtoExtrasReader("id name response parts");

/** Clients that know of no id send an empty one. */
function idOf(object: JsonObject, at: JsonPath): string | undefined {
  const id = protoText(object, "id", at);
  return id === "" ? undefined : id;
}

/**
 * A text that stands alone under `result` or `error`, as Google's SDKs and our writer wrap it, is that text; anything else is
 * JSON.
 */
function parseResponse(
  response: JsonObject,
  at: JsonPath,
  hasMedia: boolean,
): (TextPart | JsonPart)[] {
  const keys = Object.keys(response);
  const [key] = keys;
  if (key === undefined && hasMedia) return [];
  if (keys.length === 1 && (key === "result" || key === "error")) {
    const text = response[key];
    if (typeof text === "string") return [{ kind: "text", text, at: childPath(at, key) }];
  }
  return [{ kind: "json", value: response, at }];
}

/** https://ai.google.dev/api/caching#FunctionResponse: a function that failed has the key `error`. */
export function hasError(response: JsonObject): boolean {
  const { error } = response;
  return error !== undefined && error !== null && error !== false && error !== "";
}

function parseResultPart({ value, at }: ProtoItem, { extras }: PartScope): ToolResultContent {
  const part = toObject(value, at);
  const key = spelled(part, "inlineData");
  if (!isJsonObject(part[key])) return nativePart(part, Object.keys(part)[0] ?? "part", at);
  readMediaExtras(part, at, extras);
  return parseInlineData(part, key, { at, extras });
}

const readMediaExtras = createProtoExtrasReader("inlineData");

export function nativePart(part: JsonObject, type: string, at: JsonPath): NativePart {
  return { kind: "native", family: "gemini", type, value: part, at };
}
