import { GatewayError } from "../../core/errors.ts";

/** PostgreSQL's errors in our terms; https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function toPostgresGatewayError(error: unknown): unknown {
  const state = sqlState(error);
  if (state === "53100") {
    return new GatewayError("storage_full", "The database has no space left.", { cause: error });
  }
  if (state === "23503") {
    return new GatewayError("stale", "The object that this belongs to is gone.", { cause: error });
  }
  if (state === "22021") {
    return new GatewayError("invalid_request", "A value holds a NUL character or isn't UTF-8.", {
      cause: error,
    });
  }
  if (CONFLICTS.has(state)) {
    return new GatewayError("storage_unavailable", "The database is busy; try again.", {
      cause: error,
    });
  }
  if (isLost(error) || /^(53|55P03|57|25006|28|3D)/.test(state)) {
    return new GatewayError("storage_unavailable", "The database can't be reached; try again.", {
      cause: error,
    });
  }
  return error;
}

/** After these the connection can't be used again. An error without a state is not the server's but the network's. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) {
    return false;
  }
  const state = sqlState(error);
  return state === "" || /^(08|57P0)/.test(state);
}

const CONFLICTS: ReadonlySet<string> = new Set(["40001", "40P01"]);

/** Two transactions were in each other's way and this one was rolled back: run again, it may pass. */
export function isConflict(error: unknown): boolean {
  return error instanceof GatewayError && CONFLICTS.has(sqlState(error.cause));
}

function sqlState(error: unknown): string {
  return error instanceof Error &&
    "severity" in error &&
    "code" in error &&
    typeof error.code === "string"
    ? error.code
    : "";
}
