import type { Batch, BatchError, Part } from "../core/batch.ts";
import { isTerminal } from "../core/batch.ts";
import { isGatewayError } from "../core/errors.ts";
import { LineTooLongError } from "../lib/line-splitter.ts";
import type { EngineContext } from "./context.ts";
import { collectPart } from "./collect.ts";
import { failBatch, removeLeftovers } from "./end.ts";
import { finishBatch } from "./finish.ts";
import { connect } from "./connect.ts";
import { EarlySubmissions } from "./early-submissions.ts";
import { confirmInput } from "./input.ts";
import { planBatch } from "./plan.ts";
import { pollIntervalMilliseconds, pollPart } from "./poll.ts";
import type { PartWork, WakeAt } from "./part-work.ts";
import { runDirectPart } from "./run-direct.ts";
import { submitPart } from "./submit.ts";
import { settleUncertain } from "./uncertain.ts";
import { endUnsent, reasonNotToSend } from "./unsent.ts";

/** How long past its window a batch is followed whose provider doesn't answer: its results may come back with it. */
const ABANDON_MILLISECONDS = 7 * 86_400_000;

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
  if (batch.options["rejection"] !== undefined) {
    // What was wrong at create is on the row already: the client sees `validating` first, as at OpenAI.
    await failBatch(context, batch, batch.errors);
    return null;
  }
  const wakeAt = await planAndAdvance(context, batch, signal);
  if (wakeAt === null) return null;
  const now = await context.database.batches.get(batch.id, "every");
  if (now === null || isTerminal(now.state)) return null;
  const current = await context.database.batches.parts(batch.id);
  if (current.every((part) => part.phase === "collected")) {
    await finishBatch(context, { batch: now, parts: current }, signal);
    return null;
  }
  return wakeAt;
}

/** Null if the input can't be used, which has ended the batch. */
async function planAndAdvance(
  context: EngineContext,
  batch: Batch,
  signal: AbortSignal,
): Promise<WakeAt> {
  const early = new EarlySubmissions(context, batch, signal);
  try {
    const parts = await planOnce(context, { batch, early }, signal);
    // While its lines were read, it may have been cancelled.
    const now = parts === null ? null : await context.database.batches.get(batch.id, "every");
    if (parts === null || now === null || isTerminal(now.state)) return null;
    return isAbandoned(context, now)
      ? await abandonParts(context, parts)
      : await advanceParts(context, { batch: now, parts, early }, signal);
  } finally {
    early.drop();
  }
}

async function planOnce(
  context: EngineContext,
  { batch, early }: Pick<PartWork, "batch" | "early">,
  signal: AbortSignal,
): Promise<readonly Part[] | null> {
  const parts = await context.database.batches.parts(batch.id);
  // There may be none: no line could be sent.
  if (parts.length > 0 || batch.options["planned"] === true) return parts;
  try {
    return await planBatch(context, { batch, early }, signal);
  } catch (error) {
    const reason = unusableInput(error);
    if (reason === null) throw error;
    if (error instanceof LineTooLongError) await confirmInput(context, batch, signal);
    await failBatch(context, batch, [reason]);
    return null;
  }
}

function unusableInput(error: unknown): BatchError | null {
  const common = { code: "invalid_request", param: null, line: null };
  if (error instanceof LineTooLongError) {
    return { ...common, message: `This ${error.message}.`, line: error.line };
  }
  if (isGatewayError(error, "not_found")) {
    return { ...common, message: "The input file was deleted.", param: "file_id" };
  }
  return null;
}

function isAbandoned(context: EngineContext, batch: Batch): boolean {
  const { expiresAt } = batch.times;
  return expiresAt !== null && context.now() > expiresAt + ABANDON_MILLISECONDS;
}

async function abandonParts(context: EngineContext, parts: readonly Part[]): Promise<number> {
  for (const part of parts) {
    if (part.phase === "collected") continue;
    context.log.warn(
      { batch: part.batchId, part: part.id, job: part.job?.id },
      "the provider never ended this batch; it is given up",
    );
    await endUnsent(context, part, "expired");
  }
  return context.now();
}

async function advanceParts(
  context: EngineContext,
  { batch, parts, early }: Pick<PartWork, "batch" | "early"> & { readonly parts: readonly Part[] },
  signal: AbortSignal,
): Promise<number> {
  const shared = { batch, early, ...(await connect(context, batch)) };
  const wakes: number[] = [];
  for (const part of parts) {
    const wakeAt = await advancePart(context, { ...shared, part }, signal);
    if (wakeAt !== null) wakes.push(wakeAt);
  }
  // Every unfinished batch is looked at again, if only to let it expire.
  return wakes.length > 0 ? Math.min(...wakes) : context.now() + 60_000;
}

async function advancePart(
  context: EngineContext,
  work: PartWork,
  signal: AbortSignal,
): Promise<WakeAt> {
  const { batch, part } = work;
  if (part.mode === "direct" && (part.phase === "planned" || part.phase === "submitted")) {
    const unwanted = part.phase === "planned" ? reasonNotToSend(context, batch) : null;
    if (unwanted !== null) return endUnsent(context, part, unwanted);
    return runDirectPart(context, work, signal);
  }
  switch (part.phase) {
    case "planned":
    case "submitting":
      return submitPart(context, work, signal);
    case "uncertain":
      return settleUncertain(context, work, signal);
    case "submitted":
      return followJob(context, work, signal);
    case "ended":
      return collectNow(context, work, signal);
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
  const polledAt = batch.polledAt ?? 0;
  const dueAt = polledAt + interval;
  // Asked in the future: the clock was set back.
  if (polledAt <= context.now() && context.now() < dueAt) return dueAt;
  part = await pollPart(context, { batch, part, upstream }, signal);
  if (part.phase !== "ended") return context.now() + interval;
  return collectNow(context, { ...work, part }, signal);
}

/** Later again where not all was given. */
async function collectNow(
  context: EngineContext,
  work: PartWork,
  signal: AbortSignal,
): Promise<WakeAt> {
  const { phase } = await collectPart(context, work, signal);
  const wait = phase === "collected" ? 0 : pollIntervalMilliseconds(context, work.batch);
  return context.now() + wait;
}
