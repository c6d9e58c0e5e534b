import { text } from "node:stream/consumers";
import type { BlobInfo, BlobStore } from "../../core/blobs.ts";
import { GatewayError } from "../../core/errors.ts";
import { parseS3Uri } from "../../core/s3-uri.ts";
import { checkBlobKey, isBlobKey } from "./blob-key.ts";
import { destroyOnAbort } from "./destroy-on-abort.ts";
import { createS3Objects } from "./s3-objects.ts";
import { uploadToS3 } from "./s3-upload.ts";
import { createS3Uploads } from "./s3-uploads.ts";

export interface S3BlobsOptions {
  /** `s3://bucket/prefix` */
  readonly url: string;
  /** Null or left out: AWS. */
  readonly endpoint?: string | null;
  readonly region?: string;
  /** Whether the bucket stands in the path; null or left out: it does where `endpoint` is set. */
  readonly pathStyle?: boolean | null;
  readonly checksums?: "when_required" | "when_supported";
  /** Left out: where AWS's own settings say. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** For every call, and for each silence within a body; 120 if left out. */
  readonly timeoutSeconds?: number;
}

const CONNECT_MILLISECONDS = 5_000;
/** The SDK's 50 would let that many slow downloads keep every upload waiting. */
const MAX_SOCKETS = 2_000;
/** Not a blob's key, so that no list shows it. */
const PING_KEY = ".ping";

/** Blobs as objects below a prefix of a bucket. The AWS SDK is loaded here, and nowhere if S3 isn't configured. */
export async function createS3Blobs(options: S3BlobsOptions): Promise<BlobStore> {
  const location = parseS3Uri(options.url);
  const prefix = location.path === "" ? "" : `${location.path}/`;
  const sdk = await import("@aws-sdk/client-s3");
  const client = new sdk.S3Client(toClientConfig(options));
  const target = {
    sdk,
    client,
    bucket: location.bucket,
    timeoutMilliseconds: (options.timeoutSeconds ?? 120) * 1000,
  };
  const objects = createS3Objects(target);
  const uploads = createS3Uploads(target);
  const uploading = new Set<string>();
  const objectKey = (key: string) => {
    checkBlobKey(key);
    return prefix + key;
  };

  return {
    async put(key, content, signal) {
      const object = objectKey(key);
      let uploadId: string | null = null;
      try {
        return await uploadToS3({ objects, uploads }, object, {
          content,
          signal,
          onUploadId: (id) => {
            uploadId = id;
            uploading.add(id);
          },
        });
      } finally {
        if (uploadId !== null) uploading.delete(uploadId);
      }
    },

    async open(key, signal, range) {
      if (range !== undefined && (range.start < 0 || range.start > range.end)) {
        throw new GatewayError(
          "range_not_satisfiable",
          `Bytes ${range.start} to ${range.end} are no range.`,
        );
      }
      return destroyOnAbort(await objects.open(objectKey(key), signal, range), signal);
    },

    async stat(key, signal) {
      const found = await objects.stat(objectKey(key), signal);
      return found === null ? null : { ...found, key };
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

function toClientConfig(options: S3BlobsOptions) {
  const hasEndpoint = options.endpoint !== undefined && options.endpoint !== null;
  const whenRequired = options.checksums !== "when_supported";
  const checksums = whenRequired ? "WHEN_REQUIRED" : "WHEN_SUPPORTED";
  return {
    ...(hasEndpoint ? { endpoint: options.endpoint } : {}),
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    forcePathStyle: options.pathStyle ?? hasEndpoint,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    // With it the SDK opens a new connection for every part.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_MILLISECONDS,
      socketTimeout: 0,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  } as const;
}
