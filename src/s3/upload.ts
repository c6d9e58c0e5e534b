import { createHash, randomUUID } from "node:crypto";
import type { StoredBlob } from "../core/blobs.ts";
import { GatewayError } from "../core/errors.ts";
import { abortable } from "../lib/abortable.ts";
import type { MarkedKey } from "./calls.ts";
import { patiently } from "../lib/deadline.ts";
import { createPartBuffers, type PartBuffer } from "../lib/part-buffers.ts";
import type { S3Objects } from "./objects.ts";
import type { S3Uploads, UploadedPart } from "./uploads.ts";

/** Above the 5 MiB that S3 asks of every part but the last; 10,000 parts make 80 GB. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_IN_MEMORY = 4;
const MAX_PARTS = 10_000;
const CLEAN_UP_MILLISECONDS = 10_000;

export type NewObject = Omit<MarkedKey, "token">;

export interface S3Bucket {
  readonly objects: S3Objects;
  readonly uploads: S3Uploads;
}

/**
 * Streams content into one object: a plain put if it fits into one part, else a multipart upload with its parts in
 * parallel. If it fails or is aborted, what it left in the bucket is removed before this rejects.
 */
export async function uploadToS3(
  bucket: S3Bucket,
  object: NewObject,
  input: {
    readonly content: AsyncIterable<Uint8Array>;
    readonly signal: AbortSignal;
    /** Told as soon as there is a multipart upload. */
    readonly onUploadId?: (uploadId: string) => void;
  },
): Promise<StoredBlob> {
  const upload = startUpload(bucket, object, input.onUploadId);
  const onAbort = () => upload.stop(input.signal.reason);
  input.signal.addEventListener("abort", onAbort, { once: true });
  try {
    input.signal.throwIfAborted();
    return await send(upload, input.content);
  } catch (error) {
    // A part that failed has stopped the reading of the source; it is the cause, not the stop.
    upload.stop(error);
    await upload.cleanUp();
    upload.signal.throwIfAborted();
    throw error;
  } finally {
    input.signal.removeEventListener("abort", onAbort);
  }
}

async function send(upload: Upload, content: AsyncIterable<Uint8Array>): Promise<StoredBlob> {
  const hash = createHash("sha256");
  const buffers = createPartBuffers(PART_BYTES, PARTS_IN_MEMORY);
  let bytes = 0;
  let part = await buffers.take(upload.signal);
  for await (const chunk of abortable(content, upload.signal)) {
    hash.update(chunk);
    bytes += chunk.length;
    let offset = part.append(chunk);
    while (offset < chunk.length) {
      await upload.sendPart(part);
      part = await buffers.take(upload.signal);
      offset += part.append(chunk.subarray(offset));
    }
  }
  await upload.finish(part);
  return { bytes, sha256: hash.digest("hex") };
}

interface Upload {
  /** Aborted by `stop`, and by the first part that fails. */
  readonly signal: AbortSignal;
  stop(reason: unknown): void;
  /** Returns once the part is on its way, and releases it when it is there. */
  sendPart(part: PartBuffer): Promise<void>;
  /** Sends the rest and makes the object. */
  finish(rest: PartBuffer): Promise<void>;
  /** Leaves nothing of it behind, as far as the store can be reached. */
  cleanUp(): Promise<void>;
}

function startUpload(
  bucket: S3Bucket,
  object: NewObject,
  onUploadId: ((uploadId: string) => void) | undefined,
): Upload {
  const { key } = object;
  const controller = new AbortController();
  const { signal } = controller;
  /** Tells our object from another's under the same key, after an answer was lost. */
  const token = randomUUID();
  const sending = new Set<Promise<void>>();
  const parts: UploadedPart[] = [];
  let stage: "nothing" | "creating" | "parts" | "object" = "nothing";
  let uploadId: string | null = null;
  let count = 0;

  const createUpload = async () => {
    stage = "creating";
    const created = await patiently(signal, async (late) =>
      bucket.uploads.create({ ...object, token }, late),
    );
    uploadId = created;
    stage = "parts";
    onUploadId?.(created);
    return created;
  };
  const sendNumbered = async (id: string, number: number, part: PartBuffer) => {
    try {
      const target = { key, uploadId: id, number };
      parts.push(await bucket.uploads.sendPart(target, part.content(), signal));
      part.release();
    } catch (error) {
      controller.abort(error);
    }
  };
  const sendPart = async (part: PartBuffer) => {
    const id = uploadId ?? (await createUpload());
    count += 1;
    const number = count;
    if (number > MAX_PARTS) throw tooLarge();
    const sent = sendNumbered(id, number, part).finally(() => sending.delete(sent));
    sending.add(sent);
  };

  return {
    signal,
    stop: (reason) => controller.abort(reason),
    sendPart,
    async finish(rest) {
      if (uploadId === null) {
        stage = "object";
        await patiently(signal, async (late) =>
          bucket.objects.put({ ...object, token }, rest.content(), late),
        );
        signal.throwIfAborted();
        return;
      }
      await sendPart(rest);
      await Promise.all(sending);
      signal.throwIfAborted();
      stage = "object";
      parts.sort((one, other) => one.number - other.number);
      try {
        const upload = { key, uploadId };
        await patiently(signal, async (late) => bucket.uploads.complete(upload, parts, late));
      } catch (error) {
        // The answer may have been lost; then the next attempt hears that there is no such upload.
        signal.throwIfAborted();
        if ((await bucket.objects.tokenOf(key, signal)) !== token) throw error;
      }
      signal.throwIfAborted();
    },
    async cleanUp() {
      await Promise.all(sending);
      const soon = AbortSignal.timeout(CLEAN_UP_MILLISECONDS);
      try {
        // The answer that would have told the id of the upload never came.
        if (stage === "creating") await abortUploadsOf(bucket.uploads, key, soon);
        if (uploadId !== null) await bucket.uploads.abort({ key, uploadId }, soon);
        if (stage === "object" && (await bucket.objects.tokenOf(key, soon)) === token) {
          await bucket.objects.delete(key, soon);
        }
      } catch {
        // The store is out of reach: the sweep of unfinished uploads finds what is left.
      }
    },
  };
}

async function abortUploadsOf(uploads: S3Uploads, key: string, signal: AbortSignal) {
  for await (const upload of uploads.list(key, signal)) {
    if (upload.key === key) await uploads.abort(upload, signal);
  }
}

function tooLarge(): GatewayError {
  const most = Math.floor((PART_BYTES * MAX_PARTS) / 1e9);
  return new GatewayError("too_large", `More than ${most} GB can't be stored as one file.`);
}
