import type { Signature, ToolCallPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import {
  createExtrasReader,
  readObject,
  readOptionalArray,
  readOptionalObject,
  readOptionalString,
  readString,
  toObject,
} from "../fields.ts";
import { parseSignature } from "../signatures.ts";
import type { MessageScope } from "./chat-parts.ts";

/** An assistant message's `tool_calls`, and the `function_call` that they replaced. */
export function parseToolCalls(
  message: JsonObject,
  at: JsonPath,
  scope: MessageScope,
): ToolCallPart[] {
  const calls = readOptionalArray(message, "tool_calls", at) ?? [];
  const callsAt = childPath(at, "tool_calls");
  const parts = calls.map((call, index) => parseToolCall(call, childPath(callsAt, index), scope));
  const functionCall = readOptionalObject(message, "function_call", at);
  if (functionCall !== undefined) {
    parts.push(parseFunctionCall(functionCall, childPath(at, "function_call"), scope));
  }
  return parts;
}

function parseToolCall(value: Json, at: JsonPath, scope: MessageScope): ToolCallPart {
  const call = toObject(value, at);
  readCallExtras(call, at, scope.extras);
  const id = readString(call, "id", at);
  const key = call["type"] === "custom" ? "custom" : "function";
  const detail = readObject(call, key, at);
  const detailAt = childPath(at, key);
  const name = readString(detail, "name", detailAt);
  scope.toolNames.set(id, name);
  return {
    kind: "tool_call",
    id,
    name,
    input:
      key === "custom"
        ? { kind: "free_text", text: readString(detail, "input", detailAt) }
        : { kind: "json_text", text: readString(detail, "arguments", detailAt) },
    signature: parseThoughtSignature(call, at),
    at,
  };
}

const readCallExtras = createExtrasReader("id type index function custom extra_content");

/** Calls of before tools have no id: each gets one, and results find it by the function's name. */
function parseFunctionCall(call: JsonObject, at: JsonPath, scope: MessageScope): ToolCallPart {
  const name = readString(call, "name", at);
  const id = `call_${scope.toolNames.size}`;
  scope.toolNames.set(id, name);
  scope.functionCallIds.set(name, id);
  const text = readString(call, "arguments", at);
  return { kind: "tool_call", id, name, input: { kind: "json_text", text }, at };
}

/** Where Google's own OpenAI-compatible endpoint carries it. */
function parseThoughtSignature(call: JsonObject, at: JsonPath): Signature | undefined {
  const extra = readOptionalObject(call, "extra_content", at);
  if (extra === undefined) return undefined;
  const extraAt = childPath(at, "extra_content");
  const google = readOptionalObject(extra, "google", extraAt);
  if (google === undefined) return undefined;
  const text = readOptionalString(google, "thought_signature", childPath(extraAt, "google"));
  return text === undefined ? undefined : parseSignature(text, "gemini");
}
