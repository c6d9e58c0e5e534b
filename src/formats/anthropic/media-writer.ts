import type { DocumentPart, ImagePart, MediaSource } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath } from "../../core/json-path.ts";
import type { WriteScope } from "./write-scope.ts";

export function writeImage(part: ImagePart, scope: WriteScope): JsonObject {
  const { source, detail } = part;
  if (detail !== undefined && detail !== "auto") {
    scope.context.warn(childPath(part.at, "detail"), "Anthropic looks at every image as closely");
  }
  if (source.kind !== "base64") {
    return { type: "image", source: writeStored(part, source, scope) };
  }
  return { type: "image", source: writeImageBytes(part, source, scope) };
}

function writeImageBytes(
  part: ImagePart | DocumentPart,
  source: Base64,
  scope: WriteScope,
): JsonObject {
  const { mediaType, data } = source;
  if (IMAGE_TYPES.has(mediaType)) return { type: "base64", media_type: mediaType, data };
  throw scope.context.untranslatable(
    part.at,
    `Anthropic takes images as jpeg, png, gif or webp, not as ${mediaType.slice(0, 80)}`,
  );
}

type Base64 = MediaSource & { readonly kind: "base64" };

const IMAGE_TYPES: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
]);

/** A picture that came as a file is an image all the same. */
export function writeDocument(part: DocumentPart, scope: WriteScope): JsonObject {
  const { source } = part;
  if (source.kind === "base64" && source.mediaType.startsWith("image/")) {
    return { type: "image", source: writeImageBytes(part, source, scope) };
  }
  return {
    type: "document",
    source: writeDocumentSource(part, scope),
    title: writeTitle(part, scope),
    context: part.context === "" ? undefined : part.context,
    citations: part.citations === undefined ? undefined : { enabled: part.citations },
  };
}

function writeDocumentSource(part: DocumentPart, scope: WriteScope): JsonObject {
  const { source } = part;
  switch (source.kind) {
    case "text":
      return { type: "text", media_type: "text/plain", data: source.text };
    case "base64": {
      const { mediaType, data } = source;
      if (mediaType === PDF) return { type: "base64", media_type: mediaType, data };
      return { type: "text", media_type: "text/plain", data: decodeText(part, source, scope) };
    }
    case "url":
      if (source.mediaType === null || source.mediaType === PDF) {
        return writeStored(part, source, scope);
      }
      throw scope.context.untranslatable(part.at, "Anthropic reads only PDFs from a URL");
    case "file":
    case "s3":
      return writeStored(part, source, scope);
  }
}

const PDF = "application/pdf";

/** Anthropic takes any text as `text/plain`, and no other kind of file than PDFs. */
function decodeText(part: DocumentPart, source: Base64, scope: WriteScope): string {
  const { mediaType, data } = source;
  if (!mediaType.startsWith("text/") && !TEXT_TYPES.has(mediaType)) {
    throw scope.context.untranslatable(
      part.at,
      `Anthropic takes documents as PDF or text, not as ${mediaType.slice(0, 80)}`,
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(data, "base64"));
  } catch {
    throw scope.context.untranslatable(part.at, `the ${mediaType} must be UTF-8`);
  }
}

const TEXT_TYPES: ReadonlySet<string> = new Set([
  "application/json",
  "application/xml",
  "application/yaml",
  "application/x-yaml",
]);

/** Bytes that are elsewhere: at a URL, in Anthropic's files, at another provider. */
function writeStored(
  part: ImagePart | DocumentPart,
  source: Exclude<MediaSource, { readonly kind: "base64" }>,
  { context, model }: WriteScope,
): JsonObject {
  if (model.isOnBedrock && (source.kind === "url" || source.kind === "file")) {
    throw context.untranslatable(part.at, "Bedrock's Claude takes images and documents as base64");
  }
  switch (source.kind) {
    case "url":
      if (/^https?:/i.test(source.url)) return { type: "url", url: source.url };
      throw context.untranslatable(part.at, "Anthropic reads only http and https URLs");
    case "file":
      if (source.family === "anthropic") return { type: "file", file_id: source.id };
      throw context.untranslatable(part.at, `the file is stored at ${source.family}`);
    case "s3":
      throw context.untranslatable(part.at, "Anthropic doesn't read from S3");
    case "text":
      throw context.untranslatable(part.at, "a text is no image");
  }
}

function writeTitle(part: DocumentPart, { context }: WriteScope): string | undefined {
  const { filename, title } = part;
  if (filename !== undefined && title !== undefined && filename !== title) {
    context.warn(childPath(part.at, "title"), "Anthropic's documents have one name");
  }
  const name = filename ?? title;
  return name === undefined || name === "" ? undefined : name.slice(0, MAX_TITLE);
}

const MAX_TITLE = 500;
