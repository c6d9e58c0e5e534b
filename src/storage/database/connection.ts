import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Kysely } from "kysely";
import { lockDirectory } from "./gateway-lock.ts";
import { createPostgresDialect } from "./postgres-dialect.ts";
import { createPool, REQUEST_LIMITS } from "./postgres-pool.ts";
import type { Schema } from "./schema.ts";
import { createSqliteDialect } from "./sqlite-dialect.ts";
import { openSqliteFile } from "./sqlite-file.ts";

export { executorOf } from "./executors.ts";

/** An open database, whichever it is. */
export interface Connection {
  readonly kind: "sqlite" | "postgres";
  readonly kysely: Kysely<Schema>;
  /** Runs what may take long, such as a migration, without the time limits of requests. */
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
    const database = await openSqliteFile(Sqlite, path);
    const kysely = new Kysely<Schema>({ dialect: createSqliteDialect(database) });
    return {
      kind: "sqlite",
      kysely,
      withoutTimeLimits: (work) => work(kysely),
      close: once(async () => {
        // In its turn, after the queries and transactions that wait already.
        await kysely.connection().execute(async () => {
          database.close();
        });
        await kysely.destroy();
        lock?.release();
      }),
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

/** Reaches no server yet: the first query does. */
export async function openPostgres(
  url: string,
  options: PostgresOptions = {},
): Promise<Connection> {
  const { default: pg } = await import("pg");
  const pool = createPool(pg, url, { max: options.poolSize ?? 10, ...REQUEST_LIMITS });
  const kysely = new Kysely<Schema>({ dialect: createPostgresDialect(pool) });
  return {
    kind: "postgres",
    kysely,
    async withoutTimeLimits(work) {
      const unlimited = createPool(pg, url, { max: 1 });
      try {
        return await work(new Kysely<Schema>({ dialect: createPostgresDialect(unlimited) }));
      } finally {
        await unlimited.end();
      }
    },
    close: once(async () => {
      await kysely.destroy();
      await pool.end();
    }),
  };
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | null = null;
  return () => (closed ??= close());
}
