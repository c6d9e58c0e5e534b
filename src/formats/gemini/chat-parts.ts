import type { Extra } from "../../core/chat-request.ts";
import type { AssistantPart, ImagePart, ToolResultPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { invalid, readString, toObject } from "../fields.ts";
import type { CallIds } from "./call-ids.ts";
import { nativePart, parseFunctionCall, parseFunctionResponse } from "./function-parts.ts";
import { type MediaPart, parseFileData, parseInlineData } from "./media.ts";
import { createProtoExtrasReader, objectIn, snakeCase, spelled, textIn } from "./proto-fields.ts";
import { parseThoughtSignature } from "./thought-signature.ts";

/** What is gathered, and known of earlier turns, while a conversation or an answer is read. */
export interface PartScope {
  readonly extras: Extra[];
  readonly calls: CallIds;
  /** Answers may hold whatever Google has new, and are never refused for it. */
  readonly isAnswer: boolean;
}

/** A part has one field of data, and others that qualify it: https://ai.google.dev/api/caching#Part */
export function parsePart(
  value: Json,
  at: JsonPath,
  scope: PartScope,
): AssistantPart | ToolResultPart {
  const part = toObject(value, at);
  const { key, isPlain } = findData(part, at, scope);
  if (key === null) return parseBare(part, at);
  const field = DATA.get(key);
  if (field === undefined) return nativePart(part, key, at);
  if (!isPlain) readQualifiers(part, field, { at, scope });
  const isThought = part["thought"] === true;
  switch (field) {
    case "text": {
      const text = readString(part, key, at);
      const signature = parseThoughtSignature(part);
      return { kind: isThought ? "reasoning" : "text", text, signature, at };
    }
    case "inlineData":
      if (isThought) return nativePart(part, key, at);
      return withQualifiers(parseInlineData(part, key, { at, extras: scope.extras }), part, scope);
    case "fileData":
      if (isThought) return nativePart(part, key, at);
      return withQualifiers(parseFileData(part, key, { at, extras: scope.extras }), part, scope);
    case "functionCall":
      return parseFunctionCall(part, at, scope);
    case "functionResponse":
      // Google never answers with one.
      return scope.isAnswer ? nativePart(part, key, at) : parseFunctionResponse(part, at, scope);
    case "executableCode":
    case "codeExecutionResult":
    case "toolCall":
    case "toolResponse":
      return nativePart(part, field, at);
  }
}

type DataField =
  | "text"
  | "inlineData"
  | "fileData"
  | "functionCall"
  | "functionResponse"
  | "executableCode"
  | "codeExecutionResult"
  | "toolCall"
  | "toolResponse";

const DATA_FIELDS: readonly DataField[] = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
];

const DATA: ReadonlyMap<string, DataField> = new Map(
  DATA_FIELDS.flatMap((field): [string, DataField][] => [
    [field, field],
    [snakeCase(field), field],
  ]),
);

/** `isPlain`: there is nothing beside the data but what the parsers of all kinds read. */
function findData(
  part: JsonObject,
  at: JsonPath,
  scope: PartScope,
): { readonly key: string | null; readonly isPlain: boolean } {
  let key: string | null = null;
  let unknown: string | null = null;
  let isPlain = true;
  for (const name in part) {
    if (part[name] === undefined || part[name] === null || PLAIN.has(name)) continue;
    if (!DATA.has(name)) {
      isPlain = false;
      if (!QUALIFIERS.has(name)) unknown ??= name;
    } else if (key === null) key = name;
    else if (!scope.isAnswer) throw invalid(at, name, `a part can't have it beside ${key}`);
  }
  return { key: key ?? unknown, isPlain };
}

const PLAIN: ReadonlySet<string> = new Set(["thought", "thoughtSignature", "thought_signature"]);

const QUALIFIERS: ReadonlySet<string> = new Set([
  "videoMetadata",
  "video_metadata",
  "mediaResolution",
  "media_resolution",
  "partMetadata",
  "part_metadata",
]);

/** A signature may come alone. Without so much as an empty text it stands for thinking that only its maker can read. */
function parseBare(part: JsonObject, at: JsonPath): AssistantPart {
  const signature = parseThoughtSignature(part);
  if (part["thought"] !== true) return { kind: "text", text: "", signature, at };
  if (signature === undefined || signature.family === "gemini") {
    return { kind: "reasoning", text: "", signature, at };
  }
  return { kind: "redacted_reasoning", data: signature, at };
}

interface QualifierPlace {
  readonly at: JsonPath;
  readonly scope: PartScope;
}

function readQualifiers(part: JsonObject, field: DataField, { at, scope }: QualifierPlace): void {
  const isMedia = field === "inlineData" || field === "fileData";
  (isMedia ? readMediaExtras : readPartExtras)(part, at, scope.extras);
}

const DATA_NAMES = `${DATA_FIELDS.join(" ")} thought thoughtSignature`;
const readPartExtras = createProtoExtrasReader(DATA_NAMES);
/** Which piece of a film is meant changes the answer. */
const readMediaExtras = createProtoExtrasReader(`${DATA_NAMES} mediaResolution`, "videoMetadata");

/** What the hub says of images alone is else kept beside the part. */
function withQualifiers(media: MediaPart, part: JsonObject, scope: PartScope): MediaPart {
  const level = objectIn(part, "mediaResolution");
  const detail =
    media.kind === "image" ? DETAILS.get(textIn(level ?? {}, "level") ?? "") : undefined;
  if (detail === undefined) keep("mediaResolution", part, { at: media.at, scope });
  const signature = parseThoughtSignature(part);
  if (media.kind !== "image") {
    if (signature !== undefined) keep("thoughtSignature", part, { at: media.at, scope });
    return media;
  }
  return { ...media, detail, signature };
}

function keep(name: string, part: JsonObject, { at, scope }: QualifierPlace): void {
  const key = spelled(part, name);
  const value = part[key];
  if (value === undefined || value === null) return;
  scope.extras.push({ path: childPath(at, key), value, isEssential: false });
}

const DETAILS: ReadonlyMap<string, NonNullable<ImagePart["detail"]>> = new Map([
  ["MEDIA_RESOLUTION_LOW", "low"],
  ["MEDIA_RESOLUTION_HIGH", "high"],
  ["MEDIA_RESOLUTION_ULTRA_HIGH", "original"],
]);
