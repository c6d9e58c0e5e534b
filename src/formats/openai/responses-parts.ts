import type { DocumentPart, ImagePart, TextPart, UserPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { parseMediaUrl } from "../data-url.ts";
import {
  createExtrasReader,
  invalid,
  isJsonArray,
  readOptionalString,
  readString,
  toObject,
  toOneOf,
  toText,
} from "../fields.ts";
import { parseCache } from "./chat-tools.ts";
import type { InputScope } from "./responses-input.ts";

/** `at` is the path of the content itself: a string or an array of parts. */
export function parseInputContent(
  content: Json | undefined,
  at: JsonPath,
  scope: InputScope,
): UserPart[] {
  if (!isJsonArray(content)) return [{ kind: "text", text: toText(content, at), at }];
  return content.map((value, index) => parseInputPart(value, childPath(at, index), scope));
}

export function parseInputTexts(
  content: Json | undefined,
  at: JsonPath,
  scope: InputScope,
): TextPart[] {
  return parseInputContent(content, at, scope).map((part) => {
    if (part.kind === "text") return part;
    throw invalid(part.at, "type", "must be input_text in a system message");
  });
}

function parseInputPart(value: Json, at: JsonPath, scope: InputScope): UserPart {
  const part = toObject(value, at);
  const type = readString(part, "type", at);
  switch (type) {
    case "input_text":
    case "output_text":
      readTextExtras(part, at, scope.extras);
      return { kind: "text", text: readString(part, "text", at), at, cache: parseCache(part, at) };
    case "input_image":
      readImageExtras(part, at, scope.extras);
      return { ...parseImage(part, at), cache: parseCache(part, at) };
    case "input_file":
      readFileExtras(part, at, scope.extras);
      return { ...parseFile(part, at), cache: parseCache(part, at) };
    default:
      return { kind: "native", family: "openai", type, value: part, at };
  }
}

/** What the model's own texts carry besides only describes them. */
const readTextExtras = createExtrasReader(`
  type text annotations logprobs prompt_cache_breakpoint cache_control
`);
const readImageExtras = createExtrasReader(`
  type image_url file_id detail prompt_cache_breakpoint cache_control
`);
const readFileExtras = createExtrasReader(`
  type file_id file_data file_url filename prompt_cache_breakpoint cache_control
`);

function parseImage(part: JsonObject, at: JsonPath): ImagePart {
  const detail = part["detail"] ?? undefined;
  const details = ["auto", "low", "high", "original"] as const;
  const image = {
    kind: "image",
    at,
    detail: detail === undefined ? undefined : toOneOf(detail, details, childPath(at, "detail")),
  } as const;
  const id = readOptionalString(part, "file_id", at);
  if (id !== undefined) {
    return { ...image, source: { kind: "file", family: "openai", id, mediaType: null } };
  }
  const url = readString(part, "image_url", at);
  return { ...image, source: parseMediaUrl(url, childPath(at, "image_url")) };
}

function parseFile(part: JsonObject, at: JsonPath): DocumentPart {
  const file = {
    kind: "document",
    at,
    filename: readOptionalString(part, "filename", at),
  } as const;
  const id = readOptionalString(part, "file_id", at);
  if (id !== undefined) {
    return { ...file, source: { kind: "file", family: "openai", id, mediaType: null } };
  }
  const url = readOptionalString(part, "file_url", at);
  if (url !== undefined) return { ...file, source: { kind: "url", url, mediaType: null } };
  const data = readString(part, "file_data", at);
  if (!/^data:/i.test(data)) throw invalid(at, "file_data", "must be a data URL");
  return { ...file, source: parseMediaUrl(data, childPath(at, "file_data")) };
}
