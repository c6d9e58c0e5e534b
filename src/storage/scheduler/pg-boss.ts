import { sql } from "kysely";
import { fromKysely, type Job, PgBoss } from "pg-boss";
import type { Scheduler } from "../../core/scheduler.ts";
import type { Log } from "../../core/telemetry.ts";
import { type Connection, executorOf } from "../database/connection.ts";
import { APPLICATION_NAMES } from "../database/postgres-pool.ts";
import { type BackOff, DEFAULT_BACK_OFF } from "./back-off.ts";
import { createDispatcher, type Turn } from "./dispatcher.ts";
import { createErrorLog, type ErrorLog } from "./error-log.ts";
import { ANSWER, startHeartbeats } from "./heartbeats.ts";
import { claimKey, listWakes, type Outcome, oldestDueSeconds, saveWake, settle } from "./wakes.ts";

export interface PgBossSchedulerOptions {
  readonly connection: Connection;
  /** Of the same database: pg-boss holds connections of its own, one of them to be notified on. */
  readonly url: string;
  readonly now: () => number;
  readonly log: Log;
  /** How many keys this replica handles at once. */
  readonly concurrency?: number;
  readonly backOff?: BackOff;
}

interface Delivery {
  readonly key: string;
}

type Executor = Connection["kysely"];

// Of pg-boss's own tables, and the name of the channel on which replicas tell each other of wakes that are due at once.
const SCHEMA = "crossbatch_scheduler";

const QUEUE = "wakes";

const QUEUE_OPTIONS = {
  // Without a heartbeat the key of a killed replica would wait for the expiry. 10 s is the least that pg-boss takes.
  heartbeatSeconds: 10,
  // The most that pg-boss takes: handlers are ended by their signals, never by this.
  expireInSeconds: 24 * 3_600,
  // Redelivery after a crash never gives up, but slows down for a key that kills every process it meets.
  retryLimit: 2 ** 31 - 1,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  retentionSeconds: 10 * 365 * 86_400,
};

// pg-boss's types don't name these of pg: a network that swallows packets must end in an error, not in silence.
const NETWORK_OPTIONS = { keepAlive: true, query_timeout: 40_000 };

const RESEND_MILLISECONDS = 60_000;
const RESEND_PAGE = 500;

/**
 * A scheduler for any number of replicas. The truth is the `wakes` table, and pg-boss delivers it: alone it would drop a
 * wake that is earlier than the one that waits, and one that comes during handling. Its policy `exclusive` holds at most
 * one job per key, waiting or running, which is what keeps a key to one handler over all replicas.
 */
export async function createPgBossScheduler(options: PgBossSchedulerOptions): Promise<Scheduler> {
  const { connection, now, log, concurrency = 16, backOff = DEFAULT_BACK_OFF } = options;
  const { kysely } = connection;
  const errors = createErrorLog(log, now);
  const boss = await startBoss(options, errors);
  const heartbeats = startHeartbeats<Delivery>(boss, QUEUE, errors);
  let resend: NodeJS.Timeout | undefined;

  /** Makes the key's job, or moves it to `at`. While the key is handled there is neither: the end of handling looks. */
  async function send(executor: Executor, key: string, at: number): Promise<void> {
    const db = fromKysely(executor);
    const job = { singletonKey: key, startAfter: at <= now() ? 0 : new Date(at) };
    const made = await boss.insert(QUEUE, [{ ...job, data: { key } }], { db, returnId: true });
    if (made === null) await boss.update(QUEUE, undefined, { ...job, db });
  }

  /** Jobs for wakes that have none, should pg-boss's tables have been emptied. A key that has one keeps it. */
  async function sendMissing(before: number | null): Promise<void> {
    for (let after = ""; ;) {
      const wakes = await listWakes(kysely, { before, after, limit: RESEND_PAGE });
      const last = wakes.at(-1);
      if (last === undefined) return;
      const jobs = wakes.map(({ key, due_at }) => ({
        data: { key },
        singletonKey: key,
        startAfter: new Date(due_at ?? now()),
      }));
      await boss.insert(QUEUE, jobs);
      after = last.key;
    }
  }

  function toTurn(job: Job<Delivery>): Turn {
    const { key } = job.data;
    return {
      key,
      lost: heartbeats.hold(job),
      async claim() {
        // A first delivery is what was waited for, whatever this host's clock says.
        const through = job.retryCount === 0 ? Number.MAX_SAFE_INTEGER : now();
        try {
          return await claimKey(kysely, key, { now: now(), through });
        } catch (error) {
          // Without a heartbeat it will be delivered again.
          heartbeats.release(job);
          throw error;
        }
      },
      async settle(outcome) {
        if (!(await end(job, outcome))) log.warn({ key }, "the key was given to another handler");
        heartbeats.release(job);
      },
    };
  }

  /**
   * False if the key was given to another handler, because this one missed its heartbeats. First the wake, then its job,
   * as in `wake`: so the two wait for each other and never deadlock.
   */
  async function end(job: Job<Delivery>, outcome: Outcome): Promise<boolean> {
    try {
      await kysely.transaction().execute(async (transaction) => {
        const againAt = await settle(transaction, job.data.key, outcome);
        const deleted = await boss.deleteJob(QUEUE, job, { db: fromKysely(transaction) });
        if (ANSWER.parse(deleted).settled.length === 0) throw new LostClaim();
        if (againAt !== null) await send(transaction, job.data.key, againAt);
      });
      return true;
    } catch (error) {
      if (error instanceof LostClaim) return false;
      throw error;
    }
  }

  const dispatcher = createDispatcher({
    async take(limit) {
      const jobs = await boss.fetch<Delivery>(QUEUE, { batchSize: limit });
      return jobs.map(toTurn);
    },
    untilNext: () => untilNextDue(kysely),
    pollMilliseconds: 500,
    concurrency,
    now,
    backOff,
    log,
  });

  const look = (): void => dispatcher.look();
  const listener = await boss.getDb().listen?.(SCHEMA, look, look);

  async function save(executor: Executor, key: string, at: number): Promise<void> {
    const wake = await saveWake(executor, key, at);
    if (wake === null) return;
    // The end of handling will see it. Were the handler dead and its job to be delivered again, this would put that off.
    if (wake.claimed && wake.dueAt > now()) return;
    await send(executor, key, wake.dueAt);
    if (wake.dueAt <= now()) await sql`select pg_notify(${SCHEMA}, '')`.execute(executor);
  }

  return {
    async wake(key, at, tables) {
      const executor = tables === undefined ? kysely : executorOf(tables);
      if (executor.isTransaction) await save(executor, key, at);
      else await executor.transaction().execute((transaction) => save(transaction, key, at));
      if (at > now()) dispatcher.look(at - now());
    },
    async work(handler) {
      dispatcher.start(handler);
      await sendMissing(null);
      resend = setInterval(() => {
        sendMissing(now() - RESEND_MILLISECONDS).catch((error: unknown) =>
          errors.report(error, "overdue wakes couldn't be looked for, will try again"),
        );
      }, RESEND_MILLISECONDS);
    },
    oldestDueSeconds: () => oldestDueSeconds(kysely, now()),
    async stop(graceMilliseconds) {
      clearInterval(resend);
      await dispatcher.stop(graceMilliseconds);
      heartbeats.stop();
      await listener?.close();
      await boss.stop({ graceful: false });
    },
  };
}

class LostClaim extends Error {}

async function startBoss({ url, log }: PgBossSchedulerOptions, errors: ErrorLog): Promise<PgBoss> {
  const boss = new PgBoss({
    ...NETWORK_OPTIONS,
    connectionString: url,
    schema: SCHEMA,
    application_name: APPLICATION_NAMES.scheduler,
    max: 4,
    schedule: false,
    monitorVacuum: false,
    flowIntervalSeconds: 3_600,
    // A lost heartbeat is noticed by monitoring, and that only looks when supervision does: the defaults are 60 s each.
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
  });
  // Without a listener an outage of the database would end the process.
  boss.on("error", (error) => errors.report(error, "pg-boss failed, it will try again"));
  boss.on("warning", (warning) => log.warn({ warning }, "pg-boss warns"));
  try {
    await boss.start();
    await boss.createQueue(QUEUE, { ...QUEUE_OPTIONS, policy: "exclusive" });
    await boss.updateQueue(QUEUE, QUEUE_OPTIONS);
    return boss;
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }
}

/** By the database's clock, as pg-boss delivers. What was due within the last 10 ms may not have been taken yet. */
async function untilNextDue(executor: Executor): Promise<number> {
  const clock = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
  const row = await executor
    .selectFrom("wakes")
    .select(sql<number | null>`min(due_at) - ${clock}`.as("milliseconds"))
    .where("claimed_at", "is", null)
    .where("due_at", ">", sql<number>`${clock} - 10`)
    .executeTakeFirst();
  return row?.milliseconds ?? Number.POSITIVE_INFINITY;
}
