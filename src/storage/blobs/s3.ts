import { text } from "node:stream/consumers";
import type { BlobInfo, BlobStore, StoredBlob } from "../../core/blobs.ts";
import { GatewayError } from "../../core/errors.ts";
import { parseS3Uri } from "../../core/s3-uri.ts";
import { destroyOnAbort } from "../../lib/destroy-on-abort.ts";
import { withSha256 } from "../../lib/with-sha256.ts";
import { toS3ClientConfig, type S3Settings } from "../../s3/client-config.ts";
import { createS3Objects } from "../../s3/objects.ts";
import { uploadToS3 } from "../../s3/upload.ts";
import { createS3Uploads } from "../../s3/uploads.ts";
import { checkBlobKey, isBlobKey } from "./blob-key.ts";
import { S3_BLOB_ERRORS } from "./s3-errors.ts";

export interface S3BlobsOptions extends S3Settings {
  /** `s3://bucket/prefix` */
  readonly url: string;
  /** For every call, and for each silence within a body; 120 if left out. */
  readonly timeoutSeconds?: number;
}

function spoilt(): GatewayError {
  const message = "A stored file came with other bytes than were stored.";
  return new GatewayError("storage_unavailable", message);
}

/** Not a blob's key, so that no list shows it. */
const PING_KEY = ".ping";

/** Blobs as objects below a prefix of a bucket. The AWS SDK is loaded here, and nowhere if S3 isn't configured. */
export async function createS3Blobs(options: S3BlobsOptions): Promise<BlobStore> {
  const location = parseS3Uri(options.url);
  const prefix = location.path === "" ? "" : `${location.path}/`;
  const sdk = await import("@aws-sdk/client-s3");
  const client = new sdk.S3Client(toS3ClientConfig(options));
  const target = {
    sdk,
    client,
    bucket: location.bucket,
    timeoutMilliseconds: (options.timeoutSeconds ?? 120) * 1000,
    errors: S3_BLOB_ERRORS,
  };
  const objects = createS3Objects(target);
  const uploads = createS3Uploads(target);
  const uploading = new Set<string>();
  const objectKey = (key: string) => {
    checkBlobKey(key);
    return prefix + key;
  };

  async function put(
    key: string,
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<StoredBlob> {
    const object = objectKey(key);
    let uploadId: string | null = null;
    try {
      return await uploadToS3(
        { objects, uploads },
        { key: object },
        {
          content,
          signal,
          onUploadId: (id) => {
            uploadId = id;
            uploading.add(id);
          },
        },
      );
    } finally {
      if (uploadId !== null) uploading.delete(uploadId);
    }
  }

  return {
    put,

    // What it gives back is held against the hash.
    putPiece: async (key, { content }, signal) => put(key, content, signal),

    async open(blob, signal, range) {
      if (range !== undefined && (range.start < 0 || range.start > range.end)) {
        throw new GatewayError(
          "range_not_satisfiable",
          `Bytes ${range.start} to ${range.end} are no range.`,
        );
      }
      if (typeof blob === "string") {
        return destroyOnAbort(await objects.open(objectKey(blob), signal, range), signal);
      }
      const { key, bytes, sha256 } = blob;
      const stream = await objects.open({ key: objectKey(key), bytes }, signal, range);
      const isWhole = range === undefined && sha256 !== null;
      return destroyOnAbort(isWhole ? withSha256(stream, sha256, spoilt) : stream, signal);
    },

    async stat(key, signal) {
      const found = await objects.stat(objectKey(key), signal);
      return found === null ? null : { key, bytes: found.bytes, modifiedAt: found.modifiedAt };
    },

    async delete(key, signal) {
      await objects.delete(objectKey(key), signal);
    },

    async *list(keyPrefix, signal): AsyncGenerator<BlobInfo> {
      for await (const object of objects.list(prefix + keyPrefix, signal)) {
        const key = object.key.slice(prefix.length);
        if (isBlobKey(key)) yield { ...object, key };
      }
    },

    async sweepUnfinished(olderThan, signal) {
      let removed = 0;
      for await (const upload of uploads.list(prefix, signal)) {
        if (upload.startedAt >= olderThan || uploading.has(upload.uploadId)) continue;
        if (!isBlobKey(upload.key.slice(prefix.length))) continue;
        await uploads.abort(upload, signal);
        removed += 1;
      }
      return removed;
    },

    async ping(signal) {
      const key = prefix + PING_KEY;
      await objects.put({ key, token: "ping" }, Buffer.from("1"), signal);
      await text(destroyOnAbort(await objects.open(key, signal), signal));
    },

    async close() {
      client.destroy();
    },
  };
}
