import { GatewayError } from "../../core/errors.ts";
import type { FileToSend } from "../../core/provider.ts";
import type { ReplyHeaders } from "../upstream-exchange.ts";
import {
  cancelUpload,
  headerOf,
  startUpload,
  type Upload,
  type UploadPlace,
} from "./upload-session.ts";
import { type WireFile, type WireUploaded, wireUploaded } from "./wire.ts";

/** Sends a file in chunks. Where the answer to one is lost, the host is asked how far it has got, and it goes on from there. */
export async function uploadResumably(
  place: UploadPlace,
  file: FileToSend,
  signal: AbortSignal,
): Promise<WireFile> {
  const upload = await startUpload(place, file, signal);
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
    await cancelUpload(upload);
    throw error;
  }
}

interface Progress {
  /** How many bytes the host has. */
  readonly offset: number;
  /** Once it has them all. */
  readonly file: WireFile | null;
}

async function sendChunk(upload: Upload, offset: number, signal: AbortSignal): Promise<Progress> {
  const { file } = upload;
  const end = Math.min(offset + upload.chunkBytes, file.bytes);
  const isLast = end === file.bytes;
  let headers: ReplyHeaders = {};
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
    onHeaders: (received) => {
      headers = received;
    },
    reply: wireUploaded,
  });
  const progress = readProgress(reply, headers, end);
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
  let headers: ReplyHeaders = {};
  const reply = await upload.place.chunks.json("POST", upload.path, {
    operation: "files.upload.query",
    signal,
    once: true,
    query: upload.query,
    headers: { "x-goog-upload-command": "query" },
    onHeaders: (received) => {
      headers = received;
    },
    reply: wireUploaded,
  });
  const progress = readProgress(reply, headers, least);
  if (progress.offset < least || progress.offset > upload.file.bytes) {
    throw stuck(upload, progress.offset);
  }
  return progress;
}

function readProgress(reply: WireUploaded, headers: ReplyHeaders, expected: number): Progress {
  const status = headerOf(headers, "x-goog-upload-status");
  const size = Number(headerOf(headers, "x-goog-upload-size-received") ?? expected);
  const offset = Number.isSafeInteger(size) ? size : expected;
  if (status === "active") return { offset, file: null };
  if (status === "final" && reply?.file) return { offset, file: reply.file };
  throw new GatewayError(
    "upstream_unavailable",
    status === "final"
      ? "The upload was ended without a file."
      : `The upload is ${status === null ? "in a state that its answer doesn't say" : `'${status.slice(0, 40)}'`}, where it should be active or final.`,
  );
}

function stuck({ file }: Upload, offset: number): GatewayError {
  return new GatewayError(
    "upstream_unavailable",
    `The upload of ${file.bytes} bytes doesn't get on: the host says that it has ${offset}.`,
  );
}
