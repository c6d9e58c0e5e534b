import type { Batch, BatchError, BatchTimes } from "../core/batch.ts";
import { isTerminal } from "../core/batch.ts";
import { GatewayError } from "../core/errors.ts";
import type { Changes, Tables } from "../core/storage.ts";
import type { EngineContext } from "./context.ts";
import { inputBlob } from "./input.ts";
import { lineIndexKey, preparedPrefix } from "./blob-keys.ts";
import { changeBatch } from "./rows.ts";

export type Outcome = "completed" | "failed" | "expired" | "cancelled";

/** Says in the caller's transaction that a batch has ended, and lets go of the client's key. */
export async function saveEnd(
  context: EngineContext,
  tables: Tables,
  end: {
    readonly batch: Batch;
    readonly outcome: Outcome;
    readonly now: number;
    /** What else is said with it. */
    readonly changes: (current: Batch) => Changes<Batch>;
  },
): Promise<void> {
  const { batch, outcome, now, changes } = end;
  await changeBatch(tables, batch.id, (current) => {
    if (isTerminal(current.state)) {
      throw new GatewayError("stale", `Batch ${batch.id} has ended meanwhile.`);
    }
    return {
      ...changes(current),
      state: outcome,
      times: { ...current.times, ...endTimes(current, outcome, now) },
    };
  });
  await tables.events.append({
    id: context.newId(now),
    at: now,
    owner: batch.owner,
    actor: "engine",
    kind: "batch",
    objectId: batch.id,
    what: outcome,
    data: {},
  });
  await context.accounts.release(batch.account, tables);
}

/** Ends a batch that has no results, for these reasons. */
export async function failBatch(
  context: EngineContext,
  batch: Batch,
  errors: readonly BatchError[],
): Promise<void> {
  await context.database.transaction((tables) =>
    saveEnd(context, tables, {
      batch,
      outcome: "failed",
      now: context.now(),
      changes: () => ({ errors }),
    }),
  );
  context.telemetry.batchState(batch.provider, "failed");
}

function endTimes(batch: Batch, outcome: Outcome, now: number): Partial<BatchTimes> {
  switch (outcome) {
    case "completed":
      return { finalizingAt: batch.times.finalizingAt ?? now, completedAt: now };
    case "failed":
      return { failedAt: now };
    case "expired":
      return { expiredAt: now };
    case "cancelled":
      return { cancellingAt: batch.times.cancellingAt ?? now, cancelledAt: now };
    default:
      return outcome satisfies never;
  }
}

/** Removes what only a running batch needs. The wake that ended the batch does this last, so that after a crash it is done again. */
export async function removeLeftovers(
  context: EngineContext,
  batchId: string,
  signal: AbortSignal,
): Promise<void> {
  await context.blobs.delete(lineIndexKey(batchId), signal);
  for await (const { key } of context.blobs.list(`${preparedPrefix(batchId)}/part-`, signal)) {
    await context.blobs.delete(key, signal);
  }
  for (const { id, mode } of await context.database.batches.parts(batchId)) {
    if (mode === "native") continue;
    for await (const { key } of context.blobs.list(`results/${id}/direct-`, signal)) {
      await context.blobs.delete(key, signal);
    }
  }
  const batch = await context.database.batches.get(batchId, "every");
  const blob = batch === null ? null : inputBlob(batch);
  if (batch === null || blob === null || batch.inputFileId === null) return;
  const file = await context.database.files.get(batch.inputFileId, "every");
  const isNeeded = file !== null || (await context.database.batches.inputInUse(batch.inputFileId));
  if (!isNeeded) await context.blobs.delete(blob, signal);
}
