import type { Extra } from "../../core/chat-request.ts";
import type { CacheControl, TextPart, ToolResultContent, UserPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import {
  createExtrasReader,
  invalid,
  isJsonArray,
  readOptionalObject,
  readString,
  toObject,
  toOneOf,
  toText,
} from "../fields.ts";
import { parseDocument, parseImage } from "./media.ts";

/** What is gathered, and known of earlier messages, while a conversation is read. */
export interface MessageScope {
  readonly extras: Extra[];
  /** Call id → tool name. */
  readonly toolNames: Map<string, string>;
}

/** `at` is the path of the content itself: a string or an array of blocks. */
export function parseTextContent(
  content: Json | undefined,
  at: JsonPath,
  scope: MessageScope,
): TextPart[] {
  if (!isJsonArray(content)) return [{ kind: "text", text: toText(content, at), at }];
  return content.map((value, index) => {
    const blockAt = childPath(at, index);
    const block = toObject(value, blockAt);
    if (block["type"] !== "text") throw invalid(blockAt, "type", "must be text in a system text");
    return parseText(block, blockAt, scope);
  });
}

export function parseText(block: JsonObject, at: JsonPath, scope: MessageScope): TextPart {
  readTextExtras(block, at, scope.extras);
  const { citations } = block;
  if (isJsonArray(citations) && citations.length > 0) {
    scope.extras.push({ path: childPath(at, "citations"), value: citations, isEssential: false });
  }
  return { kind: "text", text: readString(block, "text", at), at, cache: parseCache(block, at) };
}

const readTextExtras = createExtrasReader("type text cache_control citations");

/** A block that may stand in a user's turn as well as in a tool's result. */
export function parseSharedBlock(block: JsonObject, at: JsonPath, scope: MessageScope): UserPart {
  const type = readString(block, "type", at);
  switch (type) {
    case "text":
      return parseText(block, at, scope);
    case "image":
      return { ...parseImage(block, at, scope), cache: parseCache(block, at) };
    case "document":
      return { ...parseDocument(block, at, scope), cache: parseCache(block, at) };
    default:
      return { kind: "native", family: "anthropic", type, value: block, at };
  }
}

/** The content of a `tool_result`. */
export function parseResultContent(
  content: Json | undefined,
  at: JsonPath,
  scope: MessageScope,
): ToolResultContent[] {
  if (content === undefined || content === null) return [];
  if (!isJsonArray(content)) return [{ kind: "text", text: toText(content, at), at }];
  return content.map((value, index) => {
    const blockAt = childPath(at, index);
    return parseSharedBlock(toObject(value, blockAt), blockAt, scope);
  });
}

export function parseCache(holder: JsonObject, at: JsonPath): CacheControl | undefined {
  const cache = readOptionalObject(holder, "cache_control", at);
  if (cache === undefined) return undefined;
  const { ttl } = cache;
  if (ttl === undefined || ttl === null) return { ttl: null };
  return { ttl: toOneOf(ttl, ["5m", "1h"], childPath(childPath(at, "cache_control"), "ttl")) };
}
