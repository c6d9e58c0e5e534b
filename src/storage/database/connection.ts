import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Kysely } from "kysely";
import { lockDirectory } from "./gateway-lock.ts";
import { createPostgresDialect } from "./postgres-dialect.ts";
import type { Schema } from "./schema.ts";
import { createSqliteDialect, whenFree } from "./sqlite-dialect.ts";

export { executorOf } from "./executors.ts";

/** An open database, whichever it is. */
export interface Connection {
  readonly kind: "sqlite" | "postgres";
  readonly kysely: Kysely<Schema>;
  /** Runs what may take long, such as a migration, on a connection of its own without the time limits of requests. */
  withoutTimeLimits<Result>(work: (kysely: Kysely<Schema>) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface SqliteOptions {
  /** True for the gateway: a second one on the same data directory is refused. Commands open the file beside it. */
  readonly exclusive: boolean;
}

/** Opens the embedded database, making the file and its folder where there is none. */
export async function openSqlite(path: string, options: SqliteOptions): Promise<Connection> {
  const { default: Sqlite } = await import("better-sqlite3");
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = options.exclusive ? lockDirectory(directory, Sqlite) : null;
  try {
    // The driver waits for other processes itself, without blocking the event loop.
    const database = new Sqlite(path, { timeout: 0 });
    await whenFree(() => database.pragma("journal_mode = wal"));
    database.pragma("synchronous = full");
    database.pragma("foreign_keys = on");
    database.pragma("temp_store = memory");
    // Else a long reader can leave a write-ahead log of gigabytes behind.
    database.pragma("journal_size_limit = 67108864");
    const kysely = new Kysely<Schema>({ dialect: createSqliteDialect(database) });
    return {
      kind: "sqlite",
      kysely,
      withoutTimeLimits: (work) => work(kysely),
      async close() {
        await kysely.destroy();
        database.close();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

export interface PostgresOptions {
  /** Connections of this process; the scheduler has a few more of its own. */
  readonly poolSize?: number;
}

const TYPE_INT8 = 20;

/** Reaches no server yet: the first query does. */
export async function openPostgres(
  url: string,
  options: PostgresOptions = {},
): Promise<Connection> {
  const { default: pg } = await import("pg");
  // Times and sizes are whole numbers far below 2^53.
  const types = new pg.TypeOverrides();
  types.setTypeParser(TYPE_INT8, Number);
  const createPool = (limits: {
    max: number;
    statement_timeout?: number;
    query_timeout?: number;
  }) => {
    const pool = new pg.Pool({
      connectionString: url,
      application_name: "crossbatch",
      types,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      ...limits,
    });
    // A server that restarts ends idle connections, and those between two statements of a transaction. Without a
    // listener that would end the process; the next query says it to whom it concerns.
    pool.on("error", ignore);
    pool.on("connect", (client) => client.on("error", ignore));
    return pool;
  };
  const pool = createPool({
    max: options.poolSize ?? 10,
    statement_timeout: 30_000,
    // For a network that swallows packets: later than the server's own limit, so that this one speaks only when the server can't.
    query_timeout: 40_000,
  });
  const kysely = new Kysely<Schema>({ dialect: createPostgresDialect(pool) });
  return {
    kind: "postgres",
    kysely,
    async withoutTimeLimits(work) {
      const unlimited = createPool({ max: 1 });
      try {
        return await work(new Kysely<Schema>({ dialect: createPostgresDialect(unlimited) }));
      } finally {
        await unlimited.end();
      }
    },
    async close() {
      await kysely.destroy();
      await pool.end();
    },
  };
}

function ignore(): void {}
