import type { Batch, Part } from "../core/batch.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import { readResolution, withoutResolution } from "../core/resolution.ts";
import type { Changes } from "../core/storage.ts";
import { adopt } from "./adopt.ts";
import type { EngineContext } from "./context.ts";
import { findJob, settledAt } from "./find-job.ts";
import { toSubmission } from "./input.ts";
import { pollIntervalMilliseconds } from "./poll.ts";
import { refusePart } from "./refuse.ts";
import { changeBatch } from "./rows.ts";
import type { PartWork, WakeAt } from "./part-work.ts";
import { endUnsent, isOverdue } from "./unsent.ts";
import { tellOfWaiting } from "./waiting.ts";

/** Nothing can prove whether the job exists, so it is never sent again by itself. */
export async function becomeUncertain(
  context: EngineContext,
  batch: Batch,
  part: Part,
): Promise<number> {
  await change(context, part, { phase: "uncertain" });
  await changeBatch(context.database, batch.id, (current) =>
    current.state === "validating" ? toInProgress(current, context.now()) : null,
  );
  context.log.warn(
    { batch: batch.id, part: part.id, lines: part.lines },
    "nobody can tell whether this submission arrived: see `crossbatch batch list --uncertain`",
  );
  return nextLook(context, batch);
}

/** Does what the operator said, else looks again: what couldn't be told apart may be by now. */
export async function settleUncertain(
  context: EngineContext,
  work: PartWork,
  signal: AbortSignal,
): Promise<WakeAt> {
  const { batch, part } = work;
  const resolution = readResolution(part);
  if (resolution !== null) {
    context.log.info({ batch: batch.id, part: part.id, resolution }, "resolved by the operator");
  }
  switch (resolution?.kind) {
    case "resend":
      return sendAgain(context, part);
    case "adopt":
      return adoptNamed(context, { ...work, jobId: resolution.jobId }, signal);
    case "give_up":
      return giveUp(context, part);
    case undefined:
      return lookAgain(context, work, signal);
    default:
      return resolution satisfies undefined;
  }
}

async function lookAgain(
  context: EngineContext,
  work: PartWork,
  signal: AbortSignal,
): Promise<WakeAt> {
  const { batch, part } = work;
  if (isOverdue(context, batch)) {
    const endedAt = await endUnsent(context, part, "expired");
    await tellOfWaiting(context.database, batch.id);
    return endedAt;
  }
  const lookedAt = Number(part.options["lookedAt"] ?? 0);
  if (context.now() < lookedAt + lookInterval(context, batch)) return nextLook(context, batch);
  const found = await findJob(context, work, signal);
  switch (found.kind) {
    case "found":
      await adopt(context, work, found.job);
      return context.now();
    case "absent": {
      const settled = settledAt(context, part);
      return context.now() >= settled ? sendAgain(context, part) : settled;
    }
    case "unknown":
      await context.database.batches.updatePart(part, {
        options: { ...part.options, lookedAt: context.now() },
      });
      return nextLook(context, batch);
    default:
      return found satisfies never;
  }
}

async function sendAgain(context: EngineContext, part: Part): Promise<number> {
  await change(context, part, { phase: "planned", options: withoutResolution(part) });
  return context.now();
}

async function adoptNamed(
  context: EngineContext,
  work: PartWork & { readonly jobId: string },
  signal: AbortSignal,
): Promise<WakeAt> {
  const { batch, part, upstream, jobId } = work;
  try {
    if (upstream.jobs === undefined) {
      throw new GatewayError("invalid_request", "This provider's jobs can't be looked up.");
    }
    const { job } = await upstream.jobs.retrieve(jobId, signal);
    if ((await toSubmission(context, batch, part).isTaken?.(job.id)) === true) {
      throw new GatewayError("conflict", "It is another submission's.");
    }
    const options = withoutResolution(part);
    await adopt(context, { ...work, part: { ...part, options } }, job);
    return context.now();
  } catch (error) {
    if (!isGatewayError(error) || error.retryable) throw error;
    context.log.warn(
      { batch: batch.id, part: part.id, job: jobId, error: error.message },
      "the job that the operator named can't be adopted",
    );
    await change(context, part, { options: withoutResolution(part) });
    return nextLook(context, batch);
  }
}

/** The error of a Part that its operator gave up. */
export const GIVEN_UP = "uncertain_submission";

/** What is known to have run nothing needs no results; of these lines nobody knows, so that each gets one. */
export function isGivenUp({ errors }: Pick<Part, "errors">): boolean {
  return errors.some(({ code }) => code === GIVEN_UP);
}

/** The lines get a result that says so; whether they ran, nobody knows. */
async function giveUp(context: EngineContext, part: Part): Promise<WakeAt> {
  const message =
    "The provider never answered, and nobody can tell whether it has the job: the operator gave it up.";
  const error = new GatewayError("internal", message, { reason: GIVEN_UP });
  const endedAt = await refusePart(context, part, error);
  await tellOfWaiting(context.database, part.batchId);
  return endedAt;
}

function change(context: EngineContext, part: Part, changes: Changes<Part>): Promise<void> {
  return context.database.transaction(async (tables) => {
    await tables.batches.updatePart(part, changes);
    await tellOfWaiting(tables, part.batchId);
  });
}

/** Slower than polls: lists are long, and what is uncertain mostly stays so. */
function lookInterval(context: EngineContext, batch: Batch): number {
  return 5 * pollIntervalMilliseconds(context, batch);
}

function nextLook(context: EngineContext, batch: Batch): number {
  return isOverdue(context, batch) ? context.now() : context.now() + lookInterval(context, batch);
}

/** It may be running: nothing more will be heard of its validation. */
function toInProgress({ times }: Batch, now: number): Pick<Batch, "state" | "times"> {
  return { state: "in_progress", times: { ...times, inProgressAt: now } };
}
