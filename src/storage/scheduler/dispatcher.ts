import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { WakeHandler } from "../../core/scheduler.ts";
import type { Log } from "../../core/telemetry.ts";
import { type BackOff, backOffMilliseconds } from "./back-off.ts";
import { createErrorLog } from "./error-log.ts";
import type { Claim, Outcome } from "./wakes.ts";

/** A key that was taken, so that nobody else handles it. */
export interface Turn {
  readonly key: string;
  /** Aborted when the key was given to another handler after all; null where that can't be. */
  readonly lost: AbortSignal | null;
  claim(): Promise<Claim>;
  settle(outcome: Outcome): Promise<void>;
}

export interface DispatcherOptions {
  /** Takes keys that are due, at most `limit`. */
  readonly take: (limit: number) => Promise<readonly Turn[]>;
  /** How long until a key is due that wasn't when it was last looked; infinite if none waits. */
  readonly untilNext: () => Promise<number>;
  readonly concurrency: number;
  /** The longest pause between two looks, for what no timer and no notice tells: wakes of others, clocks that jump. */
  readonly pollMilliseconds: number;
  readonly now: () => number;
  readonly backOff: BackOff;
  readonly log: Log;
}

export interface Dispatcher {
  start(handler: WakeHandler): void;
  /** Something may be due now, or in some milliseconds. */
  look(inMilliseconds?: number): void;
  /** Takes no new keys, aborts what still runs after the grace, and returns when nothing runs. */
  stop(graceMilliseconds: number): Promise<void>;
}

/** Hands due keys to the handler, several at a time, as soon as they are due. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { take, untilNext, concurrency, pollMilliseconds, now, backOff, log } = options;
  const errors = createErrorLog(log, now);
  // What a caller's wake sets off is part neither of its transaction nor of its request.
  const detached = AsyncLocalStorage.snapshot();
  const running = new Set<Promise<void>>();
  const abort = new AbortController();
  let handler: WakeHandler | null = null;
  let stopping = false;
  let looking = false;
  let looked: Promise<void> = Promise.resolve();
  let lookAgain = false;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;

  const isOpen = (): boolean => !stopping;

  function look(): void {
    lookAgain = true;
    if (looking || handler === null || !isOpen()) return;
    looking = true;
    looked = detached(takeTurns, handler);
  }

  async function takeTurns(wakeHandler: WakeHandler): Promise<void> {
    clearTimeout(timer);
    timerAt = Number.POSITIVE_INFINITY;
    try {
      while (lookAgain && isOpen()) {
        lookAgain = false;
        // With every place taken, the next handler that ends looks again.
        if (running.size >= concurrency) break;
        for (const turn of await take(concurrency - running.size)) run(turn, wakeHandler);
        setTimer(await untilNext());
      }
    } catch (error) {
      errors.report(error, "the database doesn't say what is due, will ask again");
    }
    looking = false;
    setTimer(pollMilliseconds);
  }

  function setTimer(milliseconds: number): void {
    const wait = Math.max(0, Math.min(milliseconds, pollMilliseconds));
    const at = performance.now() + wait;
    if (handler === null || stopping || at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = detached(setTimeout, onTimer, wait);
  }

  function onTimer(): void {
    timerAt = Number.POSITIVE_INFINITY;
    look();
  }

  function run(turn: Turn, wakeHandler: WakeHandler): void {
    const done = handle(turn, wakeHandler)
      .catch((error: unknown) => errors.report(error, "a key that was due couldn't be handled"))
      .finally(() => {
        running.delete(done);
        look();
      });
    running.add(done);
  }

  async function handle(turn: Turn, wakeHandler: WakeHandler): Promise<void> {
    const claim = await turn.claim();
    const signal = turn.lost === null ? abort.signal : AbortSignal.any([turn.lost, abort.signal]);
    await settle(turn, stopping ? released(claim) : await outcomeOf(claim, wakeHandler, signal));
  }

  async function outcomeOf(
    claim: Claim,
    wakeHandler: WakeHandler,
    signal: AbortSignal,
  ): Promise<Outcome> {
    try {
      await wakeHandler(claim.key, signal);
      return { kind: "done" };
    } catch (error) {
      if (abort.signal.aborted) return released(claim);
      const failures = claim.failures + 1;
      const delay = backOffMilliseconds(failures, backOff);
      log.warn({ key: claim.key, failures, delay, err: error }, "handling failed, will try again");
      return { kind: "again", at: now() + delay, failures };
    }
  }

  /** A handler that was stopped hasn't failed: whoever works next takes the key at once. */
  function released({ failures }: Claim): Outcome {
    return { kind: "again", at: now(), failures };
  }

  /** Again and again, for the handler's work is done; if the process ends first, the key is handled once more. */
  async function settle(turn: Turn, outcome: Outcome): Promise<void> {
    for (;;) {
      try {
        await turn.settle(outcome);
        return;
      } catch (error) {
        errors.report(error, "the end of a handler couldn't be saved, will try again");
        if (stopping) return;
        await sleep(pollMilliseconds);
      }
    }
  }

  return {
    start(wakeHandler) {
      if (handler !== null) throw new Error("work is called once");
      handler = wakeHandler;
      look();
    },
    look(inMilliseconds = 0) {
      if (inMilliseconds <= 0) look();
      else setTimer(inMilliseconds);
    },
    async stop(graceMilliseconds) {
      stopping = true;
      clearTimeout(timer);
      const grace = setTimeout(() => abort.abort(), graceMilliseconds);
      await looked;
      await Promise.all(running);
      clearTimeout(grace);
    },
  };
}
