import { setTimeout as sleep } from "node:timers/promises";
import type BetterSqlite from "better-sqlite3";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";
import { createMutex } from "./mutex.ts";
import { isSqliteBusy, toSqliteGatewayError } from "./sqlite-errors.ts";
import { refuseInsideTransaction } from "./transaction-scope.ts";

/**
 * Kysely's SQLite dialect with a driver of our own: statements stay prepared, transactions take the write lock when they
 * begin (a read that turns into a write fails at once when another process wrote meanwhile), waiting for another process
 * doesn't block the event loop, and errors are ours.
 */
export function createSqliteDialect(database: BetterSqlite.Database): Dialect {
  return {
    createDriver: () => createDriver(database),
    createAdapter: () => new TransactionalSqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (kysely: Kysely<unknown>) => new SqliteIntrospector(kysely),
  };
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  // The driver queues by itself, because Kysely's own queue can't notice a query that waits for its own transaction.
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  // A process killed during a migration leaves nothing half done.
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function createDriver(database: BetterSqlite.Database): Driver {
  const mutex = createMutex();
  const connection = createConnection(database);
  const run = async (sql: string): Promise<void> => {
    await connection.executeQuery(CompiledQuery.raw(sql));
  };
  return {
    async init() {},
    async acquireConnection() {
      refuseInsideTransaction();
      await mutex.lock();
      return connection;
    },
    async beginTransaction(_connection, settings: TransactionSettings) {
      await run(settings.accessMode === "read only" ? "begin" : "begin immediate");
    },
    commitTransaction: () => run("commit"),
    async rollbackTransaction() {
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (database.inTransaction) await run("rollback");
    },
    async releaseConnection() {
      mutex.unlock();
    },
    async destroy() {},
  };
}

const waitMilliseconds = 10_000;
const cachedStatements = 500;

function createConnection(database: BetterSqlite.Database): DatabaseConnection {
  const statements = new Map<string, BetterSqlite.Statement>();

  function prepare(sql: string): BetterSqlite.Statement {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    if (statements.size >= cachedStatements) statements.clear();
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }

  function execute<Row>(query: CompiledQuery): QueryResult<Row> {
    const statement = prepare(query.sql);
    if (statement.reader) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the query's own type says what its rows are
      return { rows: statement.all(query.parameters) as Row[] };
    }
    const { changes } = statement.run(query.parameters);
    return { numAffectedRows: BigInt(changes), rows: [] };
  }

  return {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const work = (): QueryResult<Row> => execute(query);
      try {
        // Inside a transaction the write lock is ours already: then busy isn't a matter of waiting.
        return database.inTransaction ? work() : await whenFree(work);
      } catch (error) {
        throw toSqliteGatewayError(error);
      }
    },
    streamQuery() {
      throw new Error("queries are read in pages, not streamed");
    },
  };
}

/** Tries until no other process holds the lock. SQLite's own busy handler would block the event loop meanwhile. */
export async function whenFree<Result>(work: () => Result): Promise<Result> {
  const start = performance.now();
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    try {
      return work();
    } catch (error) {
      if (!isSqliteBusy(error) || performance.now() - start > waitMilliseconds) throw error;
    }
    await sleep(pause * (0.5 + Math.random()));
  }
}
