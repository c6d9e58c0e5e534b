import type {
  AssistantPart,
  CacheControl,
  NativePart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "../../core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import {
  createExtrasReader,
  isJsonArray,
  readObject,
  readOptionalString,
  readString,
  toObject,
  toOneOf,
} from "../fields.ts";
import { printJson } from "../line-fields.ts";
import type { BlockScope } from "./block-scope.ts";
import { blockType, nativeBlock } from "./block-type.ts";
import { parseAudio, parseDocument, parseImage, parseVideo } from "./media.ts";
import { parseReasoning } from "./reasoning.ts";
import { parseToolResult } from "./tool-results.ts";

/** What a message may hold, whoever speaks. */
export type BlockPart = AssistantPart | ToolResultPart;

/** The blocks of a message: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html */
export function parseBlocks(
  content: readonly Json[],
  at: JsonPath,
  scope: BlockScope,
): BlockPart[] {
  const parts: BlockPart[] = [];
  for (const [index, value] of content.entries()) {
    const blockAt = childPath(at, index);
    const block = toObject(value, blockAt);
    const type = blockType(block, blockAt, scope);
    if (type === "cachePoint") markLast(parts, parseCachePoint(block, blockAt, scope));
    else addBlock(parts, type, { block, at: blockAt, scope });
  }
  return parts;
}

/** The mark stands behind what is to be cached. At the very beginning it marks nothing. */
export function markLast(
  parts: { readonly cache?: CacheControl | undefined }[],
  cache: CacheControl,
): void {
  const last = parts.at(-1);
  if (last !== undefined) parts[parts.length - 1] = { ...last, cache };
}

export function parseCachePoint(block: JsonObject, at: JsonPath, scope: BlockScope): CacheControl {
  const point = readObject(block, "cachePoint", at);
  const pointAt = childPath(at, "cachePoint");
  readCacheExtras(point, pointAt, scope.extras);
  const { ttl } = point;
  if (ttl === undefined || ttl === null) return { ttl: null };
  return { ttl: toOneOf(ttl, ["5m", "1h"], childPath(pointAt, "ttl")) };
}

const readCacheExtras = createExtrasReader("type ttl");

interface BlockReading {
  readonly block: JsonObject;
  readonly at: JsonPath;
  readonly scope: BlockScope;
}

function addBlock(parts: BlockPart[], type: string, { block, at, scope }: BlockReading): void {
  switch (type) {
    case "text":
      parts.push({ kind: "text", text: readString(block, "text", at), at });
      return;
    case "image":
      parts.push(parseImage(block, at, scope));
      return;
    case "document":
      parts.push(parseDocument(block, at, scope));
      return;
    case "video":
      parts.push(parseVideo(block, at, scope));
      return;
    case "audio":
      parts.push(parseAudio(block, at, scope));
      return;
    case "toolUse":
      parts.push(parseToolUse(block, at, scope));
      return;
    case "toolResult":
      parts.push(parseToolResult(block, at, scope));
      return;
    case "reasoningContent":
      parts.push(parseReasoning(block, at, scope));
      return;
    case "citationsContent":
      addCited(parts, { block, at, scope });
      return;
    default:
      parts.push(nativeBlock(type, block, at));
  }
}

function parseToolUse(
  block: JsonObject,
  at: JsonPath,
  scope: BlockScope,
): ToolCallPart | NativePart {
  const call = readObject(block, "toolUse", at);
  const callAt = childPath(at, "toolUse");
  // A tool that the provider itself runs.
  if (readOptionalString(call, "type", callAt) !== undefined)
    return nativeBlock("toolUse", block, at);
  readToolUseExtras(call, callAt, scope.extras);
  const id = readString(call, "toolUseId", callAt);
  const name = readString(call, "name", callAt);
  scope.toolNames.set(id, name);
  const input = call["input"] ?? {};
  return {
    kind: "tool_call",
    id,
    name,
    input: isJsonObject(input)
      ? { kind: "object", value: input }
      : { kind: "json_text", text: printJson(input) },
    at,
  };
}

const readToolUseExtras = createExtrasReader("toolUseId name input type");

/** The text as everybody understands it. Who is cited goes behind it in an answer, and is left out of a request. */
function addCited(parts: BlockPart[], { block, at, scope }: BlockReading): void {
  const cited = readObject(block, "citationsContent", at);
  const citedAt = childPath(at, "citationsContent");
  readCitedExtras(cited, citedAt, scope.extras);
  const part: TextPart = { kind: "text", text: citedText(cited, citedAt), at };
  parts.push(part);
  const { citations } = cited;
  if (!isJsonArray(citations) || citations.length === 0) return;
  const citationsAt = childPath(citedAt, "citations");
  if (scope.isAnswer) {
    parts.push({
      kind: "native",
      family: "bedrock",
      type: "citations",
      value: citations,
      at: citationsAt,
    });
  } else scope.extras.push({ path: citationsAt, value: citations, isEssential: false });
}

const readCitedExtras = createExtrasReader("content citations");

function citedText(cited: JsonObject, at: JsonPath): string {
  const { content } = cited;
  if (!isJsonArray(content)) return "";
  const contentAt = childPath(at, "content");
  let text = "";
  for (const [index, value] of content.entries()) {
    const itemAt = childPath(contentAt, index);
    text += readOptionalString(toObject(value, itemAt), "text", itemAt) ?? "";
  }
  return text;
}
