import type { Kysely } from "kysely";
import type { Tables } from "../../core/storage.ts";
import type { Schema } from "./schema.ts";

const executors = new WeakMap<Tables, Kysely<Schema>>();

/**
 * The Kysely instance behind a Database, or the transaction behind the Tables that its callback was given, so that a
 * scheduler can enqueue in the same transaction.
 */
export function executorOf(tables: Tables): Kysely<Schema> {
  const executor = executors.get(tables);
  if (executor === undefined) throw new Error("these Tables were not made by openDatabase");
  return executor;
}

/** Says which instance the tables run their queries on. */
export function setExecutor(tables: Tables, executor: Kysely<Schema>): void {
  executors.set(tables, executor);
}

/** All of `work` or nothing: in the transaction that is open already, else in one of its own. */
export function inTransaction<Result>(
  executor: Kysely<Schema>,
  work: (transaction: Kysely<Schema>) => Promise<Result>,
): Promise<Result> {
  return executor.isTransaction ? work(executor) : executor.transaction().execute(work);
}
