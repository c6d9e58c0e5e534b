import type { Extra } from "../../core/chat-request.ts";
import type { DocumentPart, ImagePart, TextPart, UserPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { parseMediaUrl } from "../data-url.ts";
import {
  createExtrasReader,
  invalid,
  isJsonArray,
  readObject,
  readOptionalString,
  readString,
  toObject,
  toOneOf,
  toText,
} from "../fields.ts";
import { parseCache } from "./chat-tools.ts";

/** What is gathered, and known of earlier messages, while a conversation is read. */
export interface MessageScope {
  readonly extras: Extra[];
  /** Call id → tool name. */
  readonly toolNames: Map<string, string>;
  /** Function name → id of its last call by the old `function_call`. */
  readonly functionCallIds: Map<string, string>;
}

/** `at` is the path of the content itself: a string or an array of parts. */
export function parseContent(
  content: Json | undefined,
  at: JsonPath,
  scope: MessageScope,
): UserPart[] {
  if (!isJsonArray(content)) return [{ kind: "text", text: toText(content, at), at }];
  return content.map((value, index) => parsePart(value, childPath(at, index), scope));
}

export function parseTextContent(
  content: Json | undefined,
  at: JsonPath,
  scope: MessageScope,
): TextPart[] {
  return parseContent(content, at, scope).map((part) => {
    if (part.kind === "text") return part;
    throw invalid(part.at, "type", "must be text in a system message");
  });
}

function parsePart(value: Json, at: JsonPath, scope: MessageScope): UserPart {
  const part = toObject(value, at);
  const type = readString(part, "type", at);
  const cache = parseCache(part, at);
  switch (type) {
    case "text":
      readPartExtras(part, at, scope.extras);
      return { kind: "text", text: readString(part, "text", at), at, cache };
    case "image_url":
      readPartExtras(part, at, scope.extras);
      return { ...parseImage(part, at, scope), cache };
    case "input_audio": {
      readPartExtras(part, at, scope.extras);
      const audio = readObject(part, type, at);
      const audioAt = childPath(at, type);
      readAudioExtras(audio, audioAt, scope.extras);
      const format = toOneOf(audio["format"], ["wav", "mp3"], childPath(audioAt, "format"));
      const data = readString(audio, "data", audioAt);
      // `audio/mpeg` is what is registered for mp3, and what Gemini documents beside `audio/mp3`.
      const mediaType = format === "mp3" ? "audio/mpeg" : "audio/wav";
      return { kind: "audio", source: { kind: "base64", mediaType, data }, at, cache };
    }
    case "file": {
      readPartExtras(part, at, scope.extras);
      const file = readObject(part, type, at);
      readFileExtras(file, childPath(at, type), scope.extras);
      return { ...parseFile(file, childPath(at, type)), at, cache };
    }
    default:
      return { kind: "native", family: "openai", type, value: part, at };
  }
}

const readPartExtras = createExtrasReader(`
  type text image_url input_audio file
  cache_control prompt_cache_breakpoint
`);

export function parseImage(part: JsonObject, at: JsonPath, scope: MessageScope): ImagePart {
  const image = readObject(part, "image_url", at);
  const imageAt = childPath(at, "image_url");
  readImageExtras(image, imageAt, scope.extras);
  const url = readString(image, "url", imageAt);
  return {
    kind: "image",
    source: parseMediaUrl(url, childPath(imageAt, "url")),
    detail: parseDetail(image, imageAt),
    at,
  };
}

const readImageExtras = createExtrasReader("url detail");
const readAudioExtras = createExtrasReader("data format");
const readFileExtras = createExtrasReader("file_data file_id filename");

function parseDetail(
  image: JsonObject,
  at: JsonPath,
): "auto" | "low" | "high" | "original" | undefined {
  const { detail } = image;
  if (detail === undefined || detail === null) return undefined;
  return toOneOf(detail, ["auto", "low", "high", "original"], childPath(at, "detail"));
}

function parseFile(file: JsonObject, at: JsonPath): DocumentPart {
  const filename = readOptionalString(file, "filename", at);
  const id = readOptionalString(file, "file_id", at);
  if (id !== undefined) {
    const source = { kind: "file", family: "openai", id, mediaType: null } as const;
    return { kind: "document", source, filename, at };
  }
  const data = readString(file, "file_data", at);
  if (!/^(data|https?):/i.test(data)) throw invalid(at, "file_data", "must be a data URL");
  const source = parseMediaUrl(data, childPath(at, "file_data"));
  return { kind: "document", source, filename, at };
}
