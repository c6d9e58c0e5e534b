import type { DocumentPart, ImagePart, UserPart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { toObject } from "../fields.ts";
import { apiOf } from "./api-origin.ts";
import { dataUrl, documentName, documentText, warnOfDocument, writeAudio } from "./media-writer.ts";

export interface WriteScope {
  readonly context: WriteContext;
  /** The request was OpenAI's own: what only its hosts know may go back to them. */
  readonly isOwn: boolean;
}

/** One plain text is written as such: every host takes that. */
export function writeContent(parts: readonly UserPart[], scope: WriteScope): string | JsonObject[] {
  const [first] = parts;
  if (first === undefined) return "";
  if (parts.length === 1 && first.kind === "text" && !isMarked(first, scope)) return first.text;
  return parts.map((part) => writePart(part, scope));
}

function writePart(part: UserPart, scope: WriteScope): JsonObject {
  const mark = breakpoint(part, scope);
  switch (part.kind) {
    case "text":
      return { type: "text", text: part.text, ...mark };
    case "image":
      return { ...writeImage(part, scope), ...mark };
    case "document":
      return { ...writeDocument(part, scope.context), ...mark };
    case "audio":
      return { type: "input_audio", input_audio: writeAudio(part, scope.context), ...mark };
    case "video":
      throw scope.context.untranslatable(part.at, "OpenAI takes no videos");
    case "native":
      if (part.family === "openai" && apiOf(part.at) === "chat") {
        return toObject(part.value, part.at);
      }
      throw scope.context.untranslatable(part.at, `Chat Completions has no part "${part.type}"`);
  }
}

/**
 * OpenAI caches prompts by itself, and only its newest models take marks: another family's are left out, which changes
 * nothing that is answered.
 */
export function breakpoint(part: UserPart, scope: WriteScope): JsonObject {
  const { cache } = part;
  if (!scope.isOwn || cache === undefined) return NO_MARK;
  if (cache.ttl === null) return { prompt_cache_breakpoint: { mode: "explicit" } };
  // Only Anthropic's mark, which compatible hosts take, says for how long.
  return { cache_control: { type: "ephemeral", ttl: cache.ttl } };
}

const NO_MARK: JsonObject = {};

function isMarked(part: UserPart, scope: WriteScope): boolean {
  return scope.isOwn && part.cache !== undefined;
}

function writeImage(part: ImagePart, scope: WriteScope): JsonObject {
  return {
    type: "image_url",
    image_url: { url: imageUrl(part, scope.context), detail: writeDetail(part, scope) },
  };
}

export function imageUrl(part: ImagePart, context: WriteContext): string {
  const { source } = part;
  if (source.kind === "base64") return dataUrl(source);
  if (source.kind === "url") return source.url;
  throw context.untranslatable(part.at, "OpenAI takes images as URL or base64 here");
}

function writeDetail(part: ImagePart, scope: WriteScope): string | undefined {
  if (part.detail !== "original" || scope.isOwn) return part.detail;
  scope.context.warn(
    childPath(part.at, "detail"),
    'Chat Completions has no detail "original", so it is "high"',
  );
  return "high";
}

function writeDocument(part: DocumentPart, context: WriteContext): JsonObject {
  const { source } = part;
  warnOfDocument(part, context);
  switch (source.kind) {
    case "text":
      return { type: "text", text: documentText(part, source.text) };
    case "base64": {
      const filename = documentName(part, source.mediaType);
      return { type: "file", file: { filename, file_data: dataUrl(source) } };
    }
    case "file":
      if (source.family === "openai") return { type: "file", file: { file_id: source.id } };
      throw context.untranslatable(part.at, "the file is stored at another provider");
    case "url":
    case "s3":
      throw context.untranslatable(part.at, "Chat Completions takes files as base64 or by id only");
  }
}
