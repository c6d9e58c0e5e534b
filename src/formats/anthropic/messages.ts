import type { Message } from "../../core/chat-request.ts";
import type { ToolResultPart, UserPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import {
  createExtrasReader,
  invalid,
  isJsonArray,
  readArray,
  readOptionalBoolean,
  readString,
  toObject,
  toText,
} from "../fields.ts";
import { parseAssistantBlocks } from "./assistant-blocks.ts";
import {
  type MessageScope,
  parseCache,
  parseResultContent,
  parseSharedBlock,
  parseTextContent,
} from "./content.ts";

/** `system`, which is the first message, and `messages`. */
export function parseMessages(body: JsonObject, scope: MessageScope): Message[] {
  const messages: Message[] = [];
  const system = body["system"];
  if (system !== undefined && system !== null) {
    const at = childPath(ROOT, "system");
    const parts = parseTextContent(system, at, scope);
    messages.push({ kind: "system", role: "system", at, parts });
  }
  const messagesAt = childPath(ROOT, "messages");
  for (const [index, value] of readArray(body, "messages", ROOT).entries()) {
    addMessage(messages, value, { at: childPath(messagesAt, index), scope });
  }
  return messages;
}

interface Place {
  readonly at: JsonPath;
  readonly scope: MessageScope;
}

function addMessage(messages: Message[], value: Json, { at, scope }: Place): void {
  const message = toObject(value, at);
  const role = readString(message, "role", at);
  readMessageExtras(message, at, scope.extras);
  const { content } = message;
  const contentAt = childPath(at, "content");
  switch (role) {
    case "user":
      addUserMessages(messages, content, { at, scope });
      return;
    case "assistant": {
      const parts = isJsonArray(content)
        ? parseAssistantBlocks(content, contentAt, scope)
        : [{ kind: "text", text: toText(content, contentAt), at: contentAt } as const];
      messages.push({ kind: "assistant", at, parts });
      return;
    }
    case "system": {
      const parts = parseTextContent(content, contentAt, scope);
      messages.push({ kind: "system", role, at, parts });
      return;
    }
    default:
      throw invalid(at, "role", "must be user, assistant or system");
  }
}

const readMessageExtras = createExtrasReader("role content");

/** Results of tools are messages of their own in the hub, and the writer joins them again. */
function addUserMessages(
  messages: Message[],
  content: Json | undefined,
  { at, scope }: Place,
): void {
  const contentAt = childPath(at, "content");
  if (!isJsonArray(content)) {
    const text = toText(content, contentAt);
    messages.push({ kind: "user", at, parts: [{ kind: "text", text, at: contentAt }] });
    return;
  }
  const results: ToolResultPart[] = [];
  const parts: UserPart[] = [];
  for (const [index, value] of content.entries()) {
    const blockAt = childPath(contentAt, index);
    const block = toObject(value, blockAt);
    const { type } = block;
    if (type === "tool_result") results.push(parseToolResult(block, blockAt, scope));
    else if (typeof type === "string" && ASSISTANT_BLOCKS.has(type)) {
      throw invalid(blockAt, "type", `${type} can only be in an assistant message`);
    } else parts.push(parseSharedBlock(block, blockAt, scope));
  }
  if (results.length > 0) messages.push({ kind: "tool", at, parts: results });
  if (parts.length > 0) messages.push({ kind: "user", at, parts });
}

const ASSISTANT_BLOCKS: ReadonlySet<string> = new Set([
  "tool_use",
  "thinking",
  "redacted_thinking",
]);

function parseToolResult(block: JsonObject, at: JsonPath, scope: MessageScope): ToolResultPart {
  readResultExtras(block, at, scope.extras);
  const callId = readString(block, "tool_use_id", at);
  return {
    kind: "tool_result",
    callId,
    name: scope.toolNames.get(callId) ?? null,
    content: parseResultContent(block["content"], childPath(at, "content"), scope),
    isError: readOptionalBoolean(block, "is_error", at) ?? false,
    cache: parseCache(block, at),
    at,
  };
}

const readResultExtras = createExtrasReader("type tool_use_id content is_error cache_control");
