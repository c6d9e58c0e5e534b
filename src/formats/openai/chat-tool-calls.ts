import type { NativePart, ToolCallPart, ToolInput } from "../../core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
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
import type { MessageScope } from "./chat-parts.ts";
import { parseGoogleSignature } from "./google-signature.ts";

/** An assistant message's `tool_calls`, and the `function_call` that they replaced. */
export function parseToolCalls(
  message: JsonObject,
  at: JsonPath,
  scope: MessageScope,
): (ToolCallPart | NativePart)[] {
  const calls = readOptionalArray(message, "tool_calls", at) ?? [];
  const callsAt = childPath(at, "tool_calls");
  const parts = calls.map((call, index) => parseToolCall(call, childPath(callsAt, index), scope));
  const functionCall = readOptionalObject(message, "function_call", at);
  if (functionCall !== undefined) {
    parts.push(parseFunctionCall(functionCall, childPath(at, "function_call"), scope));
  }
  return parts;
}

function parseToolCall(value: Json, at: JsonPath, scope: MessageScope): ToolCallPart | NativePart {
  const call = toObject(value, at);
  const { type } = call;
  if (
    typeof type === "string" &&
    type !== "function" &&
    type !== "custom" &&
    !("function" in call)
  ) {
    return { kind: "native", family: "openai", type, value: call, at };
  }
  readCallExtras(call, at, scope.extras);
  // OpenAI always gives an id; some compatible hosts leave it out.
  const id = readOptionalString(call, "id", at) ?? `call_${scope.toolNames.size}`;
  const key = type === "custom" ? "custom" : "function";
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
        : parseArguments(detail, detailAt),
    signature: parseGoogleSignature(call),
    at,
  };
}

const readCallExtras = createExtrasReader("id type index function custom extra_content");

/** Text by the rules; some compatible hosts give the object itself. */
function parseArguments(holder: JsonObject, at: JsonPath): ToolInput {
  const value = holder["arguments"];
  if (isJsonObject(value)) return { kind: "object", value };
  return { kind: "json_text", text: readString(holder, "arguments", at) };
}

/** Calls of before tools have no id: each gets one, and results find it by the function's name. */
function parseFunctionCall(call: JsonObject, at: JsonPath, scope: MessageScope): ToolCallPart {
  const name = readString(call, "name", at);
  const id = `call_${scope.toolNames.size}`;
  scope.toolNames.set(id, name);
  scope.functionCallIds.set(name, id);
  return { kind: "tool_call", id, name, input: parseArguments(call, at), at };
}
