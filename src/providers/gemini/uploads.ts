// https://ai.google.dev/gemini-api/docs/files and https://ai.google.dev/api/files#method:-media.upload
import { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import type { FileToSend } from "../../core/provider.ts";
import type { UpstreamHttp, WithRetries } from "../upstream.ts";
import { type WireFile, type WireUploaded, wireUploaded } from "./wire.ts";

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

/** Sends a file in chunks. Where the answer to one is lost, the host is asked how far it has got, and it goes on from there. */
export async function uploadResumably(
  place: UploadPlace,
  file: FileToSend,
  signal: AbortSignal,
): Promise<WireFile> {
  const upload = await start(place, file, signal);
  try {
    let progress: Progress = { offset: 0, file: null };
    let isAnswered = true;
    while (progress.file === null) {
      const { offset } = progress;
      const call = { operation: "files.upload.chunk", signal, idempotent: true };
      progress = await place.withRetries("POST", call, async () => {
        const from = isAnswered ? progress : await askProgress(upload, offset, signal);
        if (from.file !== null) return from;
        isAnswered = false;
        const reached = await sendChunk(upload, from.offset, signal);
        isAnswered = true;
        return reached;
      });
    }
    return progress.file;
  } catch (error) {
    await cancel(upload);
    throw error;
  }
}

interface Upload {
  readonly place: UploadPlace;
  readonly file: FileToSend;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Of each chunk but the last. */
  readonly chunkBytes: number;
}

interface Progress {
  /** How many bytes the host has. */
  readonly offset: number;
  /** Once it has them all. */
  readonly file: WireFile | null;
}

async function start(place: UploadPlace, file: FileToSend, signal: AbortSignal): Promise<Upload> {
  const { filename, bytes } = file;
  const mimeType = /\.jsonl$/i.test(filename) ? "application/jsonl" : file.mimeType;
  const displayName = filename.slice(0, MAX_NAME_CHARACTERS).toWellFormed();
  const received = new Map<string, string>();
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
    onHeaders: (headers) => keepHeaders(headers, received),
    reply: z.unknown(),
  });
  const url = readUploadUrl(received.get("x-goog-upload-url"), place.origin);
  const granularity = Number(received.get("x-goog-upload-chunk-granularity") ?? 1);
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
function readUploadUrl(value: string | undefined, origin: string): URL {
  const url = value !== undefined && URL.canParse(value, origin) ? new URL(value, origin) : null;
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

async function sendChunk(upload: Upload, offset: number, signal: AbortSignal): Promise<Progress> {
  const { file } = upload;
  const end = Math.min(offset + upload.chunkBytes, file.bytes);
  const isLast = end === file.bytes;
  const received = new Map<string, string>();
  const reply = await upload.place.chunks.send("POST", upload.path, {
    operation: "files.upload.chunk",
    signal,
    once: true,
    query: upload.query,
    headers: {
      "x-goog-upload-command": isLast ? "upload, finalize" : "upload",
      "x-goog-upload-offset": String(offset),
    },
    contentType: "application/octet-stream",
    bytes: end - offset,
    body: (signal) => bytesOf(file, { start: offset, end }, signal),
    onHeaders: (headers) => keepHeaders(headers, received),
    reply: wireUploaded,
  });
  const progress = readProgress(reply, received, end);
  if (progress.file === null && progress.offset <= offset) throw stuck(upload, progress.offset);
  return progress;
}

async function* bytesOf(
  file: FileToSend,
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  // A range has at least one byte: the last chunk may have none.
  if (start < end) yield* await file.open(signal, { start, end: end - 1 });
}

async function askProgress(upload: Upload, least: number, signal: AbortSignal): Promise<Progress> {
  const received = new Map<string, string>();
  const reply = await upload.place.chunks.json("POST", upload.path, {
    operation: "files.upload.query",
    signal,
    once: true,
    query: upload.query,
    headers: { "x-goog-upload-command": "query" },
    onHeaders: (headers) => keepHeaders(headers, received),
    reply: wireUploaded,
  });
  const progress = readProgress(reply, received, least);
  if (progress.offset < least || progress.offset > upload.file.bytes) {
    throw stuck(upload, progress.offset);
  }
  return progress;
}

function readProgress(
  reply: WireUploaded,
  received: ReadonlyMap<string, string>,
  expected: number,
): Progress {
  const status = received.get("x-goog-upload-status");
  const size = Number(received.get("x-goog-upload-size-received") ?? expected);
  const offset = Number.isSafeInteger(size) ? size : expected;
  if (status === "active") return { offset, file: null };
  if (status === "final" && reply?.file) return { offset, file: reply.file };
  throw new GatewayError(
    "upstream_unavailable",
    status === "final"
      ? "The upload was ended without a file."
      : `The upload is ${status === undefined ? "in a state that its answer doesn't say" : `'${status.slice(0, 40)}'`}, where it should be active or final.`,
  );
}

function stuck({ file }: Upload, offset: number): GatewayError {
  return new GatewayError(
    "upstream_unavailable",
    `The upload of ${file.bytes} bytes doesn't get on: the host says that it has ${offset}.`,
  );
}

function keepHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  into: Map<string, string>,
): void {
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string") into.set(name.toLowerCase(), value);
  }
}

async function cancel({ place, path, query }: Upload): Promise<void> {
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
