import type { Batch } from "../core/batch.ts";
import { isTerminal } from "../core/batch.ts";
import type { Engine } from "../core/engine.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import { advanceBatch } from "./advance.ts";
import type { EngineContext } from "./context.ts";
import { batchKey, SWEEP_KEY } from "./context.ts";
import { connect } from "./connect.ts";
import { pollPart } from "./poll.ts";
import { createSweeper } from "./sweep.ts";

export interface RunningEngine extends Engine {
  /** Wakes everything that is in flight, and starts handling. */
  start(signal: AbortSignal): Promise<void>;
}

export function createEngine(context: EngineContext): RunningEngine {
  const polls = new Map<string, Promise<void>>();
  const sweep = createSweeper(context);
  const pollForAll = async (batch: Batch) => {
    if (await pollNow(context, batch)) {
      polls.delete(batch.id);
      return;
    }
    // A provider that is in trouble isn't asked again by every client that comes.
    const pause = context.settings.pollSeconds * 1_000;
    setTimeout(() => polls.delete(batch.id), pause).unref();
  };
  const sweepAgain = async (signal: AbortSignal) => {
    await sweep(signal);
    await context.scheduler.wake(SWEEP_KEY, context.now() + context.settings.sweepSeconds * 1_000);
  };
  return {
    async start(signal) {
      await context.scheduler.work((key, abort) =>
        key === SWEEP_KEY ? sweepAgain(abort) : handle(context, key, abort),
      );
      await wakeUnfinished(context, signal);
      await context.scheduler.wake(SWEEP_KEY, context.now());
    },
    async refresh(batch, signal) {
      const age = batch.polledAt === null ? 0 : context.now() - batch.polledAt;
      // Below zero the clock was set back.
      const isFresh = age >= 0 && age < context.settings.pollSeconds * 1_000;
      if (isTerminal(batch.state) || batch.origin === "upstream" || isFresh) return batch;
      // One poll for everyone who asks at the same time. It isn't aborted when one of them leaves.
      let running = polls.get(batch.id);
      if (running === undefined) {
        running = pollForAll(batch);
        polls.set(batch.id, running);
      }
      await running;
      signal.throwIfAborted();
      return (await context.database.batches.get(batch.id, "every")) ?? batch;
    },
    handedOver: (batchId, waitMilliseconds, signal) =>
      handedOver(context, { batchId, waitMilliseconds }, signal),
  };
}

async function handle(context: EngineContext, key: string, signal: AbortSignal): Promise<void> {
  const batchId = key.slice(batchKey("").length);
  try {
    const wakeAt = await advanceBatch(context, batchId, signal);
    if (wakeAt !== null) await context.scheduler.wake(key, wakeAt);
  } catch (error) {
    // Somebody else moved the row on: look again from what it is now.
    if (!isGatewayError(error, "stale")) throw error;
    await context.scheduler.wake(key, context.now());
  }
}

/** A wake is written with the row it belongs to; this is for rows whose wake was lost all the same. */
async function wakeUnfinished(context: EngineContext, signal: AbortSignal): Promise<void> {
  let after: string | null = null;
  for (;;) {
    signal.throwIfAborted();
    const ids: readonly string[] = await context.database.batches.unfinished(after, 500);
    for (const id of ids) await context.scheduler.wake(batchKey(id), context.now());
    const last = ids.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** How long a client waits for the provider before it gets what is known here. */
const POLL_MILLISECONDS = 5_000;

/** False if the provider couldn't say. */
async function pollNow(context: EngineContext, batch: Batch): Promise<boolean> {
  const signal = AbortSignal.timeout(POLL_MILLISECONDS);
  try {
    const parts = await context.database.batches.parts(batch.id);
    const { upstream } = await connect(context, batch);
    for (const part of parts) {
      if (part.phase !== "submitted") continue;
      const polled = await pollPart(context, { batch, part, upstream }, signal);
      if (polled.phase === "ended") await context.scheduler.wake(batchKey(batch.id), context.now());
    }
    return true;
  } catch (error) {
    // The client gets what we know; the engine's own poll goes on, and may have been the faster one.
    if (isGatewayError(error, "stale")) return true;
    context.log.warn({ batch: batch.id, error: String(error) }, "a client's poll failed");
    return false;
  }
}

/** Steps of the wait, in milliseconds: a hand-over mostly takes one round trip to the provider. */
const WAITS = [5, 10, 15, 25, 40, 60, 100, 150];

async function handedOver(
  context: EngineContext,
  work: { readonly batchId: string; readonly waitMilliseconds: number },
  signal: AbortSignal,
): Promise<Batch | null> {
  const until = performance.now() + work.waitMilliseconds;
  for (let round = 0; ; round += 1) {
    const batch = await context.database.batches.get(work.batchId, "every");
    if (batch === null) return null;
    const isOver =
      batch.times.submittedAt !== null || batch.state !== "validating" || isTerminal(batch.state);
    if (isOver || performance.now() >= until) return batch;
    await pause(WAITS[Math.min(round, WAITS.length - 1)] ?? 150, signal);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(new GatewayError("client_closed", "The client closed the request."));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
