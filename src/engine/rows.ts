import type { Batch } from "../core/batch.ts";
import { isGatewayError } from "../core/errors.ts";
import type { Changes, Tables } from "../core/storage.ts";

/**
 * Changes a batch by what it is now, again if someone else was faster: a client's cancel and a poll may meet. For what
 * must not be decided twice (submitting a Part) use the table's own `update`, which refuses a row that has moved on.
 */
export async function changeBatch(
  tables: Tables,
  batchId: string,
  change: (batch: Batch) => Changes<Batch> | null,
): Promise<Batch | null> {
  for (let attempt = 1; ; attempt += 1) {
    const batch = await tables.batches.get(batchId, "every");
    if (batch === null) return null;
    const changes = change(batch);
    if (changes === null) return batch;
    try {
      return await tables.batches.update(batch, changes);
    } catch (error) {
      if (!isGatewayError(error, "stale") || attempt === 8) throw error;
    }
  }
}
