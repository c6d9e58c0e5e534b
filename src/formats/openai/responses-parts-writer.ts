import type { DocumentPart, ImagePart, UserPart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { toObject } from "../fields.ts";
import { apiOf } from "./api-origin.ts";
import { breakpoint, imageUrl, type WriteScope } from "./chat-content-writer.ts";
import { dataUrl, documentName, documentText, warnOfDocument } from "./media-writer.ts";

/** One plain text is written as such. */
export function writeInputContent(
  parts: readonly UserPart[],
  scope: WriteScope,
): string | JsonObject[] {
  const [first] = parts;
  if (first === undefined) return "";
  const isMarked = scope.isOwn && first.cache !== undefined;
  if (parts.length === 1 && first.kind === "text" && !isMarked) return first.text;
  return parts.map((part) => writeInputPart(part, scope));
}

function writeInputPart(part: UserPart, scope: WriteScope): JsonObject {
  const mark = breakpoint(part, scope);
  switch (part.kind) {
    case "text":
      return { type: "input_text", text: part.text, ...mark };
    case "image":
      return { ...writeImage(part, scope.context), ...mark };
    case "document":
      return { ...writeDocument(part, scope.context), ...mark };
    case "audio":
      throw scope.context.untranslatable(part.at, "the Responses API takes no audio");
    case "video":
      throw scope.context.untranslatable(part.at, "OpenAI takes no videos");
    case "native":
      if (part.family === "openai" && apiOf(part.at) === "responses") {
        return toObject(part.value, part.at);
      }
      throw scope.context.untranslatable(part.at, `the Responses API has no part "${part.type}"`);
  }
}

function writeImage(part: ImagePart, context: WriteContext): JsonObject {
  const { source } = part;
  const detail = part.detail ?? "auto";
  if (source.kind === "file" && source.family === "openai") {
    return { type: "input_image", file_id: source.id, detail };
  }
  return { type: "input_image", image_url: imageUrl(part, context), detail };
}

function writeDocument(part: DocumentPart, context: WriteContext): JsonObject {
  const { source } = part;
  warnOfDocument(part, context);
  switch (source.kind) {
    case "text":
      return { type: "input_text", text: documentText(part, source.text) };
    case "base64": {
      const filename = documentName(part, source.mediaType);
      return { type: "input_file", filename, file_data: dataUrl(source) };
    }
    case "url":
      return { type: "input_file", file_url: source.url };
    case "file":
      if (source.family === "openai") return { type: "input_file", file_id: source.id };
      throw context.untranslatable(part.at, "the file is stored at another provider");
    case "s3":
      throw context.untranslatable(part.at, "OpenAI reads no files from S3");
  }
}
