import type { StoredFile } from "./file.ts";
import type { ClientTables } from "./storage.ts";

/** Says of a batch that a file of its results goes away: what is left of them is no longer served. */
export async function archiveBatch(
  tables: ClientTables,
  { batchId, owner }: Pick<StoredFile, "batchId" | "owner">,
  now: number,
): Promise<void> {
  const batch = batchId === null ? null : await tables.batches.get(batchId, [owner]);
  if (batch === null || batch.options["archivedAt"] !== undefined) return;
  await tables.batches.update(batch, { options: { ...batch.options, archivedAt: now } });
}
