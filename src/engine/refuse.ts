import type { BatchError, Part } from "../core/batch.ts";
import { type GatewayError, isGatewayError } from "../core/errors.ts";
import type { EngineContext } from "./context.ts";
import { saveEnd } from "./end.ts";
import type { PartWork, WakeAt } from "./part-work.ts";
import { holdPart } from "./waiting.ts";

/** Nothing was made upstream: send it later if that may help, else the batch has failed, and why is kept for the client. */
export async function holdOrRefuse(
  context: EngineContext,
  work: PartWork,
  error: unknown,
): Promise<WakeAt> {
  const { batch, part } = work;
  if (!isGatewayError(error)) throw error;
  const { database } = context;
  if (error.retryable) return holdPart(context, part, error);
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
