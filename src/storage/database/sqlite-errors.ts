import { GatewayError } from "../../core/errors.ts";

/** SQLite's own errors in our terms; https://www.sqlite.org/rescode.html */
export function toSqliteGatewayError(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === "SQLITE_FULL") {
    return new GatewayError("storage_full", "The database has no space left.", { cause: error });
  }
  if (code === "SQLITE_CONSTRAINT_FOREIGNKEY") {
    return new GatewayError("stale", "The object that this belongs to is gone.", { cause: error });
  }
  if (/^SQLITE_(BUSY|LOCKED|IOERR|CANTOPEN|READONLY|PROTOCOL)/.test(code)) {
    return new GatewayError("storage_unavailable", "The database can't be used now; try again.", {
      cause: error,
    });
  }
  return error;
}

/** Another process writes: a moment later it works. */
export function isSqliteBusy(error: unknown): boolean {
  return sqliteCode(error).startsWith("SQLITE_BUSY");
}

function sqliteCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}
