import type { Pool, PoolConfig, TypeOverrides } from "pg";

/** What this folder needs of the `pg` package, which is loaded only when configured. */
export interface PostgresPackage {
  readonly Pool: typeof Pool;
  readonly TypeOverrides: typeof TypeOverrides;
}

const TYPE_INT8 = 20;

/** As what PostgreSQL knows our connections. Every running gateway holds one of the scheduler's. */
export const APPLICATION_NAMES = {
  requests: "crossbatch",
  scheduler: "crossbatch scheduler",
} as const;

/** A pool that survives whatever happens to its server. Connects when the first query comes. */
export function createPool(postgres: PostgresPackage, url: string, limits: PoolConfig): Pool {
  // Times and sizes are whole numbers far below 2^53.
  const types = new postgres.TypeOverrides();
  types.setTypeParser(TYPE_INT8, Number);
  const pool = new postgres.Pool({
    connectionString: url,
    application_name: APPLICATION_NAMES.requests,
    types,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...limits,
  });
  // A server that stops ends idle connections, and those between two statements of a transaction. Without a listener
  // that would end this process; whoever uses the connection next is told.
  pool.on("error", ignore);
  pool.on("connect", (client) => client.on("error", ignore));
  return pool;
}

/** For requests: a statement that takes this long is better refused than waited for. */
export const REQUEST_LIMITS: PoolConfig = {
  statement_timeout: 30_000,
  idle_in_transaction_session_timeout: 60_000,
  // For a network that swallows packets; later than the server's own limit, which tells more.
  query_timeout: 40_000,
};

function ignore(): void {}
