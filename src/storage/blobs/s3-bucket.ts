import type { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import type { BlobInfo, ByteRange } from "../../core/blobs.ts";
import { GatewayError } from "../../core/errors.ts";
import { withDeadline } from "./deadline.ts";
import { toS3BlobError } from "./s3-errors.ts";
import { wholeBody } from "./whole-body.ts";

export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
}

export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly startedAt: number;
}

type Upload = Pick<UnfinishedUpload, "key" | "uploadId">;
type Marked = { readonly key: string; readonly token: string };

/** The calls that we make on one bucket. Each is aborted by its signal and by a deadline, and throws `GatewayError`. */
export interface S3Bucket {
  putObject(object: Marked, content: Uint8Array, signal: AbortSignal): Promise<void>;
  createUpload(object: Marked, signal: AbortSignal): Promise<string>;
  uploadPart(
    part: Upload & { readonly number: number },
    content: Uint8Array,
    signal: AbortSignal,
  ): Promise<UploadedPart>;
  completeUpload(
    upload: Upload,
    parts: readonly UploadedPart[],
    signal: AbortSignal,
  ): Promise<void>;
  /** No error if it is gone already. */
  abortUpload(upload: Upload, signal: AbortSignal): Promise<void>;
  abortUploadsOf(key: string, signal: AbortSignal): Promise<void>;
  listUploads(prefix: string, signal: AbortSignal): AsyncIterable<UnfinishedUpload>;
  openObject(key: string, signal: AbortSignal, range?: ByteRange): Promise<Readable>;
  /** Null if there is none. */
  statObject(key: string, signal: AbortSignal): Promise<BlobInfo | null>;
  /** What `putObject` or `createUpload` marked the object with; null if there is none. */
  tokenOf(key: string, signal: AbortSignal): Promise<string | null>;
  deleteObject(key: string, signal: AbortSignal): Promise<void>;
  listObjects(prefix: string, signal: AbortSignal): AsyncIterable<BlobInfo>;
}

const TOKEN = "crossbatch-put";

export function createS3Bucket(
  sdk: typeof import("@aws-sdk/client-s3"),
  client: S3Client,
  target: { readonly bucket: string; readonly timeoutMilliseconds: number },
): S3Bucket {
  const { bucket: Bucket, timeoutMilliseconds } = target;

  const run = async <Answer>(
    about: "object" | "bucket",
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> => {
    try {
      return await withDeadline(timeoutMilliseconds, signal, call);
    } catch (error) {
      signal.throwIfAborted();
      throw toS3BlobError(error, about === "object");
    }
  };
  const head = async (key: string, signal: AbortSignal) => {
    try {
      return await run("object", signal, async (abortSignal) =>
        client.send(new sdk.HeadObjectCommand({ Bucket, Key: key }), { abortSignal }),
      );
    } catch (error) {
      if (error instanceof GatewayError && error.code === "not_found") return null;
      throw error;
    }
  };

  const bucket: S3Bucket = {
    async putObject({ key, token }, content, signal) {
      const command = new sdk.PutObjectCommand({
        Bucket,
        Key: key,
        Body: content,
        ContentType: "application/octet-stream",
        Metadata: { [TOKEN]: token },
      });
      await run("bucket", signal, async (abortSignal) => client.send(command, { abortSignal }));
    },

    async createUpload({ key, token }, signal) {
      const command = new sdk.CreateMultipartUploadCommand({
        Bucket,
        Key: key,
        ContentType: "application/octet-stream",
        Metadata: { [TOKEN]: token },
      });
      const { UploadId } = await run("bucket", signal, async (abortSignal) =>
        client.send(command, { abortSignal }),
      );
      return said(UploadId, "UploadId");
    },

    async uploadPart({ key, uploadId, number }, content, signal) {
      const command = new sdk.UploadPartCommand({
        Bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber: number,
        Body: content,
      });
      const { ETag } = await run("bucket", signal, async (abortSignal) =>
        client.send(command, { abortSignal }),
      );
      return { number, etag: said(ETag, "ETag") };
    },

    async completeUpload({ key, uploadId }, parts, signal) {
      const command = new sdk.CompleteMultipartUploadCommand({
        Bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: {
          Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })),
        },
      });
      const { ETag } = await run("bucket", signal, async (abortSignal) =>
        client.send(command, { abortSignal }),
      );
      // S3 may answer 200 and tell the error in the body; the SDK sees that only where the body ends with it.
      said(ETag, "ETag");
    },

    async abortUpload({ key, uploadId }, signal) {
      const command = new sdk.AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: uploadId });
      await run("bucket", signal, async (abortSignal) => {
        try {
          await client.send(command, { abortSignal });
        } catch (error) {
          if (!(error instanceof sdk.NoSuchUpload)) throw error;
        }
      });
    },

    async abortUploadsOf(key, signal) {
      for await (const upload of bucket.listUploads(key, signal)) {
        if (upload.key === key) await bucket.abortUpload(upload, signal);
      }
    },

    async *listUploads(prefix, signal) {
      let markers: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
      while (markers !== null) {
        const command: InstanceType<typeof sdk.ListMultipartUploadsCommand> =
          new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: prefix, ...markers });
        const page = await run("bucket", signal, async (abortSignal) =>
          client.send(command, { abortSignal }),
        );
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          if (Key === undefined || UploadId === undefined) continue;
          yield { key: Key, uploadId: UploadId, startedAt: Initiated?.getTime() ?? 0 };
        }
        const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
        markers =
          IsTruncated === true && NextKeyMarker !== undefined
            ? {
                KeyMarker: NextKeyMarker,
                ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
              }
            : null;
      }
    },

    async openObject(key, signal, range) {
      const command = new sdk.GetObjectCommand({
        Bucket,
        Key: key,
        ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` }),
      });
      const { Body, ContentLength } = await run("object", signal, async (abortSignal) =>
        client.send(command, { abortSignal }),
      );
      const bytes = range === undefined ? ContentLength : range.end - range.start + 1;
      if (bytes === undefined || !isReadable(Body)) throw unreadable("Content-Length");
      return wholeBody(Body, { bytes, idleMilliseconds: timeoutMilliseconds });
    },

    async statObject(key, signal) {
      const found = await head(key, signal);
      if (found === null) return null;
      if (found.ContentLength === undefined) throw unreadable("Content-Length");
      return { key, bytes: found.ContentLength, modifiedAt: found.LastModified?.getTime() ?? 0 };
    },

    async tokenOf(key, signal) {
      return (await head(key, signal))?.Metadata?.[TOKEN] ?? null;
    },

    async deleteObject(key, signal) {
      const command = new sdk.DeleteObjectCommand({ Bucket, Key: key });
      await run("bucket", signal, async (abortSignal) => client.send(command, { abortSignal }));
    },

    async *listObjects(prefix, signal) {
      let token: string | undefined;
      do {
        const command: InstanceType<typeof sdk.ListObjectsV2Command> = new sdk.ListObjectsV2Command(
          {
            Bucket,
            Prefix: prefix,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          },
        );
        const page = await run("bucket", signal, async (abortSignal) =>
          client.send(command, { abortSignal }),
        );
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          if (Key === undefined || Size === undefined) continue;
          yield { key: Key, bytes: Size, modifiedAt: LastModified?.getTime() ?? 0 };
        }
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },
  };
  return bucket;
}

function isReadable(body: unknown): body is Readable {
  return typeof body === "object" && body !== null && "pause" in body && "destroy" in body;
}

function said(value: string | undefined, name: string): string {
  if (value === undefined || value === "") throw unreadable(name);
  return value;
}

function unreadable(missing: string): GatewayError {
  return new GatewayError(
    "storage_unavailable",
    `The S3 bucket that holds the files answered without ${missing}.`,
  );
}
