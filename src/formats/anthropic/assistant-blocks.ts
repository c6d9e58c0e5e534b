import type { AssistantPart, Signature, ToolCallPart } from "../../core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import {
  createExtrasReader,
  invalid,
  readObject,
  readOptionalString,
  readString,
  toObject,
} from "../fields.ts";
import { parseSignature } from "../signatures.ts";
import { type MessageScope, parseCache, parseSharedBlock, parseText } from "./content.ts";

/** What an assistant said, as a client replays it. `at` is the path of the array. */
export function parseAssistantBlocks(
  content: readonly Json[],
  at: JsonPath,
  scope: MessageScope,
): AssistantPart[] {
  const parts = content.map((value, index) => {
    const blockAt = childPath(at, index);
    return parseAssistantBlock(toObject(value, blockAt), blockAt, scope);
  });
  return attachSignatures(parts);
}

function parseAssistantBlock(block: JsonObject, at: JsonPath, scope: MessageScope): AssistantPart {
  const type = readString(block, "type", at);
  switch (type) {
    case "text":
      return parseText(block, at, scope);
    case "tool_use":
      return parseToolUse(block, at, scope);
    case "thinking": {
      readThinkingExtras(block, at, scope.extras);
      const signature = toSignature(readOptionalString(block, "signature", at));
      return { kind: "reasoning", text: readString(block, "thinking", at), signature, at };
    }
    case "redacted_thinking": {
      readRedactedExtras(block, at, scope.extras);
      const data = parseSignature(readString(block, "data", at), "anthropic");
      return { kind: "redacted_reasoning", data, at };
    }
    case "tool_result":
      throw invalid(at, "type", "tool_result can only be in a user message");
    default:
      return parseSharedBlock(block, at, scope);
  }
}

const readThinkingExtras = createExtrasReader("type thinking signature");
const readRedactedExtras = createExtrasReader("type data");

function parseToolUse(block: JsonObject, at: JsonPath, scope: MessageScope): ToolCallPart {
  readToolUseExtras(block, at, scope.extras);
  const { caller } = block;
  // The model itself: what is meant without it, too.
  if (isJsonObject(caller) && caller["type"] !== "direct") {
    scope.extras.push({ path: childPath(at, "caller"), value: caller, isEssential: false });
  }
  const id = readString(block, "id", at);
  const name = readString(block, "name", at);
  scope.toolNames.set(id, name);
  const input = { kind: "object", value: readObject(block, "input", at) } as const;
  return { kind: "tool_call", id, name, input, at, cache: parseCache(block, at) };
}

const readToolUseExtras = createExtrasReader("type id name input cache_control caller");

/** Another model's thinking may come without one; the block then has an empty text there. */
export function toSignature(text: string | undefined): Signature | undefined {
  return text === undefined || text === "" ? undefined : parseSignature(text, "anthropic");
}

/**
 * An empty thought with another family's signature is how our writer sends the signature of what comes after it: a call, or a
 * text.
 */
export function attachSignatures(parts: readonly AssistantPart[]): AssistantPart[] {
  const attached: AssistantPart[] = [];
  for (const part of parts) {
    const last = attached.at(-1);
    const signature = last === undefined ? undefined : carriedSignature(last);
    if (signature !== undefined && (part.kind === "tool_call" || part.kind === "text")) {
      attached[attached.length - 1] = { ...part, signature };
    } else attached.push(part);
  }
  return attached;
}

function carriedSignature(part: AssistantPart): Signature | undefined {
  if (part.kind !== "reasoning" || part.text !== "") return undefined;
  return part.signature?.family === "anthropic" ? undefined : part.signature;
}
