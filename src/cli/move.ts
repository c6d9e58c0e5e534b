import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type ConfigSource, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { secretsOf } from "../config/secrets.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import { createSecretBox } from "../lib/secret-box.ts";
import { readSecret } from "../lib/secret-file.ts";
import { openBlobs, openConnection } from "../storage/configured.ts";
import { DirectoryInUseError } from "../storage/database/gateway-lock.ts";
import { migrate } from "../storage/database/migrations.ts";
import { exportState } from "../storage/move/export-state.ts";
import { importState } from "../storage/move/import-state.ts";
import type { Manifest } from "../storage/move/manifest.ts";
import type { State } from "../storage/move/state.ts";
import { reportFailure } from "./report-failure.ts";

/** Writes the state of the gateway that is configured to a folder, and says how much it was. */
export async function runExport(source: ConfigSource, folder: string): Promise<void> {
  await withConfig(source, async (config) => {
    await requireDatabase(config);
    await withState(config, async (state) => {
      const options = { folder: resolve(folder), now: Date.now(), signal: unending() };
      const { manifest, damaged } = await exportState(state, options);
      printTotals(manifest);
      console.log(`Exported to ${options.folder}. It holds what clients sent and were answered.`);
      console.log(
        "Import it elsewhere with the same secret, and don't start this gateway again then: unfinished batches would run twice.",
      );
      for (const key of damaged) {
        process.stderr.write(
          `Damaged before the export: ${key} isn't what its file's checksum says.\n`,
        );
      }
      if (damaged.length > 0) process.exitCode = 1;
    });
  });
}

/** Puts a folder's export into the empty storage that is configured, and says how much it was. */
export async function runImport(source: ConfigSource, folder: string): Promise<void> {
  await withConfig(source, (config) =>
    withState(config, async (state) => {
      printTotals(await importState(state, { folder: resolve(folder), signal: unending() }));
      console.log("Imported; every row was counted and every blob's SHA-256 compared.");
    }),
  );
}

async function withConfig(
  source: ConfigSource,
  work: (config: Config) => Promise<void>,
): Promise<void> {
  let secrets: readonly string[] = [];
  try {
    const { config } = await loadConfig(source);
    secrets = secretsOf(config, source.environment);
    await work(config);
  } catch (error) {
    const said = explain(error);
    if (said === null) return reportFailure(error, secrets);
    process.stderr.write(`${said}\n`);
    process.exitCode = 1;
  }
}

function explain(error: unknown): string | null {
  if (isGatewayError(error)) return error.message;
  if (!(error instanceof DirectoryInUseError)) return null;
  return `${error.directory} is used by a running gateway (${error.holder}). Stop it first: what it does meanwhile would be missing, or be done twice.`;
}

/** Nothing is made on the way: neither a secret nor, for an export, a database. */
async function withState(config: Config, work: (state: State) => Promise<void>): Promise<void> {
  const fingerprint = createSecretBox(await secretOf(config)).fingerprint("crossbatch export");
  const connection = await openConnection(config, { exclusive: true });
  try {
    await migrate(connection);
    const blobs = await openBlobs(config);
    try {
      await work({ connection, blobs, fingerprint });
    } finally {
      await blobs.close();
    }
  } finally {
    await connection.close();
  }
}

async function requireDatabase({ databaseUrl, dataDir }: Config): Promise<void> {
  if (databaseUrl !== null) return;
  const path = join(dataDir, "crossbatch.sqlite");
  const found = await access(path).then(
    () => true,
    () => false,
  );
  if (found) return;
  throw new GatewayError(
    "invalid_request",
    `There is no ${path}, so nothing to export. CROSSBATCH_DATA_DIR says where the gateway keeps its data.`,
  );
}

async function secretOf({ secretKey, dataDir }: Config): Promise<string> {
  if (secretKey !== null) return secretKey;
  const path = join(dataDir, "secret.key");
  try {
    return await readSecret(path);
  } catch (error) {
    throw new GatewayError(
      "invalid_request",
      `CROSSBATCH_SECRET_KEY isn't set, and ${path} can't be read: the secret must be the same on both sides.`,
      { cause: error },
    );
  }
}

function printTotals({ tables, blobs }: Manifest): void {
  for (const [table, { rows }] of Object.entries(tables)) console.log(`${table}: ${rows} rows`);
  console.log(`blobs: ${blobs.count}, ${blobs.bytes} bytes`);
}

/** A signal ends the process, which leaves nothing half done that the next try wouldn't take up. */
function unending(): AbortSignal {
  return new AbortController().signal;
}
