import type { JobRef } from "../core/batch.ts";
import { type GatewayError, isGatewayError } from "../core/errors.ts";
import { adopt } from "./adopt.ts";
import type { EngineContext } from "./context.ts";
import { findJob, settledAt } from "./find-job.ts";
import { ensureInputThere, toSubmission } from "./input.ts";
import type { PartWork, WakeAt } from "./part-work.ts";
import { withLiveCopy, withoutLostCopy } from "./lost-copy.ts";
import { holdOrRefuse } from "./refuse.ts";
import { becomeUncertain } from "./uncertain.ts";
import { endUnsent, reasonNotToSend } from "./unsent.ts";
import { heldUntil, holdPart } from "./waiting.ts";

/**
 * Hands a Part to its provider exactly once. Crash windows: before the token is committed no whole request was sent; after it the
 * job may exist, and only `find` says so. A refusal proves that nothing was made; a lost reply proves nothing.
 */
export async function submitPart(
  context: EngineContext,
  work: PartWork,
  signal: AbortSignal,
): Promise<WakeAt> {
  const { batch, upstream } = work;
  let { part } = work;
  if (part.phase === "submitting") {
    const wakeAt = await findOrWait(context, { ...work, part }, signal);
    if (wakeAt !== "absent") return wakeAt;
  }
  const held = part.phase === "planned" ? heldUntil(part) : null;
  const unwanted = reasonNotToSend(context, batch);
  if (unwanted !== null) return endUnsent(context, part, unwanted);
  if (held !== null && held > context.now()) return held;
  const { takesInputFiles } = work.provider;
  if (part.phase === "planned" && takesInputFiles && upstream.files !== undefined) {
    try {
      part = await withLiveCopy(context, { batch, part }, signal);
      part = await ensureInputThere(context, { ...work, part, files: upstream.files }, signal);
    } catch (error) {
      return holdOrRefuse(context, { ...work, part }, error);
    }
  }
  part = await context.database.batches.updatePart(part, {
    phase: "submitting",
    submittingAt: context.now(),
    attempts: part.attempts + 1,
  });
  signal.throwIfAborted();
  let job: JobRef;
  try {
    const early = work.early.take(part.id);
    job = await (early?.finish() ?? upstream.submit(toSubmission(context, batch, part), signal));
  } catch (error) {
    if (isGatewayError(error) && error.details.notSent === true) {
      return notTaken(context, { ...work, part, error }, signal);
    }
    context.log.warn(
      { batch: batch.id, part: part.id, error: String(error) },
      "no answer to a submission: looking for its job",
    );
    const wakeAt = await findOrWait(context, { ...work, part }, signal);
    return wakeAt === "absent" ? settledAt(context, part) : wakeAt;
  }
  await adopt(context, { ...work, part }, job);
  return context.now();
}

/** A conflict that lasts this long is no passing one. */
const MAX_CONFLICTS = 20;

/** Nothing was made by this call; whether it is worth another depends on why. */
async function notTaken(
  context: EngineContext,
  work: PartWork & { readonly error: GatewayError },
  signal: AbortSignal,
): Promise<WakeAt> {
  const { part, error } = work;
  if (error.retryable) return holdOrRefuse(context, work, error);
  if (isGatewayError(error, "upstream_conflict") && part.attempts < MAX_CONFLICTS) {
    // It may be with an earlier call for this very job, or with anything else that goes on there.
    const found = await findJob(context, work, signal);
    if (found.kind !== "found" || found.isGuess === true) return holdPart(context, part, error);
    await adopt(context, work, found.job);
    return context.now();
  }
  const anew = await withoutLostCopy(context, work, signal);
  return anew === null ? holdOrRefuse(context, work, error) : context.now();
}

/** `absent` only once a call that is still on its way could no longer take effect. */
async function findOrWait(
  context: EngineContext,
  work: PartWork,
  signal: AbortSignal,
): Promise<WakeAt | "absent"> {
  const { batch, part } = work;
  const found = await findJob(context, work, signal);
  switch (found.kind) {
    case "found":
      context.log.info(
        { batch: batch.id, part: part.id, job: found.job.id },
        "adopted a job whose reply was lost",
      );
      await adopt(context, work, found.job);
      return context.now();
    case "unknown":
      return becomeUncertain(context, batch, part);
    case "absent": {
      const settled = settledAt(context, part);
      return context.now() >= settled ? "absent" : settled;
    }
    default:
      return found satisfies never;
  }
}
