import { createHash } from "node:crypto";
import type { BlobInfo, BlobStore, StoredBlob } from "../../core/blobs.ts";

/** Most blobs are small, and with S3 each is a few round trips. */
const AT_ONCE = 8;

/** Does the work for all of them, some at a time, and gives what came of it in order. */
export async function* mapSome<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  let group: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // It is awaited with its group; until then a failure must not count as unhandled.
    result.catch(() => undefined);
    group.push(result);
    if (group.length < AT_ONCE) continue;
    yield* await Promise.all(group);
    group = [];
  }
  yield* await Promise.all(group);
}

export interface Totals {
  readonly count: number;
  readonly bytes: number;
}

export async function totalsOf(blobs: AsyncIterable<Pick<BlobInfo, "bytes">>): Promise<Totals> {
  let count = 0;
  let bytes = 0;
  for await (const blob of blobs) {
    count += 1;
    bytes += blob.bytes;
  }
  return { count, bytes };
}

export async function hashBlob(
  blobs: BlobStore,
  key: string,
  signal: AbortSignal,
): Promise<StoredBlob> {
  const hash = createHash("sha256");
  let bytes = 0;
  const chunks: AsyncIterable<Buffer> = await blobs.open(key, signal);
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

export async function copyBlob(
  { from, to }: { readonly from: BlobStore; readonly to: BlobStore },
  key: string,
  signal: AbortSignal,
): Promise<StoredBlob> {
  return to.put(key, await from.open(key, signal), signal);
}
