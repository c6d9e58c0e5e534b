import { type ConfigSource, loadConfig } from "../config/load.ts";
import type { Scheduler } from "../core/scheduler.ts";
import type { Database } from "../core/storage.ts";
import type { Log } from "../core/telemetry.ts";
import { openConnection } from "../storage/configured.ts";
import { openDatabase } from "../storage/database/database.ts";
import { openScheduler } from "../storage/scheduler/scheduler.ts";

export interface Storage extends AsyncDisposable {
  readonly database: Database;
  /** For wakes only: whoever serves handles them. */
  readonly scheduler: Scheduler;
}

/** The gateway's own database, beside the gateway if that runs. */
export async function openStorage(source: ConfigSource): Promise<Storage> {
  const { config } = await loadConfig(source);
  const connection = await openConnection(config, { exclusive: false });
  const database = await openDatabase(connection);
  const url = config.databaseUrl;
  const scheduler = await openScheduler({ connection, url, now: Date.now, log: SILENT });
  return {
    database,
    scheduler,
    async [Symbol.asyncDispose]() {
      await scheduler.stop(1_000);
      await database.close();
    },
  };
}

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
