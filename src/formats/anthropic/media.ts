import type { Extra } from "../../core/chat-request.ts";
import type { DocumentPart, ImagePart, MediaSource, NativePart } from "../../core/content.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import {
  createExtrasReader,
  invalid,
  isJsonArray,
  readObject,
  readOptionalBoolean,
  readOptionalObject,
  readOptionalString,
  readString,
} from "../fields.ts";

interface ExtrasScope {
  readonly extras: Extra[];
}

export function parseImage(
  block: JsonObject,
  at: JsonPath,
  scope: ExtrasScope,
): ImagePart | NativePart {
  const source = parseSource(block, at, scope);
  if (source === null) return nativeBlock(block, at);
  readImageExtras(block, at, scope.extras);
  return { kind: "image", source, at };
}

const readImageExtras = createExtrasReader("type source cache_control");

export function parseDocument(
  block: JsonObject,
  at: JsonPath,
  scope: ExtrasScope,
): DocumentPart | NativePart {
  const citations = parseCitations(block, at, scope);
  const source = parseSource(block, at, scope) ?? parseContentSource(block, citations === true);
  if (source === null) return nativeBlock(block, at);
  readDocumentExtras(block, at, scope.extras);
  return {
    kind: "document",
    source,
    title: readOptionalString(block, "title", at),
    context: readOptionalString(block, "context", at),
    citations,
    at,
  };
}

const readDocumentExtras = createExtrasReader("type source cache_control title context citations");

function parseCitations(block: JsonObject, at: JsonPath, scope: ExtrasScope): boolean | undefined {
  const citations = readOptionalObject(block, "citations", at);
  if (citations === undefined) return undefined;
  const citationsAt = childPath(at, "citations");
  readCitationsExtras(citations, citationsAt, scope.extras);
  return readOptionalBoolean(citations, "enabled", citationsAt) ?? false;
}

const readCitationsExtras = createExtrasReader("enabled");

/** Null: a source that only Anthropic knows. */
function parseSource(block: JsonObject, at: JsonPath, scope: ExtrasScope): MediaSource | null {
  const source = readObject(block, "source", at);
  const sourceAt = childPath(at, "source");
  const type = readString(source, "type", sourceAt);
  switch (type) {
    case "base64": {
      readBase64Extras(source, sourceAt, scope.extras);
      const mediaType = readString(source, "media_type", sourceAt).toLowerCase();
      const data = readString(source, "data", sourceAt);
      // Clients write it often; it isn't registered.
      return { kind: type, mediaType: mediaType === "image/jpg" ? "image/jpeg" : mediaType, data };
    }
    case "url":
      readUrlExtras(source, sourceAt, scope.extras);
      return { kind: type, url: parseUrl(source, sourceAt), mediaType: null };
    case "file": {
      readFileExtras(source, sourceAt, scope.extras);
      const id = readString(source, "file_id", sourceAt);
      return { kind: type, family: "anthropic", id, mediaType: null };
    }
    case "text": {
      readBase64Extras(source, sourceAt, scope.extras);
      const mediaType = readOptionalString(source, "media_type", sourceAt) ?? "text/plain";
      return { kind: type, mediaType, text: readString(source, "data", sourceAt) };
    }
    default:
      return null;
  }
}

const readBase64Extras = createExtrasReader("type media_type data");
const readUrlExtras = createExtrasReader("type url");
const readFileExtras = createExtrasReader("type file_id");

function parseUrl(source: JsonObject, at: JsonPath): string {
  const url = readString(source, "url", at);
  if (/^https?:/i.test(url)) return url;
  throw invalid(at, "url", "must be an http or https URL");
}

/** A document made of blocks is a plain text if its blocks are, and nobody wants to have them cited one by one. */
function parseContentSource(block: JsonObject, isCited: boolean): MediaSource | null {
  const { source } = block;
  if (!isJsonObject(source) || source["type"] !== "content" || isCited) return null;
  const { content } = source;
  const texts = typeof content === "string" ? [content] : textsOf(content);
  if (texts === null) return null;
  return { kind: "text", mediaType: "text/plain", text: texts.join("\n\n") };
}

function textsOf(content: Json | undefined): string[] | null {
  if (!isJsonArray(content)) return null;
  const texts: string[] = [];
  for (const item of content) {
    if (!isJsonObject(item) || item["type"] !== "text") return null;
    if (typeof item["text"] !== "string" || isJsonObject(item["cache_control"])) return null;
    texts.push(item["text"]);
  }
  return texts;
}

function nativeBlock(block: JsonObject, at: JsonPath): NativePart {
  const { type } = block;
  return {
    kind: "native",
    family: "anthropic",
    type: typeof type === "string" ? type : "block",
    value: block,
    at,
  };
}
