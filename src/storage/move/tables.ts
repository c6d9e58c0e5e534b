import { type Kysely, type RawBuilder, sql } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.ts";

export type TableName = keyof Schema;

/** Text, whole numbers and nulls are all there is, in every table. */
const rowSchema = z.record(z.string(), z.union([z.string(), z.int(), z.null()]));

/** A row as the driver gives it. */
export type Row = Readonly<z.infer<typeof rowSchema>>;

export function parseRow(line: string): Row {
  return rowSchema.parse(JSON.parse(line));
}

type Executor = Kysely<Schema>;

type PrimaryKeys = { readonly [Name in TableName]: readonly (keyof Schema[Name] & string)[] };

/** Every table, parents before what refers to them, with the key by which it is read in pages. */
const PRIMARY_KEYS: PrimaryKeys = {
  files: ["id"],
  file_copies: ["file_id", "provider", "account", "recipe"],
  uploads: ["id"],
  upload_parts: ["id"],
  batches: ["id"],
  parts: ["id"],
  aliases: ["kind", "id", "owner", "account"],
  account_keys: ["account"],
  create_keys: ["owner", "key"],
  virtual_keys: ["id"],
  key_uses: ["key_id", "day"],
  key_batches: ["batch_id"],
  events: ["id"],
  wakes: ["key"],
};

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the names that the type has
export const TABLES = Object.keys(PRIMARY_KEYS) as readonly TableName[];

/** Some tens of kilobytes in most tables, and far from the 32,766 parameters that SQLite takes in one statement. */
const PAGE = 200;

/** All rows of a table in pages; inside a transaction that sees one moment, those of that moment. */
export async function* readRows(
  executor: Executor,
  table: TableName,
): AsyncGenerator<readonly Row[]> {
  const columns = PRIMARY_KEYS[table];
  const key = list(columns.map((column) => sql.ref(column)));
  let after: RawBuilder<unknown> = sql``;
  for (;;) {
    const { rows } = await sql<Row>`
      select * from ${sql.table(table)} ${after} order by ${key} limit ${PAGE}`.execute(executor);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (rows.length < PAGE) return;
    after = sql`where (${key}) > (${list(columns.map((column) => sql`${last[column]}`))})`;
  }
}

export async function insertRows(
  executor: Executor,
  table: TableName,
  rows: readonly Row[],
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  for (let start = 0; start < rows.length; start += PAGE) {
    const values = rows
      .slice(start, start + PAGE)
      .map((row) => sql`(${list(columns.map((column) => sql`${row[column] ?? null}`))})`);
    await sql`
      insert into ${sql.table(table)} (${list(columns.map((column) => sql.ref(column)))})
      values ${list(values)}`.execute(executor);
  }
}

export async function countRows(executor: Executor, table: TableName): Promise<number> {
  const { rows } = await sql<{ readonly count: number }>`
    select count(*) as count from ${sql.table(table)}`.execute(executor);
  return rows[0]?.count ?? 0;
}

/** The names of the migrations that made the tables, oldest first. */
export async function migrationsOf(executor: Executor): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly name: string }>`
    select name from kysely_migration order by name`.execute(executor);
  return rows.map(({ name }) => name);
}

function list(parts: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return sql.join(parts);
}
