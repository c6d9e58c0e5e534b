import type BetterSqlite from "better-sqlite3";
import { whenFree } from "./sqlite-dialect.ts";

/** The file with the settings by which no acknowledged row is lost: not by kill -9, not by a power cut. */
export async function openSqliteFile(
  Sqlite: typeof BetterSqlite,
  path: string,
): Promise<BetterSqlite.Database> {
  try {
    // The driver waits for other processes itself, without blocking the event loop.
    return await setUp(new Sqlite(path, { timeout: 0 }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The database ${path} can't be opened: ${reason}`, { cause: error });
  }
}

async function setUp(database: BetterSqlite.Database): Promise<BetterSqlite.Database> {
  try {
    await whenFree(() => database.pragma("journal_mode = wal"));
    database.pragma("synchronous = full");
    database.pragma("foreign_keys = on");
    database.pragma("temp_store = memory");
    // Else a long reader can leave a write-ahead log of gigabytes behind.
    database.pragma("journal_size_limit = 67108864");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
