import type { Log } from "../../core/telemetry.ts";

export interface ErrorLog {
  report(error: unknown, message: string): void;
}

const QUIET_MILLISECONDS = 10_000;

/** For errors that come many times a second while a database is away: says the first, then one in ten seconds and how many weren't said. */
export function createErrorLog(log: Log, now: () => number): ErrorLog {
  let saidAt = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  return {
    report(error, message) {
      unsaid += 1;
      if (now() - saidAt < QUIET_MILLISECONDS) return;
      log.error({ err: error, times: unsaid }, message);
      saidAt = now();
      unsaid = 0;
    },
  };
}
