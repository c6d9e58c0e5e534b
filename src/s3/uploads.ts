import { callS3, describeObject, said, type MarkedKey, type S3Target } from "./calls.ts";

/** A multipart upload. */
interface S3Upload {
  readonly key: string;
  readonly uploadId: string;
}

interface UnfinishedUpload extends S3Upload {
  readonly startedAt: number;
}

export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
}

/** The multipart uploads of one bucket. */
export interface S3Uploads {
  create(object: MarkedKey, signal: AbortSignal): Promise<string>;
  sendPart(
    part: S3Upload & { readonly number: number },
    content: Uint8Array,
    signal: AbortSignal,
  ): Promise<UploadedPart>;
  complete(upload: S3Upload, parts: readonly UploadedPart[], signal: AbortSignal): Promise<void>;
  /** No error if it is gone already. */
  abort(upload: S3Upload, signal: AbortSignal): Promise<void>;
  list(prefix: string, signal: AbortSignal): AsyncIterable<UnfinishedUpload>;
}

export function createS3Uploads(target: S3Target): S3Uploads {
  const { sdk, bucket: Bucket } = target;
  return {
    async create(object, signal) {
      const command = new sdk.CreateMultipartUploadCommand({ Bucket, ...describeObject(object) });
      const { UploadId } = await callS3(target, signal, async (client, options) =>
        client.send(command, options),
      );
      return said(target, UploadId, "UploadId");
    },

    async sendPart({ key, uploadId, number }, content, signal) {
      const command = new sdk.UploadPartCommand({
        Bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber: number,
        Body: content,
      });
      const { ETag } = await callS3(target, signal, async (client, options) =>
        client.send(command, options),
      );
      return { number, etag: said(target, ETag, "ETag") };
    },

    async complete({ key, uploadId }, parts, signal) {
      const command = new sdk.CompleteMultipartUploadCommand({
        Bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: {
          Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })),
        },
      });
      const { ETag } = await callS3(target, signal, async (client, options) =>
        client.send(command, options),
      );
      // S3 may answer 200 and tell the error in the body; the SDK sees that only where the body ends with it.
      said(target, ETag, "ETag");
    },

    async abort({ key, uploadId }, signal) {
      const command = new sdk.AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: uploadId });
      await callS3(target, signal, async (client, options) => {
        try {
          await client.send(command, options);
        } catch (error) {
          if (!(error instanceof sdk.NoSuchUpload)) throw error;
        }
      });
    },

    async *list(prefix, signal) {
      let markers: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
      while (markers !== null) {
        const command: InstanceType<typeof sdk.ListMultipartUploadsCommand> =
          new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: prefix, ...markers });
        const page = await callS3(target, signal, async (client, options) =>
          client.send(command, options),
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
  };
}
