import { setTimeout as sleep } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import type { Database, Tables } from "../../core/storage.ts";
import { createAccountKeyTable } from "./account-keys.ts";
import { createAliasTable } from "./aliases.ts";
import { createBatchTable } from "./batches.ts";
import type { Connection } from "./connection.ts";
import { createCopyTable } from "./copies.ts";
import { createCreateKeyTable } from "./create-keys.ts";
import { createEventTable } from "./events.ts";
import { setExecutor } from "./executors.ts";
import { createFileTable } from "./files.ts";
import { createKeyTable } from "./keys.ts";
import { migrate } from "./migrations.ts";
import { isConflict } from "./postgres-errors.ts";
import type { Schema } from "./schema.ts";
import { insideTransaction } from "./transaction-scope.ts";
import { createUploadTable } from "./uploads.ts";

const transactionAttempts = 5;

/** The tables over an open connection, brought up to date first. Closing it closes the connection. */
export async function openDatabase(connection: Connection): Promise<Database> {
  await migrate(connection);
  const { kysely } = connection;

  async function transaction<Result>(work: (tables: Tables) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await kysely
          .transaction()
          .execute((executor) => insideTransaction(() => work(createTables(executor))));
      } catch (error) {
        if (attempt === transactionAttempts || !isConflict(error)) throw error;
      }
      await sleep(2 ** attempt * (5 + 10 * Math.random()));
    }
  }

  const database: Database = {
    ...createTables(kysely),
    transaction,
    async ping(signal) {
      await sql`select 1`.execute(kysely, { signal });
    },
    close: () => connection.close(),
  };
  setExecutor(database, kysely);
  return database;
}

function createTables(executor: Kysely<Schema>): Tables {
  const tables: Tables = {
    files: createFileTable(executor),
    copies: createCopyTable(executor),
    uploads: createUploadTable(executor),
    batches: createBatchTable(executor),
    aliases: createAliasTable(executor),
    accountKeys: createAccountKeyTable(executor),
    createKeys: createCreateKeyTable(executor),
    keys: createKeyTable(executor),
    events: createEventTable(executor),
  };
  setExecutor(tables, executor);
  return tables;
}
