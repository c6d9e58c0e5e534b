import type { Batch, Part } from "../core/batch.ts";
import { isTerminal } from "../core/batch.ts";
import type { EngineContext } from "./context.ts";
import { collectPart } from "./collect.ts";
import { failBatch, removeLeftovers } from "./end.ts";
import { finishBatch } from "./finish.ts";
import { headersOf } from "./input.ts";
import { planBatch } from "./plan.ts";
import { pollIntervalMilliseconds, pollPart } from "./poll.ts";
import type { PartWork, WakeAt } from "./submit.ts";
import { submitPart } from "./submit.ts";

/** Beyond its window a batch that its provider never took, or never ends, is ended here. */
const EXPIRY_GRACE_MILLISECONDS = 3_600_000;

/**
 * Brings a batch forward as far as it goes now, and says when to look again; null when it has ended. It may be killed
 * anywhere and run again: each step reads the row, acts, and writes what was done.
 */
export async function advanceBatch(
  context: EngineContext,
  batchId: string,
  signal: AbortSignal,
): Promise<WakeAt> {
  const wakeAt = await stepForward(context, batchId, signal);
  if (wakeAt === null) await removeLeftovers(context, batchId, signal);
  return wakeAt;
}

async function stepForward(
  context: EngineContext,
  batchId: string,
  signal: AbortSignal,
): Promise<WakeAt> {
  const batch = await context.database.batches.get(batchId, "every");
  if (batch === null || isTerminal(batch.state)) return null;
  const provider = context.providers.get(batch.provider);
  if (batch.options["rejection"] !== undefined) {
    // What was wrong at create is on the row already: the client sees `validating` first, as at OpenAI.
    await failBatch(context, batch, batch.errors);
    return null;
  }
  let parts = await context.database.batches.parts(batch.id);
  if (parts.length === 0) parts = await planBatch(context, { batch, provider }, signal);
  const access = await context.accounts.reopen(batch.account, provider, headersOf(batch));
  const upstream = provider.connect(access);
  const wakes: number[] = [];
  for (const part of parts) {
    const wakeAt = await advancePart(
      context,
      { batch, part, provider, upstream, account: access.account },
      signal,
    );
    if (wakeAt !== null) wakes.push(wakeAt);
  }
  const now = await context.database.batches.get(batch.id, "every");
  if (now === null || isTerminal(now.state)) return null;
  const current = await context.database.batches.parts(batch.id);
  if (current.length > 0 && current.every((part) => part.phase === "collected")) {
    await finishBatch(context, { batch: now, parts: current, provider }, signal);
    return null;
  }
  // Every unfinished batch is looked at again, if only to let it expire.
  return wakes.length > 0 ? Math.min(...wakes) : context.now() + 60_000;
}

async function advancePart(
  context: EngineContext,
  work: PartWork,
  signal: AbortSignal,
): Promise<WakeAt> {
  const { batch, part, upstream } = work;
  switch (part.phase) {
    case "planned":
      if (batch.state === "cancelling") return endUnsent(context, part, "cancelled");
      if (isOverdue(context, batch)) return endUnsent(context, part, "expired");
      return submitPart(context, work, signal);
    case "submitting":
      return submitPart(context, work, signal);
    case "uncertain":
      return isOverdue(context, batch) ? endUnsent(context, part, "expired") : null;
    case "submitted":
      return followJob(context, work, signal);
    case "ended":
      await collectPart(context, { batch, part, upstream }, signal);
      return context.now();
    case "collected":
    case "failed":
      return null;
    default:
      return part.phase satisfies never;
  }
}

async function followJob(
  context: EngineContext,
  work: PartWork,
  signal: AbortSignal,
): Promise<WakeAt> {
  const { batch, upstream } = work;
  let { part } = work;
  if (batch.state === "cancelling" && part.job !== null && part.options["cancelSent"] !== true) {
    await upstream.cancel(part.job, signal);
    part = await context.database.batches.updatePart(part, {
      options: { ...part.options, cancelSent: true },
    });
  }
  const interval = pollIntervalMilliseconds(context, batch);
  const dueAt = (batch.polledAt ?? 0) + interval;
  if (context.now() < dueAt) return dueAt;
  if (isOverdue(context, batch)) {
    context.log.warn(
      { batch: batch.id, part: part.id },
      "the provider hasn't ended this batch long after its window",
    );
  }
  part = await pollPart(context, { batch, part, upstream }, signal);
  if (part.phase !== "ended") return context.now() + interval;
  await collectPart(context, { batch, part, upstream }, signal);
  return context.now();
}

/** A Part that never reached its provider ends with no result: each of its lines gets a line that says so. */
async function endUnsent(
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

function isOverdue(context: EngineContext, batch: Batch): boolean {
  return (
    batch.times.expiresAt !== null &&
    context.now() > batch.times.expiresAt + EXPIRY_GRACE_MILLISECONDS
  );
}
