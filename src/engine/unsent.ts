import type { Batch, Part } from "../core/batch.ts";
import type { EngineContext } from "./context.ts";
import type { WakeAt } from "./part-work.ts";

/** Beyond its window a batch that its provider never took is ended here. */
const EXPIRY_GRACE_MILLISECONDS = 3_600_000;

export function reasonNotToSend(
  context: EngineContext,
  batch: Batch,
): "cancelled" | "expired" | null {
  if (batch.state === "cancelling") return "cancelled";
  return isOverdue(context, batch) ? "expired" : null;
}

export function isOverdue(context: EngineContext, batch: Batch): boolean {
  const { expiresAt } = batch.times;
  return expiresAt !== null && context.now() > expiresAt + EXPIRY_GRACE_MILLISECONDS;
}

/** A Part whose provider never had it, or never gave it back, has no results: each of its lines gets one that says so. */
export async function endUnsent(
  context: EngineContext,
  part: Part,
  outcome: "cancelled" | "expired",
): Promise<WakeAt> {
  const now = context.now();
  await context.database.batches.updatePart(part, {
    phase: "collected",
    outcome,
    endedAt: now,
    collectedAt: now,
    options: { ...part.options, faults: { missing: part.lines, doubled: 0, foreign: 0 } },
  });
  return now;
}
