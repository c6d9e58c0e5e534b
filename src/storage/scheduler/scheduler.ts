import type { Scheduler } from "../../core/scheduler.ts";
import type { Log } from "../../core/telemetry.ts";
import type { Connection } from "../database/connection.ts";
import type { BackOff } from "./back-off.ts";
import { createEmbeddedScheduler } from "./embedded.ts";

export interface SchedulerOptions {
  readonly connection: Connection;
  /** Of the same database, if that is PostgreSQL. */
  readonly url: string | null;
  readonly now: () => number;
  readonly log: Log;
  /** How many keys this process handles at once. */
  readonly concurrency?: number;
  readonly backOff?: BackOff;
}

/** The scheduler that fits the database; pg-boss is loaded only for PostgreSQL. */
export async function openScheduler({ url, ...options }: SchedulerOptions): Promise<Scheduler> {
  if (url === null) return createEmbeddedScheduler(options);
  const { createPgBossScheduler } = await import("./pg-boss.ts");
  return createPgBossScheduler({ ...options, url });
}
