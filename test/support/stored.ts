import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { openSqlite } from "../../src/storage/database/connection.ts";
import type { Schema } from "../../src/storage/database/schema.ts";

/** The names of all blobs below a data directory, unfinished ones too. */
export async function blobsOf(dataDir: string): Promise<readonly string[]> {
  const entries = await readdir(join(dataDir, "blobs"), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}

/** What stands in a table of a running gateway, read beside it. */
export async function rowsOf(
  dataDir: string,
  table: keyof Schema,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const connection = await openSqlite(join(dataDir, "crossbatch.sqlite"), { exclusive: false });
  try {
    return await connection.kysely.selectFrom(table).selectAll().execute();
  } finally {
    await connection.close();
  }
}
