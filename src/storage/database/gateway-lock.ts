import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type BetterSqlite from "better-sqlite3";
import { isSqliteBusy } from "./sqlite-errors.ts";

export interface GatewayLock {
  release(): void;
}

export class DirectoryInUseError extends Error {
  override readonly name = "DirectoryInUseError";
  readonly directory: string;
  /** As a person reads it: `process 17 on a-host`. */
  readonly holder: string;

  constructor(directory: string, holder: string) {
    super(
      `${directory} is already used by another gateway (${holder}). ` +
        "Stop that one, or give this one a data directory of its own (CROSSBATCH_DATA_DIR).",
    );
    this.directory = directory;
    this.holder = holder;
  }
}

/**
 * Makes this process the only gateway of a data directory. The lock is the operating system's, on a SQLite file of its
 * own, so that it ends with the process however that ends; the file beside it only says whose it is.
 */
export function lockDirectory(directory: string, Sqlite: typeof BetterSqlite): GatewayLock {
  const holderPath = join(directory, "gateway.pid");
  const lock = new Sqlite(join(directory, "gateway.lock"), { timeout: 0 });
  if (!tryLock(lock)) {
    throw new DirectoryInUseError(directory, holder(holderPath));
  }
  writeFileSync(holderPath, `process ${process.pid} on ${hostname()}\n`);
  return {
    release() {
      rmSync(holderPath, { force: true });
      lock.close();
    },
  };
}

function tryLock(lock: BetterSqlite.Database): boolean {
  try {
    lock.exec("begin exclusive");
    return true;
  } catch (error) {
    lock.close();
    if (isSqliteBusy(error)) return false;
    throw error;
  }
}

function holder(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "a process that is just starting or stopping";
  }
}
