import { AsyncLocalStorage } from "node:async_hooks";
import type { Scheduler, WakeHandler } from "../../core/scheduler.ts";
import type { Log } from "../../core/telemetry.ts";
import { type Connection, executorOf } from "../database/connection.ts";
import { type BackOff, DEFAULT_BACK_OFF } from "./back-off.ts";
import { handle, released } from "./handling.ts";
import {
  type Claim,
  claimDue,
  claimKey,
  earliestDue,
  interruptedKeys,
  type Outcome,
  saveWake,
  settle,
} from "./wakes.ts";

export interface EmbeddedSchedulerOptions {
  readonly connection: Connection;
  readonly now: () => number;
  readonly log: Log;
  /** How many keys are handled at once. */
  readonly concurrency?: number;
  readonly backOff?: BackOff;
}

// The timer is exact; this is for what no timer sees: a clock that jumps, a wake from another process, a rolled back timer.
const CHECK_MILLISECONDS = 1_000;

/** A scheduler for one process on its own database: the `wakes` table is all that survives, timers only make it prompt. */
export function createEmbeddedScheduler(options: EmbeddedSchedulerOptions): Scheduler {
  const { connection, now, log, concurrency = 16, backOff = DEFAULT_BACK_OFF } = options;
  const { kysely } = connection;
  const running = new Map<string, Promise<void>>();
  const abort = new AbortController();
  // What a caller's wake sets off isn't part of its transaction, nor of its request.
  const detached = AsyncLocalStorage.snapshot();
  let handler: WakeHandler | null = null;
  let stopping = false;
  let interrupted: string[] = [];
  let dueAt = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> | null = null;
  let checkAgain = false;

  const isOpen = () => handler !== null && !stopping;

  function check(): void {
    checkAgain = true;
    if (isOpen()) checking ??= detached(checkUntilQuiet);
  }

  async function checkUntilQuiet(): Promise<void> {
    clearTimeout(timer);
    dueAt = Number.POSITIVE_INFINITY;
    try {
      while (checkAgain && isOpen()) {
        checkAgain = false;
        for (const claim of await claimNext()) start(claim);
        dueAt = Math.min(dueAt, (await earliestDue(kysely)) ?? Number.POSITIVE_INFINITY);
      }
    } catch (error) {
      log.error({ err: error }, "the database didn't say what is due, will ask again");
      dueAt = Number.POSITIVE_INFINITY;
    } finally {
      checking = null;
      setTimer();
    }
  }

  async function claimNext(): Promise<readonly Claim[]> {
    const free = concurrency - running.size;
    if (free <= 0) return [];
    const [key] = interrupted;
    if (key === undefined) return claimDue(kysely, now(), free);
    const claim = await claimKey(kysely, key, { now: now(), through: now() });
    interrupted = interrupted.slice(1);
    checkAgain = true;
    return [claim];
  }

  function setTimer(): void {
    clearTimeout(timer);
    if (!isOpen()) return;
    // With every place taken, the next handler that ends looks again.
    const wait = running.size < concurrency ? dueAt - now() : CHECK_MILLISECONDS;
    timer = detached(setTimeout, check, Math.min(Math.max(wait, 0), CHECK_MILLISECONDS));
  }

  function start(claim: Claim): void {
    const done = run(claim).finally(() => {
      running.delete(claim.key);
      check();
    });
    running.set(claim.key, done);
  }

  async function run(claim: Claim): Promise<void> {
    const outcome: Outcome =
      handler === null || stopping
        ? released(claim, now())
        : await handle(claim, abort.signal, { handler, stopped: abort.signal, now, backOff, log });
    await settleSurely(claim.key, outcome);
  }

  /** Until it is settled the key stays claimed; if the process ends first, it is handled again at the next start. */
  async function settleSurely(key: string, outcome: Outcome): Promise<void> {
    for (;;) {
      try {
        await settle(kysely, key, outcome);
        return;
      } catch (error) {
        log.error({ key, err: error }, "the end of a handler couldn't be saved, will try again");
        if (stopping) return;
        await new Promise((resolve) => setTimeout(resolve, CHECK_MILLISECONDS));
      }
    }
  }

  return {
    async wake(key, at, tables) {
      await saveWake(tables === undefined ? kysely : executorOf(tables), key, at);
      if (at <= now()) {
        check();
      } else if (at < dueAt) {
        dueAt = at;
        if (checking === null) setTimer();
      }
    },

    async work(wakeHandler) {
      if (handler !== null) throw new Error("work is called once");
      handler = wakeHandler;
      interrupted = [...(await interruptedKeys(kysely))];
      check();
    },

    async oldestDueSeconds() {
      const due = await earliestDue(kysely);
      return due === null ? 0 : Math.max(0, (now() - due) / 1_000);
    },

    async stop(graceMilliseconds) {
      stopping = true;
      clearTimeout(timer);
      const grace = setTimeout(() => abort.abort(), graceMilliseconds);
      await checking;
      await Promise.all(running.values());
      clearTimeout(grace);
    },
  };
}
