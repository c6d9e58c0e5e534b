import { archiveBatch } from "../core/archive-batch.ts";
import { blobsOfFile } from "../core/file-blobs.ts";
import { isGatewayError } from "../core/errors.ts";
import type { EngineContext } from "./context.ts";
import { removeOrphans } from "./orphans.ts";

const PAGE = 200;
const HOUR_MILLISECONDS = 3_600_000;
const DAY_MILLISECONDS = 24 * HOUR_MILLISECONDS;

export type SweepContext = Pick<EngineContext, "database" | "blobs" | "now" | "log">;

/** Removes what has outlived its time: expired files, uploads that were never completed, leftovers of what was cut short. */
export function createSweeper(context: SweepContext): (signal: AbortSignal) => Promise<void> {
  let orphansRemovedAt = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    const now = context.now();
    await removeExpiredFiles(context, signal);
    await removeExpiredUploads(context, signal);
    await context.database.createKeys.deleteExpired(now);
    const dayAgo = now - DAY_MILLISECONDS;
    const unfinished = await context.blobs.sweepUnfinished(dayAgo, signal);
    if (unfinished > 0) context.log.info({ unfinished }, "removed leftovers of unfinished writes");
    // Every blob is looked at, so not with every sweep.
    if (orphansRemovedAt > dayAgo) return;
    const orphans = await removeOrphans(context, dayAgo, signal);
    if (orphans > 0) context.log.info({ orphans }, "removed stored bytes that are no one's");
    orphansRemovedAt = now;
  };
}

/** Bytes first: a row that is left after a crash is found again. */
async function removeExpiredFiles(context: SweepContext, signal: AbortSignal): Promise<void> {
  const { database, blobs } = context;
  for (;;) {
    const files = await database.files.expired(context.now(), PAGE);
    for (const file of files) {
      signal.throwIfAborted();
      for (const blob of await blobsOfFile(database, file)) await blobs.delete(blob, signal);
      await database.transaction(async (tables) => {
        await tables.files.delete(file.id, "every");
        await archiveBatch(tables, file, context.now());
      });
    }
    if (files.length < PAGE) return;
  }
}

/** An hour late, for a client may be completing one. */
async function removeExpiredUploads(context: SweepContext, signal: AbortSignal): Promise<void> {
  const { database, blobs } = context;
  for (;;) {
    const uploads = await database.uploads.expired(context.now() - HOUR_MILLISECONDS, PAGE);
    for (const upload of uploads) {
      try {
        await database.uploads.update(upload, { state: "expired" });
      } catch (error) {
        // Its client was faster.
        if (isGatewayError(error, "stale")) continue;
        throw error;
      }
      for (const part of await database.uploads.parts(upload.id))
        await blobs.delete(part.blob, signal);
      await database.uploads.deleteParts(upload.id);
    }
    if (uploads.length < PAGE) return;
  }
}
