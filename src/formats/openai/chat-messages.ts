import type { AssistantMessage, Extra, Message, ToolMessage } from "../../core/chat-request.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import {
  createExtrasReader,
  invalid,
  readArray,
  readOptionalString,
  readString,
  toObject,
} from "../fields.ts";
import { parseAssistantParts } from "./chat-assistant.ts";
import { type MessageScope, parseContent, parseTextContent } from "./chat-parts.ts";

export function parseMessages(body: JsonObject, extras: Extra[]): Message[] {
  const scope: MessageScope = { extras, toolNames: new Map(), functionCallIds: new Map() };
  const at = childPath(ROOT, "messages");
  return readArray(body, "messages", ROOT).map((value, index) =>
    parseMessage(value, childPath(at, index), scope),
  );
}

function parseMessage(value: Json, at: JsonPath, scope: MessageScope): Message {
  const message = toObject(value, at);
  const role = readString(message, "role", at);
  (role === "assistant" ? readAssistantExtras : readMessageExtras)(message, at, scope.extras);
  switch (role) {
    case "system":
    case "developer": {
      const parts = parseTextContent(message["content"], childPath(at, "content"), scope);
      return { kind: "system", role, at, name: readOptionalString(message, "name", at), parts };
    }
    case "user": {
      const parts = parseContent(message["content"], childPath(at, "content"), scope);
      return { kind: "user", at, name: readOptionalString(message, "name", at), parts };
    }
    case "assistant":
      return parseAssistant(message, at, scope);
    case "tool":
      return parseToolResult(message, at, scope);
    case "function":
      return parseFunctionResult(message, at, scope);
    default:
      throw invalid(at, "role", "must be system, developer, user, assistant or tool");
  }
}

const readMessageExtras = createExtrasReader("role content name tool_call_id");
const readAssistantExtras = createExtrasReader(`
  role content name refusal tool_calls function_call audio annotations
  images reasoning_content reasoning thinking_blocks extra_content
`);

function parseAssistant(message: JsonObject, at: JsonPath, scope: MessageScope): AssistantMessage {
  const parts = parseAssistantParts(message, at, scope);
  return { kind: "assistant", at, name: readOptionalString(message, "name", at), parts };
}

function parseToolResult(message: JsonObject, at: JsonPath, scope: MessageScope): ToolMessage {
  const callId = readString(message, "tool_call_id", at);
  const name = scope.toolNames.get(callId) ?? readOptionalString(message, "name", at) ?? null;
  const content = parseContent(message["content"], childPath(at, "content"), scope);
  const parts = [{ kind: "tool_result", callId, name, content, isError: false, at } as const];
  return { kind: "tool", at, parts };
}

/** The role of before tools: the result of the last call of a function, found by its name. */
function parseFunctionResult(message: JsonObject, at: JsonPath, scope: MessageScope): ToolMessage {
  const name = readString(message, "name", at);
  const callId = scope.functionCallIds.get(name);
  if (callId === undefined) throw invalid(at, "name", `no earlier function_call of "${name}"`);
  const content = parseContent(message["content"] ?? "", childPath(at, "content"), scope);
  const parts = [{ kind: "tool_result", callId, name, content, isError: false, at } as const];
  return { kind: "tool", at, parts };
}
