import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import type { Pool, PoolClient } from "pg";
import { isLost, toPostgresGatewayError } from "./postgres-errors.ts";
import { refuseInsideTransaction } from "./transaction-scope.ts";

/**
 * Kysely's PostgreSQL dialect with a driver of our own: a connection that was lost or timed out never returns to the pool
 * (pg would queue the next query behind the one that hangs), and errors are ours.
 */
export function createPostgresDialect(pool: Pool): Dialect {
  return {
    createDriver: () => createDriver(pool),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (kysely: Kysely<unknown>) => new PostgresIntrospector(kysely),
  };
}

interface PooledConnection extends DatabaseConnection {
  release(): void;
}

function createDriver(pool: Pool): Driver {
  const pooled = new WeakMap<DatabaseConnection, PooledConnection>();
  return {
    async init() {},
    async acquireConnection() {
      refuseInsideTransaction();
      try {
        const connection = createConnection(await pool.connect());
        pooled.set(connection, connection);
        return connection;
      } catch (error) {
        throw toPostgresGatewayError(error);
      }
    },
    async beginTransaction(connection, { isolationLevel, accessMode }) {
      const modes = [isolationLevel && `isolation level ${isolationLevel}`, accessMode];
      await connection.executeQuery(CompiledQuery.raw(`begin ${modes.filter(Boolean).join(", ")}`));
    },
    async commitTransaction(connection) {
      const { rows } = await connection.executeQuery<{ command: string }>(
        CompiledQuery.raw("commit"),
      );
      // PostgreSQL answers a commit with ROLLBACK when an earlier statement failed and the error was swallowed.
      if (rows[0]?.command === "ROLLBACK") throw new Error("the transaction was rolled back");
    },
    async rollbackTransaction(connection) {
      await connection.executeQuery(CompiledQuery.raw("rollback"));
    },
    async releaseConnection(connection) {
      pooled.get(connection)?.release();
    },
    async destroy() {},
  };
}

function createConnection(client: PoolClient): PooledConnection {
  let lost = false;
  return {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      try {
        const { command, rows, rowCount } = await client.query(query.sql, [...query.parameters]);
        const ended = command === "ROLLBACK" || command === "COMMIT";
        return {
          // oxlint-disable-next-line typescript/no-unsafe-assignment -- the query's own type says what its rows are
          rows: ended ? [{ command }] : rows,
          ...(rowCount === null ? {} : { numAffectedRows: BigInt(rowCount) }),
        };
      } catch (error) {
        lost ||= isLost(error);
        throw toPostgresGatewayError(error);
      }
    },
    streamQuery() {
      throw new Error("queries are read in pages, not streamed");
    },
    release() {
      client.release(lost);
    },
  };
}
