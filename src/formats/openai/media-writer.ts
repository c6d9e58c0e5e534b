import type { AudioPart, DocumentPart, MediaSource } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";

export function dataUrl(source: MediaSource & { readonly kind: "base64" }): string {
  return `data:${source.mediaType};base64,${source.data}`;
}

/** OpenAI has no documents of plain text: what the model would see of one goes into a text. */
export function documentText(part: DocumentPart, text: string): string {
  return [part.title ?? part.filename, part.context, text]
    .filter((piece) => piece !== undefined && piece !== "")
    .join("\n\n");
}

/** OpenAI wants a name for every file that comes with its bytes. */
export function documentName(part: DocumentPart, mediaType: string): string {
  const extension = EXTENSIONS.get(mediaType) ?? "bin";
  return part.filename ?? part.title ?? `document.${extension}`;
}

const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["application/pdf", "pdf"],
  ["application/json", "json"],
  ["text/csv", "csv"],
  ["text/html", "html"],
  ["text/markdown", "md"],
  ["text/plain", "txt"],
]);

/** Warns of what a file can't carry beside its bytes and name. */
export function warnOfDocument(part: DocumentPart, context: WriteContext): void {
  if (part.citations === true) {
    context.warn(childPath(part.at, "citations"), "OpenAI doesn't cite files in chat");
  }
  if (part.context !== undefined && part.source.kind !== "text") {
    context.warn(childPath(part.at, "context"), "OpenAI's files have no context");
  }
  if (part.title !== undefined && part.filename !== undefined && part.source.kind !== "text") {
    context.warn(childPath(part.at, "title"), "OpenAI's files have one name");
  }
}

/** https://platform.openai.com/docs/guides/audio: sound comes in as wav or mp3 only. */
export function writeAudio(part: AudioPart, context: WriteContext): JsonObject {
  const { source } = part;
  const format = source.kind === "base64" ? AUDIO_FORMATS.get(source.mediaType) : undefined;
  if (source.kind !== "base64" || format === undefined) {
    throw context.untranslatable(part.at, "OpenAI takes audio as base64 of wav or mp3 only");
  }
  return { data: source.data, format };
}

const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/wave", "wav"],
  ["audio/mpeg", "mp3"],
  ["audio/mp3", "mp3"],
]);
