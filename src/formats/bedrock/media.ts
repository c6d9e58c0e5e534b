import type {
  AudioPart,
  DocumentPart,
  ImagePart,
  MediaSource,
  VideoPart,
} from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
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
  toObject,
} from "../fields.ts";
import type { BlockScope } from "./block-scope.ts";
import { DOCUMENTS, IMAGES, type MediaFormats, SOUNDS, VIDEOS } from "./media-formats.ts";

/** `at` is the path of the block, which is where errors and warnings point. */
export function parseImage(block: JsonObject, at: JsonPath, scope: BlockScope): ImagePart {
  return {
    kind: "image",
    source: parseMedia(block, at, { key: "image", media: IMAGES, scope }),
    at,
  };
}

export function parseVideo(block: JsonObject, at: JsonPath, scope: BlockScope): VideoPart {
  return {
    kind: "video",
    source: parseMedia(block, at, { key: "video", media: VIDEOS, scope }),
    at,
  };
}

export function parseAudio(block: JsonObject, at: JsonPath, scope: BlockScope): AudioPart {
  return {
    kind: "audio",
    source: parseMedia(block, at, { key: "audio", media: SOUNDS, scope }),
    at,
  };
}

export function parseDocument(block: JsonObject, at: JsonPath, scope: BlockScope): DocumentPart {
  const document = readObject(block, "document", at);
  const documentAt = childPath(at, "document");
  readDocumentExtras(document, documentAt, scope.extras);
  const citations = readOptionalObject(document, "citations", documentAt);
  return {
    kind: "document",
    source: parseDocumentSource(document, documentAt, scope),
    filename: parseName(document, documentAt),
    context: readOptionalString(document, "context", documentAt),
    citations:
      citations === undefined
        ? undefined
        : readOptionalBoolean(citations, "enabled", childPath(documentAt, "citations")),
    at,
  };
}

/** Bedrock's names have no dots, so the format says how the file would end. */
function parseName(document: JsonObject, at: JsonPath): string {
  const name = readString(document, "name", at);
  const format = readOptionalString(document, "format", at);
  return format === undefined ? name : `${name}.${format}`;
}

const readDocumentExtras = createExtrasReader("format name source context citations");

interface MediaReading {
  readonly key: "image" | "video" | "audio";
  readonly media: MediaFormats;
  readonly scope: BlockScope;
}

function parseMedia(block: JsonObject, at: JsonPath, reading: MediaReading): MediaSource {
  const { key, scope } = reading;
  const holder = readObject(block, key, at);
  const holderAt = childPath(at, key);
  readMediaExtras(holder, holderAt, scope.extras);
  const mediaType = parseFormat(holder, holderAt, reading);
  const source = readObject(holder, "source", holderAt);
  const sourceAt = childPath(holderAt, "source");
  readSourceExtras(source, sourceAt, scope.extras);
  return parseBytes(source, sourceAt, mediaType) ?? parseStored(source, sourceAt, mediaType);
}

const readMediaExtras = createExtrasReader("format source error");
const readSourceExtras = createExtrasReader("bytes s3Location");

function parseFormat(holder: JsonObject, at: JsonPath, reading: MediaReading): string {
  const { media, scope, key } = reading;
  const format = readString(holder, "format", at);
  const mediaType = media.types.get(format);
  if (mediaType !== undefined) return mediaType;
  if (scope.isAnswer) return `${key}/${format}`;
  throw invalid(at, "format", `must be one of ${[...media.types.keys()].join(", ")}`);
}

function parseBytes(source: JsonObject, at: JsonPath, mediaType: string): MediaSource | null {
  const data = readOptionalString(source, "bytes", at);
  return data === undefined ? null : { kind: "base64", mediaType, data };
}

function parseStored(source: JsonObject, at: JsonPath, mediaType: string): MediaSource {
  const location = readOptionalObject(source, "s3Location", at);
  if (location === undefined) throw invalid(at, "bytes", "or s3Location must be given");
  const locationAt = childPath(at, "s3Location");
  return {
    kind: "s3",
    uri: readString(location, "uri", locationAt),
    bucketOwner: readOptionalString(location, "bucketOwner", locationAt) ?? null,
    mediaType,
  };
}

/** A text needs no format; of anything else it says how to read the bytes. */
function parseDocumentSource(holder: JsonObject, at: JsonPath, scope: BlockScope): MediaSource {
  const source = readObject(holder, "source", at);
  const sourceAt = childPath(at, "source");
  readDocumentSourceExtras(source, sourceAt, scope.extras);
  const format = readOptionalString(holder, "format", at);
  const known = format === undefined ? undefined : DOCUMENTS.types.get(format);
  if (format !== undefined && known === undefined && !scope.isAnswer) {
    throw invalid(at, "format", `must be one of ${[...DOCUMENTS.types.keys()].join(", ")}`);
  }
  const text = parseText(source, sourceAt, scope);
  if (text !== null) return { kind: "text", mediaType: known ?? "text/plain", text };
  const mediaType = known ?? "application/octet-stream";
  return parseBytes(source, sourceAt, mediaType) ?? parseStored(source, sourceAt, mediaType);
}

const readDocumentSourceExtras = createExtrasReader("bytes s3Location text content");

/** Texts that are cited one by one are still one text to everybody else. */
function parseText(source: JsonObject, at: JsonPath, scope: BlockScope): string | null {
  const text = readOptionalString(source, "text", at);
  const { content } = source;
  if (text !== undefined || content === undefined || content === null) return text ?? null;
  const contentAt = childPath(at, "content");
  if (!isJsonArray(content)) throw invalid(at, "content", "must be an array");
  const texts = content.map((value, index) => {
    const itemAt = childPath(contentAt, index);
    return readString(toObject(value, itemAt), "text", itemAt);
  });
  if (texts.length > 1) scope.extras.push({ path: contentAt, value: content, isEssential: false });
  return texts.join("\n");
}
