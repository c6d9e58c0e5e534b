import type {
  AudioPart,
  DocumentPart,
  ImagePart,
  MediaSource,
  VideoPart,
} from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { documentName } from "./document-names.ts";
import {
  DOCUMENTS,
  formatOfAddress,
  IMAGES,
  type MediaFormats,
  SOUNDS,
  VIDEOS,
} from "./media-formats.ts";
import type { WriteScope } from "./write-scope.ts";

type MediaPart = ImagePart | AudioPart | VideoPart;

const FORMATS: Readonly<Record<MediaPart["kind"], MediaFormats>> = {
  image: IMAGES,
  audio: SOUNDS,
  video: VIDEOS,
};

/** An image, a sound or a film, whose bytes are given or lie in S3. */
export function writeMedia(part: MediaPart, context: WriteContext): JsonObject {
  const { source, kind } = part;
  const bytes = writeSource(source);
  if (bytes === null) {
    throw context.untranslatable(part.at, `Bedrock takes ${kind} as base64 or from S3 only`);
  }
  const format = formatOf(source, FORMATS[kind]);
  if (format === undefined) {
    const words = [...FORMATS[kind].types.keys()].join(", ");
    throw context.untranslatable(
      part.at,
      `Bedrock takes ${kind} in one of these formats: ${words}`,
    );
  }
  if (kind === "image") warnOfDetail(part, context);
  return { [kind]: { format, source: bytes } };
}

function warnOfDetail(part: ImagePart, context: WriteContext): void {
  if (part.detail === undefined || part.detail === "auto") return;
  context.warn(childPath(part.at, "detail"), "Bedrock's models look at images in one way");
}

/** Of an answer: null where there is no way to show it. */
export function writeAnsweredMedia(part: MediaPart | DocumentPart): JsonObject | null {
  if (part.kind === "document") return null;
  const bytes = writeSource(part.source);
  const format = formatOf(part.source, FORMATS[part.kind]);
  return bytes === null || format === undefined ? null : { [part.kind]: { format, source: bytes } };
}

export function writeDocument(part: DocumentPart, scope: WriteScope): JsonObject {
  const { context } = scope;
  const { source } = part;
  const format =
    source.kind === "text" ? textFormat(source.mediaType) : formatOf(source, DOCUMENTS);
  const bytes = source.kind === "text" ? { text: source.text } : writeSource(source);
  if (bytes === null) {
    throw context.untranslatable(part.at, "Bedrock takes documents as base64 or from S3 only");
  }
  if (format === undefined) {
    const words = [...DOCUMENTS.types.keys()].join(", ");
    throw context.untranslatable(
      part.at,
      `Bedrock takes documents in one of these formats: ${words}`,
    );
  }
  return {
    document: {
      format,
      name: documentName(part, scope.documentNames),
      source: bytes,
      context: part.context,
      citations: part.citations === true ? { enabled: true } : undefined,
    },
  };
}

function textFormat(mediaType: string): string {
  return DOCUMENTS.formats.get(mediaType) ?? "txt";
}

function writeSource(source: MediaSource): JsonObject | null {
  if (source.kind === "base64") return { bytes: source.data };
  if (source.kind !== "s3") return null;
  return { s3Location: { uri: source.uri, bucketOwner: source.bucketOwner ?? undefined } };
}

function formatOf(source: MediaSource, media: MediaFormats): string | undefined {
  if (source.kind === "url" || source.kind === "file") return undefined;
  const { mediaType } = source;
  if (mediaType !== null) return media.formats.get(mediaType.toLowerCase());
  return source.kind === "s3" ? formatOfAddress(source.uri, media) : undefined;
}
