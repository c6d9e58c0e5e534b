import type { NativePart, ToolResultContent, ToolResultPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import {
  createExtrasReader,
  readArray,
  readObject,
  readOptionalString,
  readString,
  toObject,
  toOneOf,
} from "../fields.ts";
import type { BlockScope } from "./block-scope.ts";
import { blockType, nativeBlock } from "./block-type.ts";
import { parseDocument, parseImage, parseVideo } from "./media.ts";

export function parseToolResult(
  block: JsonObject,
  at: JsonPath,
  scope: BlockScope,
): ToolResultPart | NativePart {
  const result = readObject(block, "toolResult", at);
  const resultAt = childPath(at, "toolResult");
  // Of a tool that the provider itself ran.
  if (readOptionalString(result, "type", resultAt) !== undefined) {
    return nativeBlock("toolResult", block, at);
  }
  readResultExtras(result, resultAt, scope.extras);
  const callId = readString(result, "toolUseId", resultAt);
  const contentAt = childPath(resultAt, "content");
  return {
    kind: "tool_result",
    callId,
    name: scope.toolNames.get(callId) ?? null,
    content: readArray(result, "content", resultAt).map((value, index) =>
      parseContent(value, childPath(contentAt, index), scope),
    ),
    isError: parseStatus(result, resultAt) === "error",
    at,
  };
}

function parseStatus(result: JsonObject, at: JsonPath): "success" | "error" | undefined {
  const { status } = result;
  if (status === undefined || status === null) return undefined;
  return toOneOf(status, ["success", "error"], childPath(at, "status"));
}

const readResultExtras = createExtrasReader("toolUseId content status type");

function parseContent(value: Json, at: JsonPath, scope: BlockScope): ToolResultContent {
  const block = toObject(value, at);
  // JSON may be null, which is as good as missing elsewhere.
  if (Object.hasOwn(block, "json")) return { kind: "json", value: block["json"] ?? null, at };
  const type = blockType(block, at, scope);
  switch (type) {
    case "text":
      return { kind: "text", text: readString(block, "text", at), at };
    case "image":
      return parseImage(block, at, scope);
    case "document":
      return parseDocument(block, at, scope);
    case "video":
      return parseVideo(block, at, scope);
    default:
      return nativeBlock(type, block, at);
  }
}
