import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import type { Scheduler } from "../../../src/core/scheduler.ts";
import type { Database } from "../../../src/core/storage.ts";
import type { Log } from "../../../src/core/telemetry.ts";
import {
  type Connection,
  openPostgres,
  openSqlite,
} from "../../../src/storage/database/connection.ts";
import { openDatabase } from "../../../src/storage/database/database.ts";
import type { BackOff } from "../../../src/storage/scheduler/back-off.ts";
import { openScheduler } from "../../../src/storage/scheduler/scheduler.ts";
import { createTestDatabase } from "../../support/postgres.ts";

export interface BedOptions {
  readonly now?: () => number;
  readonly concurrency?: number;
  readonly backOff?: BackOff;
}

/** A database of its own with any number of schedulers on it; all are stopped at the end. */
export interface SchedulerBed extends AsyncDisposable {
  /** For `worker.process.ts`. */
  readonly address: string;
  readonly database: Database;
  createScheduler(options?: BedOptions): Promise<Scheduler>;
  /** With a connection of its own, as another process has. */
  createReplica(options?: BedOptions): Promise<Scheduler>;
  /** What waits or is being handled. */
  wakes(): Promise<readonly { readonly key: string; readonly due_at: number | null }[]>;
}

/** One on PostgreSQL, which can look into pg-boss's own tables. */
export interface PostgresBed extends SchedulerBed {
  jobStates(): Promise<readonly string[]>;
  emptyJobs(): Promise<void>;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Short, so that a test sees several; the cap is the real one's. */
const BACK_OFF: BackOff = { firstMilliseconds: 20, longestMilliseconds: 60_000, random: () => 1 };

export async function createSqliteBed(): Promise<SchedulerBed> {
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-scheduler-"));
  const path = join(folder, "crossbatch.sqlite");
  return createBed(path, () => rm(folder, { recursive: true, force: true }));
}

/** Only where a server is known to be reachable. */
export async function createPostgresBed(): Promise<PostgresBed> {
  const database = await createTestDatabase();
  if (database === null) throw new Error("PostgreSQL is gone");
  const inside = await open(database.url);
  const bed = await createBed(database.url, async () => {
    await inside.close();
    await database.drop();
  });
  return {
    ...bed,
    async jobStates() {
      const states = sql<{ state: string }>`select state from crossbatch_scheduler.job`;
      return (await states.execute(inside.kysely)).rows.map(({ state }) => state);
    },
    async emptyJobs() {
      await sql`truncate crossbatch_scheduler.job`.execute(inside.kysely);
    },
  };
}

export async function createBed(
  address: string,
  remove: () => Promise<void>,
): Promise<SchedulerBed> {
  const connection = await open(address);
  const database = await openDatabase(connection);
  const connections = [connection];
  const schedulers: Scheduler[] = [];
  return {
    address,
    database,
    async createScheduler(options = {}) {
      const scheduler = await createScheduler(connection, address, options);
      schedulers.push(scheduler);
      return scheduler;
    },
    async createReplica(options = {}) {
      const own = await open(address);
      connections.push(own);
      const scheduler = await createScheduler(own, address, options);
      schedulers.push(scheduler);
      return scheduler;
    },
    wakes: () =>
      connection.kysely.selectFrom("wakes").select(["key", "due_at"]).orderBy("key").execute(),
    async [Symbol.asyncDispose]() {
      await Promise.all(schedulers.map((scheduler) => scheduler.stop(0)));
      await Promise.all(connections.map((each) => each.close()));
      await remove();
    },
  };
}

export function open(address: string): Promise<Connection> {
  return isPostgres(address) ? openPostgres(address) : openSqlite(address, { exclusive: false });
}

export function createScheduler(
  connection: Connection,
  address: string,
  options: BedOptions,
): Promise<Scheduler> {
  return openScheduler({
    connection,
    url: isPostgres(address) ? address : null,
    now: Date.now,
    log: silentLog,
    backOff: BACK_OFF,
    ...options,
  });
}

function isPostgres(address: string): boolean {
  return address.startsWith("postgres:");
}
