import type { Extra } from "../../core/chat-request.ts";
import type {
  AudioPart,
  DocumentPart,
  ImagePart,
  MediaSource,
  VideoPart,
} from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { readObject, readString } from "../fields.ts";
import { createProtoExtrasReader, protoText, spelled } from "./proto-fields.ts";

export type MediaPart = ImagePart | DocumentPart | AudioPart | VideoPart;

export interface MediaPlace {
  /** Of the part. */
  readonly at: JsonPath;
  readonly extras: Extra[];
}

/** `inlineData`: bytes. */
export function parseInlineData(
  part: JsonObject,
  key: string,
  { at, extras }: MediaPlace,
): MediaPart {
  const blob = readObject(part, key, at);
  const blobAt = childPath(at, key);
  readBlobExtras(blob, blobAt, extras);
  const mediaType = normaliseMediaType(readString(blob, spelled(blob, "mimeType"), blobAt));
  const data = standardBase64(readString(blob, "data", blobAt));
  return toMediaPart({ kind: "base64", mediaType, data }, mediaType, at);
}

/** `fileData`: an address, most often of a file that Gemini keeps. */
export function parseFileData(
  part: JsonObject,
  key: string,
  { at, extras }: MediaPlace,
): MediaPart {
  const file = readObject(part, key, at);
  const fileAt = childPath(at, key);
  readFileExtras(file, fileAt, extras);
  const uri = readString(file, spelled(file, "fileUri"), fileAt);
  const given = protoText(file, "mimeType", fileAt);
  const mediaType = given === undefined ? null : normaliseMediaType(given);
  const kind = mediaType ?? (isVideoPage(uri) ? "video/*" : mediaTypeOfAddress(uri));
  return toMediaPart(toSource(uri, mediaType), kind ?? "", at);
}

const readBlobExtras = createProtoExtrasReader("mimeType data");
const readFileExtras = createProtoExtrasReader("mimeType fileUri");

function toSource(uri: string, mediaType: string | null): MediaSource {
  if (/^https?:/i.test(uri) && !uri.startsWith(GOOGLE_FILES)) {
    return { kind: "url", url: uri, mediaType };
  }
  return { kind: "file", family: "gemini", id: uri, mediaType };
}

export const GOOGLE_FILES = "https://generativelanguage.googleapis.com/";

function toMediaPart(source: MediaSource, mediaType: string, at: JsonPath): MediaPart {
  if (mediaType.startsWith("image/")) return { kind: "image", source, at };
  if (mediaType.startsWith("audio/")) return { kind: "audio", source, at };
  if (mediaType.startsWith("video/")) return { kind: "video", source, at };
  return { kind: "document", source, at };
}

function normaliseMediaType(text: string): string {
  const mediaType = /[A-Z]/.test(text) ? text.toLowerCase() : text;
  // Clients write it often; it isn't registered, and Anthropic and Bedrock refuse it.
  return mediaType === "image/jpg" ? "image/jpeg" : mediaType;
}

/** Protocol buffers also take base64 in its form for URLs, which nobody else does. */
function standardBase64(data: string): string {
  if (!data.includes("-") && !data.includes("_")) return data;
  const text = data.replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** Gemini watches the film that such a page shows. */
export function isVideoPage(uri: string): boolean {
  return /^https:\/\/((www\.)?youtube\.com\/|youtu\.be\/)/i.test(uri);
}

/** By the extension of its path; null where that says nothing. */
export function mediaTypeOfAddress(uri: string): string | null {
  const extension = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(uri.slice(-300))?.[1]?.toLowerCase();
  return extension === undefined ? null : (MEDIA_TYPES.get(extension) ?? null);
}

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["heic", "image/heic"],
  ["heif", "image/heif"],
  ["gif", "image/gif"],
  ["pdf", "application/pdf"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
  ["csv", "text/csv"],
  ["html", "text/html"],
  ["json", "application/json"],
  ["xml", "text/xml"],
  ["wav", "audio/wav"],
  ["mp3", "audio/mpeg"],
  ["flac", "audio/flac"],
  ["ogg", "audio/ogg"],
  ["aac", "audio/aac"],
  ["mp4", "video/mp4"],
  ["mov", "video/quicktime"],
  ["webm", "video/webm"],
  ["mpeg", "video/mpeg"],
]);
