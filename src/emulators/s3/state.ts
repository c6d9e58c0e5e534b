import type { Checksum, ChecksumAlgorithm } from "./checksums.ts";
import { S3Error } from "./s3-error.ts";
import type { StoredBody } from "./stored-body.ts";

export interface StoredObject {
  readonly key: string;
  readonly body: StoredBody;
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedAt: number;
  /** Content type, user metadata and the like, as they are given back. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: (Checksum & { readonly type: "FULL_OBJECT" | "COMPOSITE" }) | null;
}

export interface StoredPart {
  readonly number: number;
  readonly body: StoredBody;
  readonly etag: string;
  readonly modifiedAt: number;
  readonly checksum: Checksum | null;
}

export interface MultipartUpload {
  readonly id: string;
  readonly key: string;
  readonly startedAt: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Every part must carry a checksum of this kind. */
  readonly algorithm: ChecksumAlgorithm | null;
  readonly parts: Map<number, StoredPart>;
}

export interface Bucket {
  readonly name: string;
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, MultipartUpload>;
}

export interface S3State {
  readonly region: string;
  /** Where bodies lie. */
  readonly directory: string;
  readonly now: () => number;
  readonly buckets: Map<string, Bucket>;
  /** How many of the next completions answer 200 with an error in the body. */
  failingCompletions: number;
}

export function findBucket(state: S3State, name: string): Bucket {
  const bucket = state.buckets.get(name);
  if (bucket !== undefined) return bucket;
  throw new S3Error("NoSuchBucket", "The specified bucket does not exist", { BucketName: name });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function checkBucketName(name: string): void {
  const isValid =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(?:xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  if (isValid) return;
  throw new S3Error("InvalidBucketName", "The specified bucket is not valid.", {
    BucketName: name,
  });
}

export function addBucket(state: S3State, name: string): void {
  checkBucketName(name);
  if (state.buckets.has(name)) {
    throw new S3Error(
      "BucketAlreadyOwnedByYou",
      "Your previous request to create the named bucket succeeded and you already own it.",
      { BucketName: name },
    );
  }
  state.buckets.set(name, { name, objects: new Map(), uploads: new Map() });
}

/** Puts an object in the place of the one before it. */
export async function replaceObject(bucket: Bucket, object: StoredObject): Promise<void> {
  const before = bucket.objects.get(object.key);
  bucket.objects.set(object.key, object);
  await before?.body.remove();
}

export async function removeObject(bucket: Bucket, key: string): Promise<void> {
  const object = bucket.objects.get(key);
  bucket.objects.delete(key);
  await object?.body.remove();
}

/** S3 orders keys by their UTF-8 bytes. */
export function compareKeys(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
