import { fromKysely, type Job, PgBoss } from "pg-boss";
import { z } from "zod";
import type { Scheduler, WakeHandler } from "../../core/scheduler.ts";
import type { Log } from "../../core/telemetry.ts";
import { type Connection, executorOf } from "../database/connection.ts";
import { type BackOff, DEFAULT_BACK_OFF } from "./back-off.ts";
import { createErrorLog } from "./error-log.ts";
import { handle, released } from "./handling.ts";
import { claimKey, listWakes, earliestDue, type Outcome, saveWake, settle } from "./wakes.ts";

export interface PgBossSchedulerOptions {
  readonly connection: Connection;
  /** Of the same database: pg-boss holds connections of its own, one of them for LISTEN. */
  readonly url: string;
  readonly now: () => number;
  readonly log: Log;
  /** How many keys this replica handles at once. */
  readonly concurrency?: number;
  readonly backOff?: BackOff;
  /** The schema of pg-boss's own tables. */
  readonly schema?: string;
}

type JobTable = ReturnType<typeof fromKysely>;

interface Delivery {
  readonly key: string;
}

const QUEUE = "wakes";

const QUEUE_OPTIONS = {
  notify: true,
  // Without a heartbeat the key of a killed replica would wait for the expiry. 10 s is the least that pg-boss takes.
  heartbeatSeconds: 10,
  // The most that pg-boss takes: a handler is ended by its own signal, never by this.
  expireInSeconds: 24 * 3_600,
  // Redelivery after a crash never gives up, and slows down for a key that kills every process it meets.
  retryLimit: 2 ** 31 - 1,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  retentionSeconds: 10 * 365 * 86_400,
};

// The default of `notifyPollingIntervalSeconds` lets a backlog stand for 30 s, and wakes for later are never notified.
const WORKER_OPTIONS = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 };

const RESEND_MILLISECONDS = 60_000;
const PAGE = 500;

/**
 * A scheduler for any number of replicas. The truth is the `wakes` table; pg-boss delivers it. pg-boss alone would drop
 * a wake that comes earlier than the one that waits, and one that comes during handling. Its policy `exclusive` holds at
 * most one job per key, waiting or running: that is what keeps a key to one handler over all replicas.
 */
export async function createPgBossScheduler(options: PgBossSchedulerOptions): Promise<Scheduler> {
  const { connection, now, log, concurrency = 16, backOff = DEFAULT_BACK_OFF } = options;
  const { kysely } = connection;
  const abort = new AbortController();
  let stopping = false;
  let working = false;
  let resend: NodeJS.Timeout | undefined;

  const boss = new PgBoss({
    connectionString: options.url,
    schema: options.schema ?? "crossbatch_scheduler",
    application_name: "crossbatch scheduler",
    max: 4,
    useListenNotify: true,
    schedule: false,
    monitorVacuum: false,
    flowIntervalSeconds: 3_600,
    // Both must be short: a lost heartbeat is only noticed on a monitoring pass, and passes are made on supervision.
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
  });
  const errors = createErrorLog(log, now);
  // Without a listener an outage of the database would end the process.
  boss.on("error", (error) =>
    errors.report(error, "pg-boss can't reach the database, it keeps trying"),
  );
  boss.on("warning", (warning) => log.warn({ warning }, "pg-boss warns"));
  await boss.start();
  await boss.createQueue(QUEUE, { ...QUEUE_OPTIONS, policy: "exclusive" });
  await boss.updateQueue(QUEUE, QUEUE_OPTIONS);

  /** Moves the key's job to `at`, or makes one; while the key is handled there is nothing to move: the end of handling looks. */
  async function deliver(db: JobTable, key: string, at: number): Promise<void> {
    const startAfter = at <= now() ? 0 : new Date(at);
    await boss.upsert(QUEUE, { key }, { db, singletonKey: key, startAfter });
  }

  async function run(job: Job<Delivery>, handler: WakeHandler): Promise<void> {
    const { key } = job.data;
    const signal = AbortSignal.any([job.signal, abort.signal]);
    const through = job.retryCount === 0 ? Number.MAX_SAFE_INTEGER : now();
    const claim = await claimKey(kysely, key, { now: now(), through });
    const outcome: Outcome = stopping
      ? released(claim, now())
      : await handle(claim, signal, { handler, stopped: abort.signal, now, backOff, log });
    await end(job, outcome);
  }

  /** Always the wake's row first, then its job, as in `wake`: so the two wait for each other and never deadlock. */
  async function end(job: Job<Delivery>, outcome: Outcome): Promise<void> {
    const { key } = job.data;
    await kysely
      .transaction()
      .execute(async (transaction) => {
        const db = fromKysely(transaction);
        const againAt = await settle(transaction, key, outcome);
        const { affected } = DELETED.parse(await boss.deleteJob(QUEUE, job, { db }));
        if (affected === 0) throw new LostClaim();
        if (againAt !== null) await deliver(db, key, againAt);
      })
      .catch((error: unknown) => {
        if (!(error instanceof LostClaim)) throw error;
        log.warn(
          { key },
          "the key was given to another handler, for this one missed its heartbeats",
        );
      });
  }

  /** Jobs for wakes that have none: someone emptied pg-boss's tables. A key that has one keeps it. */
  async function sendMissing(before: number | null): Promise<void> {
    for (let after = ""; ;) {
      const wakes = await listWakes(kysely, { before, after, limit: PAGE });
      const last = wakes.at(-1);
      if (last === undefined) return;
      await boss.insert(
        QUEUE,
        wakes.map(({ key, due_at }) => ({
          data: { key },
          singletonKey: key,
          startAfter: new Date(due_at ?? now()),
        })),
      );
      after = last.key;
    }
  }

  async function startWorker(handler: WakeHandler): Promise<void> {
    const id: string = await boss.work<Delivery>(QUEUE, WORKER_OPTIONS, async (jobs) => {
      for (const job of jobs) await run(job, handler);
      // Without this a worker rests for its polling interval after every job, which is 2 jobs a second.
      boss.notifyWorker(id);
    });
  }

  return {
    async wake(key, at, tables) {
      const executor = tables === undefined ? kysely : executorOf(tables);
      if (!executor.isTransaction) {
        await executor.transaction().execute(async (transaction) => {
          if (await saveWake(transaction, key, at)) await deliver(fromKysely(transaction), key, at);
        });
      } else if (await saveWake(executor, key, at)) {
        await deliver(fromKysely(executor), key, at);
      }
    },

    async work(handler) {
      if (working) throw new Error("work is called once");
      working = true;
      await sendMissing(null);
      resend = setInterval(() => {
        sendMissing(now() - RESEND_MILLISECONDS).catch((error: unknown) =>
          errors.report(error, "overdue wakes couldn't be looked for, will try again"),
        );
      }, RESEND_MILLISECONDS);
      for (let place = 0; place < concurrency; place += 1) await startWorker(handler);
    },

    async oldestDueSeconds() {
      const due = await earliestDue(kysely);
      return due === null ? 0 : Math.max(0, (now() - due) / 1_000);
    },

    async stop(graceMilliseconds) {
      stopping = true;
      clearInterval(resend);
      const grace = setTimeout(() => abort.abort(), graceMilliseconds);
      await boss.offWork(QUEUE);
      clearTimeout(grace);
      await boss.stop({ graceful: false });
    },
  };
}

const DELETED = z.looseObject({ affected: z.number() });

class LostClaim extends Error {}
