import type { DocumentPart, MediaSource } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { GOOGLE_FILES, isVideoPage, type MediaPart, mediaTypeOfAddress } from "./media.ts";
import { readsAddresses } from "./models.ts";
import type { WriteScope } from "./write-scope.ts";

/** The data of a part of Gemini's, or why there can be none. */
export type WrittenMedia =
  | { readonly kind: "data"; readonly data: JsonObject }
  | { readonly kind: "problem"; readonly problem: string };

/** wire.md F.2; https://ai.google.dev/gemini-api/docs/file-input-methods */
export function writeMedia(part: MediaPart, scope: WriteScope): WrittenMedia {
  const { source } = part;
  switch (source.kind) {
    case "base64":
      return writeBytes(part, source, scope);
    case "text": {
      const data = Buffer.from(scope.context.reveal(source.text), "utf8").toString("base64");
      return inlineData({ mimeType: "text/plain", data });
    }
    case "url":
      return writeAddress(part, source, scope);
    case "file":
      if (source.family !== "gemini") return problem(`the file is stored at ${source.family}`);
      return fileData(fileUri(source.id), source.mediaType, scope.own.at(part.at, "fileData"));
    case "s3":
      return problem("Gemini doesn't read from S3");
  }
}

type Source<Kind extends MediaSource["kind"]> = MediaSource & { readonly kind: Kind };

function writeBytes(
  part: MediaPart,
  { mediaType, data }: Source<"base64">,
  { isOwn, own }: WriteScope,
): WrittenMedia {
  if (isOwn || TYPES[part.kind].test(mediaType)) {
    return inlineData({ mimeType: mediaType, data, ...own.at(part.at, "inlineData") });
  }
  return problem(`Gemini takes no ${part.kind} as ${mediaType.slice(0, 80)}`);
}

/** https://ai.google.dev/gemini-api/docs/image-understanding, document-processing, audio, video-understanding */
const TYPES: Readonly<Record<MediaPart["kind"], RegExp>> = {
  image: /^image\/(png|jpeg|webp|heic|heif)$/,
  document:
    /^(image\/(png|jpeg|webp|heic|heif)|text\/[\w.+-]+|application\/(pdf|json|xml|rtf|yaml|x-yaml|javascript|x-javascript|x-python))$/,
  audio: /^audio\//,
  video: /^video\//,
};

function writeAddress(
  part: MediaPart,
  { url, mediaType }: Source<"url">,
  { context, isOwn, own }: WriteScope,
): WrittenMedia {
  const type = mediaType ?? mediaTypeOfAddress(url);
  if (isOwn || isVideoPage(url)) return fileData(url, mediaType, own.at(part.at, "fileData"));
  if (!/^https:/i.test(url)) return problem("Gemini fetches only what is public under https");
  if (!readsAddresses(context.model)) {
    return problem(`${context.model ?? "the model"} fetches no addresses: it wants the bytes`);
  }
  if (type !== null && !TYPES[part.kind].test(type)) {
    return problem(`Gemini takes no ${part.kind} as ${type.slice(0, 80)}`);
  }
  return fileData(url, type, undefined);
}

/** A file is known by its name, `files/abc`, or by its address. */
function fileUri(id: string): string {
  return id.startsWith("files/") ? `${GOOGLE_FILES}v1beta/${id}` : id;
}

function inlineData(blob: JsonObject): WrittenMedia {
  return { kind: "data", data: { inlineData: blob } };
}

function fileData(
  uri: string,
  mediaType: string | null,
  extras: JsonObject | undefined,
): WrittenMedia {
  const file = { fileUri: uri, mimeType: mediaType ?? undefined, ...extras };
  return { kind: "data", data: { fileData: file } };
}

function problem(text: string): WrittenMedia {
  return { kind: "problem", problem: text };
}

/** Warns of what Gemini's parts don't say of a document. */
export function warnOfDocument(part: DocumentPart, context: WriteContext): void {
  for (const field of ["filename", "title", "context"] as const) {
    if (part[field] !== undefined && part[field] !== "") {
      context.warn(childPath(part.at, field), `Gemini's documents have no ${field}`);
    }
  }
  if (part.citations === true) {
    context.warn(childPath(part.at, "citations"), "Gemini doesn't cite documents");
  }
}
