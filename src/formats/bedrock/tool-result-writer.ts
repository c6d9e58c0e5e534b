import type { ToolResultContent, ToolResultPart } from "../../core/content.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { childPath } from "../../core/json-path.ts";
import { toObject } from "../fields.ts";
import { printJson } from "../line-fields.ts";
import { writeDocument, writeMedia } from "./media-writer.ts";
import { writeToolId } from "./tool-ids.ts";
import type { WriteScope } from "./write-scope.ts";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html */
export function writeToolResult(part: ToolResultPart, scope: WriteScope): JsonObject {
  const content: JsonObject[] = [];
  for (const item of part.content) {
    // Bedrock refuses empty texts.
    if (item.kind !== "text" || item.text !== "") content.push(writeContent(item, scope));
  }
  return {
    toolResult: {
      toolUseId: writeToolId(part.callId, scope.model),
      content,
      status: writeStatus(part, scope),
    },
  };
}

/** Only Nova and Claude are told that a tool failed; success needs no word. */
function writeStatus(part: ToolResultPart, scope: WriteScope): "error" | undefined {
  if (!part.isError) return undefined;
  const { family } = scope.model;
  if (scope.isOwn || family === "claude" || family === "nova") return "error";
  scope.context.warn(
    childPath(part.at, "is_error"),
    "the model's results of tools don't say that they failed",
  );
  return undefined;
}

function writeContent(item: ToolResultContent, scope: WriteScope): JsonObject {
  const { context } = scope;
  switch (item.kind) {
    case "text":
      return { text: item.text };
    case "json":
      // Anything but an object is refused.
      return isJsonObject(item.value) ? { json: item.value } : { text: printJson(item.value) };
    case "image":
    case "video":
      return writeMedia(item, context);
    case "document":
      if (scope.body === "converse") return writeDocument(item, scope);
      break;
    case "native":
      if (item.family === "bedrock" && scope.body === "converse") {
        return toObject(item.value, item.at);
      }
      break;
    case "audio":
      break;
  }
  throw context.untranslatable(item.at, `Bedrock's results of tools hold no ${item.kind}`);
}
