import type { WakeHandler } from "../../core/scheduler.ts";
import type { Log } from "../../core/telemetry.ts";
import { type BackOff, backOffMilliseconds } from "./back-off.ts";
import type { Claim, Outcome } from "./wakes.ts";

export interface Handling {
  readonly handler: WakeHandler;
  /** The scheduler stops; a handler that throws after this has not failed. */
  readonly stopped: AbortSignal;
  readonly now: () => number;
  readonly backOff: BackOff;
  readonly log: Log;
}

/** Runs the handler once; what it throws becomes the time to try again. */
export async function handle(
  claim: Claim,
  signal: AbortSignal,
  { handler, stopped, now, backOff, log }: Handling,
): Promise<Outcome> {
  try {
    await handler(claim.key, signal);
    return { kind: "done" };
  } catch (error) {
    if (stopped.aborted) return released(claim, now());
    const failures = claim.failures + 1;
    const delay = backOffMilliseconds(failures, backOff);
    log.warn({ key: claim.key, failures, delay, err: error }, "handling failed, will try again");
    return { kind: "again", at: now() + delay, failures };
  }
}

/** For a claim whose handler wasn't run to its end and didn't fail: the next process takes it at once. */
export function released(claim: Claim, now: number): Outcome {
  return { kind: "again", at: now, failures: claim.failures };
}
