import type { BatchWarning, Part } from "../core/batch.ts";
import { type GatewayError, isGatewayError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { Tables } from "../core/storage.ts";
import type { EngineContext } from "./context.ts";
import { changeBatch } from "./rows.ts";

const MAX_HOLD_MILLISECONDS = 60_000;

/** Nothing was made upstream, and it may be later: the Part waits, and the client reads why if a quota is full. */
export async function holdPart(
  context: EngineContext,
  part: Part,
  error: GatewayError,
): Promise<number> {
  const until = holdUntil(context, part, error.details.retryAfterSeconds ?? 0);
  const heldBy = isGatewayError(error, "upstream_rate_limited") ? error.message : null;
  await context.database.transaction(async (tables) => {
    await tables.batches.updatePart(part, {
      phase: "planned",
      options: { ...withoutHold(part.options), heldUntil: until, heldBy },
    });
    await tellOfWaiting(tables, part.batchId);
  });
  return until;
}

/** The more attempts, the longer. */
export function holdUntil(context: EngineContext, part: Part, leastSeconds: number): number {
  const doubled = 500 * 2 ** Math.min(part.attempts, 8);
  const backOff = Math.min(MAX_HOLD_MILLISECONDS, doubled) * (0.75 + context.random() / 2);
  return context.now() + Math.max(backOff, leastSeconds * 1_000);
}

export function heldUntil({ options }: Part): number | null {
  const until = options["heldUntil"];
  return typeof until === "number" ? until : null;
}

export function withoutHold({ heldUntil: _until, heldBy: _by, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** The batch says of its Parts what they wait for, as long as they do. */
export async function tellOfWaiting(tables: Tables, batchId: string): Promise<void> {
  const parts = await tables.batches.parts(batchId);
  const waiting = [...uncertainWarning(parts), ...quotaWarning(parts)];
  await changeBatch(tables, batchId, ({ warnings }) => {
    const others = warnings.filter(({ code }) => code !== UNCERTAIN && code !== QUOTA);
    if (waiting.length === 0 && others.length === warnings.length) return null;
    return { warnings: [...others, ...waiting] };
  });
}

const UNCERTAIN = "uncertain_submission";
const QUOTA = "waiting_for_quota";

function uncertainWarning(parts: readonly Part[]): readonly BatchWarning[] {
  const message =
    "The provider never answered and can't tell whether it has the job. It is looked for, and not sent again unless the operator says so.";
  const uncertain = parts.filter(({ phase }) => phase === "uncertain");
  return uncertain.length === 0 ? [] : [{ code: UNCERTAIN, message, ...linesOf(uncertain) }];
}

function quotaWarning(parts: readonly Part[]): readonly BatchWarning[] {
  const held = parts.filter(({ phase, options }) => phase === "planned" && options["heldBy"]);
  const reason = held[0]?.options["heldBy"];
  if (typeof reason !== "string") return [];
  const message = `The provider's quota is full, so these lines are submitted later: ${reason}`;
  return [{ code: QUOTA, message, ...linesOf(held) }];
}

function linesOf(parts: readonly Part[]) {
  const lines = parts.reduce((sum, part) => sum + part.lines, 0);
  return { field: null, lines, firstLines: [] };
}
