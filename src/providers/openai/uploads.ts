import { randomUUID } from "node:crypto";
import { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import type { FileToSend } from "../../core/provider.ts";
import { createMultipartBody } from "../../lib/multipart-body.ts";
import { pathSegment, type UpstreamHttp } from "../upstream.ts";
import { type WireFile, wireUpload, wireUploadPart } from "./wire.ts";

/** How long a failed upload may take to be given up; it expires by itself after an hour. */
const CANCEL_MILLISECONDS = 10_000;

/** A file larger than one request may be, through the Uploads API: parts one after the other, so that memory stays flat. */
export async function uploadInParts(
  http: UpstreamHttp,
  { file, partBytes }: { readonly file: FileToSend; readonly partBytes: number },
  signal: AbortSignal,
): Promise<WireFile> {
  const { id } = await http.json("POST", "/uploads", {
    operation: "uploads.create",
    signal,
    // One made in vain holds nothing and expires within the hour.
    idempotent: true,
    body: {
      filename: file.filename,
      purpose: file.purpose,
      bytes: file.bytes,
      mime_type: file.mimeType,
      ...(file.expiresAfterSeconds === null
        ? {}
        : { expires_after: { anchor: "created_at", seconds: file.expiresAfterSeconds } }),
    },
    reply: wireUpload,
  });
  const path = `/uploads/${pathSegment(id)}`;
  try {
    const partIds: string[] = [];
    for (let start = 0; start < file.bytes; start += partBytes) {
      const end = Math.min(start + partBytes, file.bytes) - 1;
      partIds.push(await sendPart(http, { path, file, start, end }, signal));
    }
    const completed = await http.json("POST", `${path}/complete`, {
      operation: "uploads.complete",
      signal,
      body: { part_ids: partIds },
      reply: wireUpload,
    });
    if (completed.file) return completed.file;
    throw new GatewayError(
      "upstream_unavailable",
      `POST ${path}/complete was answered without a file.`,
    );
  } catch (error) {
    await cancel(http, path);
    throw error;
  }
}

interface PartToSend {
  readonly path: string;
  readonly file: FileToSend;
  readonly start: number;
  readonly end: number;
}

async function sendPart(
  http: UpstreamHttp,
  { path, file, start, end }: PartToSend,
  signal: AbortSignal,
): Promise<string> {
  const body = createMultipartBody({
    fields: [],
    file: {
      name: "data",
      filename: file.filename,
      mimeType: "application/octet-stream",
      bytes: end - start + 1,
      open: (signal) => file.open(signal, { start, end }),
    },
    boundary: `crossbatch-${randomUUID()}`,
  });
  const { id } = await http.send("POST", `${path}/parts`, {
    operation: "uploads.parts.create",
    signal,
    // A part that `complete` doesn't name is dropped.
    idempotent: true,
    contentType: body.contentType,
    bytes: body.bytes,
    body: (signal) => body.open(signal),
    reply: wireUploadPart,
  });
  return id;
}

async function cancel(http: UpstreamHttp, path: string): Promise<void> {
  // Its own time: the caller's signal may be what ended the upload.
  const signal = AbortSignal.timeout(CANCEL_MILLISECONDS);
  const call = { operation: "uploads.cancel", signal, reply: z.unknown() };
  await http.json("POST", `${path}/cancel`, call).catch(() => null);
}
