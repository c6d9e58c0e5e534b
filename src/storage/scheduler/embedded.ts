import type { Scheduler } from "../../core/scheduler.ts";
import type { Log } from "../../core/telemetry.ts";
import { type Connection, executorOf } from "../database/connection.ts";
import { type BackOff, DEFAULT_BACK_OFF } from "./back-off.ts";
import { createDispatcher, type Turn } from "./dispatcher.ts";
import {
  type Claim,
  claimDue,
  claimKey,
  dueAfter,
  interruptedKeys,
  oldestDueSeconds,
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

/** A scheduler for one process on its own database: the `wakes` table is all that survives, timers only make it prompt. */
export function createEmbeddedScheduler(options: EmbeddedSchedulerOptions): Scheduler {
  const { connection, now, log, concurrency = 16, backOff = DEFAULT_BACK_OFF } = options;
  const { kysely } = connection;
  // Keys whose handlers never ended; read before this process claims any itself.
  let interrupted: readonly string[] | null = null;
  let lookedAt = 0;

  function toTurn(claim: Claim): Turn {
    return {
      key: claim.key,
      lost: null,
      claim: () => Promise.resolve(claim),
      async settle(outcome) {
        await settle(kysely, claim.key, outcome);
      },
    };
  }

  const dispatcher = createDispatcher({
    async take(limit) {
      interrupted ??= await interruptedKeys(kysely);
      lookedAt = now();
      if (interrupted.length === 0) return (await claimDue(kysely, lookedAt, limit)).map(toTurn);
      const [key = "", ...others] = interrupted;
      const claim = await claimKey(kysely, key, { now: lookedAt, through: lookedAt });
      interrupted = others;
      return [toTurn(claim)];
    },
    async untilNext() {
      const next = interrupted?.length === 0 ? await dueAfter(kysely, lookedAt) : lookedAt;
      return next === null ? Number.POSITIVE_INFINITY : next - now();
    },
    pollMilliseconds: 1_000,
    concurrency,
    now,
    backOff,
    log,
  });

  return {
    async wake(key, at, tables) {
      await saveWake(tables === undefined ? kysely : executorOf(tables), key, at);
      // Inside a transaction the look waits for its end: SQLite has one connection.
      dispatcher.look(at - now());
    },
    async work(handler) {
      dispatcher.start(handler);
    },
    oldestDueSeconds: () => oldestDueSeconds(kysely, now()),
    stop: (graceMilliseconds) => dispatcher.stop(graceMilliseconds),
  };
}
