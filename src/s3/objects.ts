import type { Readable } from "node:stream";
import type { BlobInfo, ByteRange, KnownBlob } from "../core/blobs.ts";
import { GatewayError } from "../core/errors.ts";
import {
  callS3,
  describeObject,
  said,
  tokenIn,
  unreadable,
  type MarkedKey,
  type S3Target,
} from "./calls.ts";
import { httpStatusOf } from "./sdk-error.ts";
import { wholeBody } from "./whole-body.ts";

export interface S3ObjectInfo extends BlobInfo {
  readonly contentType: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The objects of one bucket. */
export interface S3Objects {
  put(object: MarkedKey, content: Uint8Array, signal: AbortSignal): Promise<void>;
  /** With a known length an object of another is an error. */
  open(
    object: string | Pick<KnownBlob, "key" | "bytes">,
    signal: AbortSignal,
    range?: ByteRange,
  ): Promise<Readable>;
  /** Null if there is none. */
  stat(key: string, signal: AbortSignal): Promise<S3ObjectInfo | null>;
  /** What its `put` or `create` marked the object with; null if there is none. */
  tokenOf(key: string, signal: AbortSignal): Promise<string | null>;
  delete(key: string, signal: AbortSignal): Promise<void>;
  /** In the order of their keys; `after`: only those behind this key. */
  list(prefix: string, signal: AbortSignal, after?: string): AsyncIterable<BlobInfo>;
}

export function createS3Objects(target: S3Target): S3Objects {
  const { sdk, bucket: Bucket, timeoutMilliseconds, errors } = target;
  const head = async (key: string, signal: AbortSignal) => {
    const command = new sdk.HeadObjectCommand({ Bucket, Key: key });
    return callS3(target, signal, async (client, options) => {
      try {
        const found = await client.send(command, options);
        return { ...found, ETag: said(target, found.ETag, "ETag") };
      } catch (error) {
        if (httpStatusOf(error) === 404) return null;
        throw error;
      }
    });
  };

  return {
    async put(object, content, signal) {
      const command = new sdk.PutObjectCommand({
        Bucket,
        ...describeObject(object),
        Body: content,
      });
      const { ETag } = await callS3(target, signal, async (client, options) =>
        client.send(command, options),
      );
      said(target, ETag, "ETag");
    },

    async open(object, signal, range) {
      const { key, bytes: known } =
        typeof object === "string" ? { key: object, bytes: null } : object;
      const command = new sdk.GetObjectCommand({
        Bucket,
        Key: key,
        ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` }),
      });
      const { Body, ContentLength, ContentRange, ETag } = await callS3(
        target,
        signal,
        async (client, options) => client.send(command, options),
      );
      const bytes = range === undefined ? ContentLength : range.end - range.start + 1;
      if (bytes === undefined || !isReadable(Body)) throw unreadable(target, "Content-Length");
      try {
        // Who answers 200 without one is no S3, but something in between.
        said(target, ETag, "ETag");
        if (range !== undefined && ContentRange?.startsWith(`bytes ${range.start}-`) !== true) {
          throw unreadable(target, "the range it was asked for");
        }
        const whole = range === undefined ? bytes : lengthIn(ContentRange);
        if (known !== null && whole !== null && whole !== known) {
          const { broken, object: name } = errors;
          throw new GatewayError(broken, `${name} came with ${whole} bytes in place of ${known}.`);
        }
      } catch (error) {
        Body.destroy();
        throw error;
      }
      return wholeBody(Body, {
        bytes,
        idleMilliseconds: timeoutMilliseconds,
        errors,
      });
    },

    async stat(key, signal) {
      const found = await head(key, signal);
      if (found === null) return null;
      if (found.ContentLength === undefined) throw unreadable(target, "Content-Length");
      return {
        key,
        bytes: found.ContentLength,
        modifiedAt: found.LastModified?.getTime() ?? 0,
        contentType: found.ContentType ?? null,
        metadata: found.Metadata ?? {},
      };
    },

    async tokenOf(key, signal) {
      return tokenIn((await head(key, signal))?.Metadata);
    },

    async delete(key, signal) {
      const command = new sdk.DeleteObjectCommand({ Bucket, Key: key });
      await callS3(target, signal, async (client, options) => client.send(command, options));
    },

    async *list(prefix, signal, after) {
      let token: string | undefined;
      do {
        const command: InstanceType<typeof sdk.ListObjectsV2Command> = new sdk.ListObjectsV2Command(
          {
            Bucket,
            Prefix: prefix,
            ...(after === undefined ? {} : { StartAfter: after }),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          },
        );
        const page = await callS3(target, signal, async (client, options) =>
          client.send(command, options),
        );
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          if (Key === undefined || Size === undefined) continue;
          yield { key: Key, bytes: Size, modifiedAt: LastModified?.getTime() ?? 0 };
        }
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },
  };
}

/** `bytes 0-9/100` tells the length of the whole object; `*` in its place that it isn't told. */
function lengthIn(contentRange: string | undefined): number | null {
  const [, length] = /\/(\d+)$/.exec(contentRange ?? "") ?? [];
  return length === undefined ? null : Number(length);
}

function isReadable(body: unknown): body is Readable {
  return typeof body === "object" && body !== null && "pause" in body && "destroy" in body;
}
