// https://ai.google.dev/gemini-api/docs/files and https://ai.google.dev/api/files#method:-media.upload
import { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import type { FileToSend } from "../../core/provider.ts";
import type { UpstreamHttp, WithRetries } from "../upstream.ts";
import type { ReplyHeaders } from "../upstream-exchange.ts";

const MAX_NAME_CHARACTERS = 512;

/** How long a failed upload may take to be given up; it expires by itself. */
const CANCEL_MILLISECONDS = 10_000;

export interface UploadPlace {
  readonly http: UpstreamHttp;
  /** At the root of the same host, and without the key: an upload's id is the only credential of its chunks. */
  readonly chunks: UpstreamHttp;
  readonly origin: string;
  readonly withRetries: WithRetries;
  readonly chunkBytes: number;
}

/** An upload that has begun. */
export interface Upload {
  readonly place: UploadPlace;
  readonly file: FileToSend;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Of each chunk but the last. */
  readonly chunkBytes: number;
}

export async function startUpload(
  place: UploadPlace,
  file: FileToSend,
  signal: AbortSignal,
): Promise<Upload> {
  const { filename, bytes } = file;
  const mimeType = /\.jsonl$/i.test(filename) ? "application/jsonl" : file.mimeType;
  const displayName = filename.slice(0, MAX_NAME_CHARACTERS).toWellFormed();
  let headers: ReplyHeaders = {};
  await place.http.json("POST", "/upload/v1beta/files", {
    operation: "files.upload.start",
    signal,
    // One started in vain holds nothing.
    idempotent: true,
    headers: {
      "x-goog-upload-protocol": "resumable",
      "x-goog-upload-command": "start",
      "x-goog-upload-header-content-length": String(bytes),
      "x-goog-upload-header-content-type": mimeType,
    },
    body: { file: { displayName, mimeType, sizeBytes: String(bytes) } },
    onHeaders: (received) => {
      headers = received;
    },
    reply: z.unknown(),
  });
  const url = readUploadUrl(headerOf(headers, "x-goog-upload-url"), place.origin);
  const granularity = Number(headerOf(headers, "x-goog-upload-chunk-granularity") ?? 1);
  return {
    place,
    file,
    path: url.pathname,
    // Apart from the path, which errors show.
    query: Object.fromEntries(url.searchParams),
    chunkBytes: roundToGranularity(place.chunkBytes, granularity),
  };
}

/** The file goes nowhere but to the host that configuration names, whatever an answer says. */
function readUploadUrl(value: string | null, origin: string): URL {
  const url = value !== null && URL.canParse(value, origin) ? new URL(value, origin) : null;
  if (url?.origin === origin) return url;
  const where = url === null ? "no address" : `the address ${url.origin}`;
  throw new GatewayError(
    "upstream_unavailable",
    `The upload was to go on at ${where}. Files are sent only to ${origin}, the host of the provider's base URL.`,
  );
}

function roundToGranularity(chunkBytes: number, granularity: number): number {
  if (!Number.isSafeInteger(granularity) || granularity < 1) return chunkBytes;
  return Math.max(granularity, chunkBytes - (chunkBytes % granularity));
}

export async function cancelUpload({ place, path, query }: Upload): Promise<void> {
  const call = {
    operation: "files.upload.cancel",
    // Its own time: the caller's signal may be what ended the upload.
    signal: AbortSignal.timeout(CANCEL_MILLISECONDS),
    once: true,
    query,
    headers: { "x-goog-upload-command": "cancel" },
    reply: z.unknown(),
  };
  await place.chunks.json("POST", path, call).catch(() => null);
}

export function headerOf(headers: ReplyHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" ? value : null;
}
