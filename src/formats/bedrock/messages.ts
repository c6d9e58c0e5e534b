import type { Message, SystemMessage } from "../../core/chat-request.ts";
import type { AssistantPart, TextPart, ToolResultPart, UserPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import {
  invalid,
  readArray,
  readObject,
  readOptionalArray,
  readString,
  toObject,
  toOneOf,
} from "../fields.ts";
import type { BlockScope } from "./block-scope.ts";
import { blockType, nativeBlock } from "./block-type.ts";
import { markLast, parseBlocks, parseCachePoint } from "./blocks.ts";

/** `system` and `messages`, in the order of the conversation. */
export function parseMessages(body: JsonObject, scope: BlockScope): Message[] {
  const messages: Message[] = [];
  const system = parseSystem(body, scope);
  if (system !== null) messages.push(system);
  const at = childPath(ROOT, "messages");
  for (const [index, value] of readArray(body, "messages", ROOT).entries()) {
    addMessage(messages, { value, at: childPath(at, index), scope });
  }
  return messages;
}

function parseSystem(body: JsonObject, scope: BlockScope): SystemMessage | null {
  const blocks = readOptionalArray(body, "system", ROOT);
  if (blocks === undefined || blocks.length === 0) return null;
  const at = childPath(ROOT, "system");
  return { kind: "system", role: "system", at, parts: parseSystemBlocks(blocks, at, scope) };
}

/**
 * Text and where to cache. What else there may be (guarded text, tools that come or go) has no place in the hub, and leaving it
 * out would change the answer.
 */
function parseSystemBlocks(blocks: readonly Json[], at: JsonPath, scope: BlockScope): TextPart[] {
  const parts: TextPart[] = [];
  for (const [index, value] of blocks.entries()) {
    const blockAt = childPath(at, index);
    const block = toObject(value, blockAt);
    const type = blockType(block, blockAt, scope);
    if (type === "text") {
      parts.push({ kind: "text", text: readString(block, "text", blockAt), at: blockAt });
    } else if (type === "cachePoint") {
      markLast(parts, parseCachePoint(block, blockAt, scope));
    } else {
      const text = type === "guardContent" ? parseGuarded(block, blockAt) : null;
      if (text !== null) parts.push(text);
      // At the same place as the text, so that the writer of this family finds it again.
      scope.extras.push({ path: text?.at ?? blockAt, value: block, isEssential: true });
    }
  }
  return parts;
}

function parseGuarded(block: JsonObject, at: JsonPath): TextPart | null {
  const guardedAt = childPath(at, "guardContent");
  const text = readObject(block, "guardContent", at)["text"];
  if (text === undefined || text === null) return null;
  const textAt = childPath(guardedAt, "text");
  return { kind: "text", text: readString(toObject(text, textAt), "text", textAt), at: guardedAt };
}

interface MessageReading {
  readonly value: Json;
  readonly at: JsonPath;
  readonly scope: BlockScope;
}

function addMessage(messages: Message[], { value, at, scope }: MessageReading): void {
  const message = toObject(value, at);
  const role = toOneOf(message["role"], ["user", "assistant", "system"], childPath(at, "role"));
  const content = readArray(message, "content", at);
  const contentAt = childPath(at, "content");
  for (const key in message) {
    const extra = message[key];
    if (key === "role" || key === "content" || extra === undefined || extra === null) continue;
    scope.extras.push({ path: childPath(at, key), value: extra, isEssential: false });
  }
  switch (role) {
    case "system": {
      const parts = parseSystemBlocks(content, contentAt, scope);
      messages.push({ kind: "system", role, at, parts });
      return;
    }
    case "assistant":
      messages.push({ kind: "assistant", at, parts: parseAssistant(content, contentAt, scope) });
      return;
    case "user":
      addUser(messages, at, parseBlocks(content, contentAt, scope));
  }
}

/** Results of tools that the provider ran itself stand with the assistant. */
export function parseAssistant(
  content: readonly Json[],
  at: JsonPath,
  scope: BlockScope,
): AssistantPart[] {
  return parseBlocks(content, at, scope).map((part) => {
    if (part.kind !== "tool_result") return part;
    const block = content[Number(part.at.key)];
    return nativeBlock("toolResult", toObject(block, part.at), part.at);
  });
}

/** Results go into a message of their own, before the rest. */
function addUser(messages: Message[], at: JsonPath, parts: ReturnType<typeof parseBlocks>): void {
  const results: ToolResultPart[] = [];
  const said: UserPart[] = [];
  for (const part of parts) {
    switch (part.kind) {
      case "tool_result":
        results.push(part);
        break;
      case "tool_call":
      case "reasoning":
      case "redacted_reasoning":
      case "refusal":
        throw invalid(part.at, KEYS[part.kind], "only stands in a message of the assistant's");
      case "text":
      case "image":
      case "document":
      case "audio":
      case "video":
      case "native":
        said.push(part);
    }
  }
  if (results.length > 0) messages.push({ kind: "tool", at, parts: results });
  if (said.length > 0 || results.length === 0) messages.push({ kind: "user", at, parts: said });
}

const KEYS = {
  tool_call: "toolUse",
  reasoning: "reasoningContent",
  redacted_reasoning: "reasoningContent",
  refusal: "text",
} as const;
