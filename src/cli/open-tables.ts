import { type ConfigSource, loadConfig } from "../config/load.ts";
import { secretsOf } from "../config/secrets.ts";
import type { Config } from "../config/schema.ts";
import { isGatewayError } from "../core/errors.ts";
import type { Database } from "../core/storage.ts";
import { openConnection } from "../storage/configured.ts";
import { openDatabase } from "../storage/database/database.ts";
import { reportFailure } from "./report-failure.ts";

/** Runs a command on the gateway's own database, beside a gateway that may be running. */
export async function withTables(
  source: ConfigSource,
  work: (database: Database, config: Config) => Promise<void>,
): Promise<void> {
  let secrets: readonly string[] = [];
  try {
    const { config } = await loadConfig(source);
    secrets = secretsOf(config, source.environment);
    const connection = await openConnection(config, { exclusive: false });
    try {
      await work(await openDatabase(connection), config);
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!isGatewayError(error)) return reportFailure(error, secrets);
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
