import { claimNativeId } from "../core/aliases.ts";
import type { Batch, BatchError, JobRef, Part } from "../core/batch.ts";
import type { Access } from "../core/client.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import type { Provider, Upstream } from "../core/provider.ts";
import type { EngineContext } from "./context.ts";
import { saveEnd } from "./end.ts";
import { ensureInputThere, toSubmission } from "./input.ts";
import { changeBatch } from "./rows.ts";

export interface PartWork {
  readonly batch: Batch;
  readonly part: Part;
  readonly provider: Provider;
  readonly upstream: Upstream;
  readonly access: Access;
}

/** When to look again, in milliseconds since the epoch; null: the Part is where this step can bring it. */
export type WakeAt = number | null;

/**
 * Hands a Part to its provider exactly once. Crash windows: before the token is committed nothing was sent; after it the
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
  const unwanted = reasonNotToSend(context, batch);
  if (unwanted !== null) return endUnsent(context, part, unwanted);
  const { takesInputFiles } = work.provider;
  if (part.phase === "planned" && takesInputFiles && upstream.files !== undefined) {
    try {
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
    job = await upstream.submit(toSubmission(context, batch, part), signal);
  } catch (error) {
    if (isGatewayError(error) && error.details.notSent === true) {
      return holdOrRefuse(context, { ...work, part }, error);
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

/** `absent` only once a call that is still on its way could no longer take effect. */
async function findOrWait(
  context: EngineContext,
  work: PartWork,
  signal: AbortSignal,
): Promise<WakeAt | "absent"> {
  const { batch, part, upstream } = work;
  const found = await upstream.find(toSubmission(context, batch, part), signal);
  switch (found.kind) {
    case "found":
      context.log.info(
        { batch: batch.id, part: part.id, job: found.job.id },
        "adopted a job whose reply was lost",
      );
      await adopt(context, work, found.job);
      return context.now();
    case "unknown":
      await context.database.batches.updatePart(part, { phase: "uncertain" });
      await changeBatch(context.database, batch.id, (current) => ({
        ...(current.state === "validating" ? toInProgress(current, context.now()) : {}),
        warnings: [
          ...current.warnings,
          {
            code: "uncertain_submission",
            message:
              "The provider never answered and can't tell whether it has the job. It is not sent again.",
            field: null,
            lines: part.lines,
            firstLines: [],
          },
        ],
      }));
      return null;
    case "absent": {
      const settled = settledAt(context, part);
      return context.now() >= settled ? "absent" : settled;
    }
    default:
      return found satisfies never;
  }
}

/** It may be running: nothing more will be heard of its validation. */
function toInProgress({ times }: Batch, now: number): Pick<Batch, "state" | "times"> {
  return { state: "in_progress", times: { ...times, inProgressAt: now } };
}

function settledAt(context: EngineContext, part: Part): number {
  return (part.submittingAt ?? part.createdAt) + context.settings.settleSeconds * 1_000;
}

async function adopt(context: EngineContext, work: PartWork, job: JobRef): Promise<void> {
  const { batch, part, provider, access } = work;
  const { account } = access;
  const now = context.now();
  const native = { id: job.id, format: provider.format };
  await context.database.transaction(async (tables) => {
    await tables.batches.updatePart(part, { phase: "submitted", job, submittedAt: now });
    // The one native job's id becomes the batch's own, unless a client was already told ours.
    const isOnly = (await tables.batches.parts(batch.id)).length === 1;
    await changeBatch(tables, batch.id, (current) => ({
      ...(current.options["shown"] === "ours" || !isOnly ? {} : { native }),
      times: { ...current.times, submittedAt: current.times.submittedAt ?? now },
    }));
    // Else the provider's list would show it beside the batch that it is of.
    await claimNativeId(tables, "batch", { ...batch, account, native });
    await tables.events.append({
      id: context.newId(now),
      at: now,
      owner: batch.owner,
      actor: "engine",
      kind: "batch",
      objectId: batch.id,
      what: "submitted",
      data: { provider: provider.name, job: job.id, part: part.id },
    });
  });
}

/** Nothing was made upstream: send it later if that may help, else the batch has failed, and why is kept for the client. */
async function holdOrRefuse(
  context: EngineContext,
  work: PartWork,
  error: unknown,
): Promise<WakeAt> {
  const { batch, part } = work;
  if (!isGatewayError(error)) throw error;
  const { database } = context;
  if (error.retryable) {
    if (part.phase !== "planned") await database.batches.updatePart(part, { phase: "planned" });
    const backOff =
      Math.min(60_000, 500 * 2 ** Math.min(part.attempts, 8)) * (0.75 + context.random() / 2);
    return context.now() + Math.max(backOff, (error.details.retryAfterSeconds ?? 0) * 1_000);
  }
  const now = context.now();
  const parts = await database.batches.parts(batch.id);
  if (parts.length > 1) return refusePart(context, part, error);
  await database.transaction(async (tables) => {
    await tables.batches.updatePart(part, { phase: "failed", outcome: "failed", endedAt: now });
    await saveEnd(context, tables, {
      batch,
      outcome: "failed",
      now,
      changes: (current) => ({
        errors: [toBatchError(error)],
        options: { ...current.options, refusal: toRefusal(error) },
      }),
    });
  });
  context.telemetry.batchState(batch.provider, "failed");
  return null;
}

/** The other Parts' jobs run and cost: only the lines of this one fail. */
export async function refusePart(
  context: EngineContext,
  part: Part,
  error: GatewayError,
): Promise<WakeAt> {
  const now = context.now();
  await context.database.batches.updatePart(part, {
    phase: "collected",
    outcome: "failed",
    errors: [toBatchError(error)],
    endedAt: now,
    collectedAt: now,
    options: { ...part.options, faults: { missing: part.lines, doubled: 0, foreign: 0 } },
  });
  return now;
}

function toBatchError(error: GatewayError): BatchError {
  return {
    code: error.details.reason ?? "invalid_request",
    message: error.message,
    param: error.details.param ?? null,
    line: null,
  };
}

function toRefusal(error: GatewayError) {
  return {
    code: error.code,
    message: error.message,
    param: error.details.param ?? null,
    reason: error.details.reason ?? null,
    upstreamType: error.details.upstreamType ?? null,
    upstreamStatus: error.details.upstreamStatus ?? null,
  };
}
