import type { BlobStore } from "../core/blobs.ts";
import { ownTime } from "../lib/own-time.ts";

/** As far as the store can be reached: what is left is found by the end of the batch, or swept. */
export async function removeMade(blobs: BlobStore, keys: Iterable<string>): Promise<void> {
  const signal = ownTime();
  for (const key of keys) await blobs.delete(key, signal).catch(() => undefined);
}
