import type { EngineContext } from "./context.ts";

const PAGE = 200;
const UNFINISHED_AGE_MILLISECONDS = 24 * 3_600_000;

/** Removes what has outlived its time: expired files, uploads that were never completed, leftovers of writes cut short. */
export async function sweep(context: EngineContext, signal: AbortSignal): Promise<void> {
  const { database, blobs } = context;
  const now = context.now();
  for (const file of await database.files.expired(now, PAGE)) {
    if (await database.batches.inputInUse(file.id)) continue;
    await database.files.delete(file.id, "every");
    if (file.blob !== null) await blobs.delete(file.blob, signal);
  }
  for (const upload of await database.uploads.expired(now, PAGE)) {
    const parts = await database.uploads.parts(upload.id);
    await database.uploads.update(upload, { state: "cancelled" });
    for (const part of parts) await blobs.delete(part.blob, signal);
    await database.uploads.deleteParts(upload.id);
  }
  const swept = await blobs.sweepUnfinished(now - UNFINISHED_AGE_MILLISECONDS, signal);
  if (swept > 0) context.log.info({ swept }, "removed leftovers of unfinished writes");
}
