import { type Kysely, sql } from "kysely";
import type { BlobStore } from "../../core/blobs.ts";
import { GatewayError } from "../../core/errors.ts";
import { createDiskBlobs } from "../blobs/disk.ts";
import type { Schema } from "../database/schema.ts";
import { copyBlob, hashBlob, mapSome, totalsOf } from "./copy-blobs.ts";
import { expectCount } from "./export-state.ts";
import { checkLines, readLines } from "./json-lines.ts";
import {
  blobFolder,
  blobListPath,
  type ListedBlob,
  type Manifest,
  parseListedBlob,
  readManifest,
  tablePath,
} from "./manifest.ts";
import { refuseRunningReplicas, type State } from "./state.ts";
import { countRows, insertRows, migrationsOf, parseRow, type TableName, TABLES } from "./tables.ts";

interface ImportOptions {
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * Puts an export into the empty storage of a gateway that doesn't run, streamed. Blobs first, then all rows in one
 * transaction: one that was cut short has left blobs at most, and the next of the same export takes them up.
 */
export async function importState(state: State, options: ImportOptions): Promise<Manifest> {
  const { folder, signal } = options;
  const manifest = await readManifest(folder);
  await refuseOther(state, manifest);
  await refuseRunningReplicas(state);
  await refuseRows(state.connection.kysely);
  await refuseChanged(manifest, folder);
  const exported = await createDiskBlobs({ directory: blobFolder(folder) });
  await refuseOtherBlobs(state.blobs, exported, signal);
  await importBlobs({ from: exported, to: state.blobs }, manifest, options);
  const isShared = state.connection.kind === "postgres";
  await state.connection.withoutTimeLimits((kysely) =>
    kysely.transaction().execute(async (transaction) => {
      if (isShared) await lockTables(transaction);
      await importRows(transaction, manifest, options);
    }),
  );
  return manifest;
}

/** Throws `invalid_request` where rows would mean something else here than where they come from. */
async function refuseOther(state: State, manifest: Manifest): Promise<void> {
  const migrations = await migrationsOf(state.connection.kysely);
  if (migrations.join() !== manifest.migrations.join()) {
    throw new GatewayError(
      "invalid_request",
      `The export's tables are of ${manifest.migrations.at(-1) ?? "no migration"}, this version's of ${migrations.at(-1) ?? "no migration"}. Export and import with the same version of Crossbatch.`,
    );
  }
  if (state.fingerprint === manifest.secret) return;
  throw new GatewayError(
    "invalid_request",
    "The secret isn't the one that the export was made with, so clients' keys couldn't be read and their files not be found. " +
      "Set CROSSBATCH_SECRET_KEY to what it was there; if it wasn't set there, to what secret.key in its data directory holds.",
  );
}

/** Before anything is written; what is read later is checked again. */
async function refuseChanged(manifest: Manifest, folder: string): Promise<void> {
  for (const table of TABLES) {
    const listing = manifest.tables[table];
    if (listing === undefined) {
      throw new GatewayError("invalid_request", `The export has no table ${table}. Export again.`);
    }
    await checkLines(tablePath(folder, table), listing);
  }
  await checkLines(blobListPath(folder), manifest.blobs.list);
}

/** Wakes are of what the tables hold; a gateway that was started once has one for its sweep. */
async function refuseRows(executor: Kysely<Schema>): Promise<void> {
  for (const table of TABLES) {
    if (table === "wakes") continue;
    const count = await countRows(executor, table);
    if (count === 0) continue;
    throw new GatewayError(
      "invalid_request",
      `The database isn't empty: ${table} has ${count} rows. Import into a new one.`,
    );
  }
}

/** What the export has too is of an import that was cut short. */
async function refuseOtherBlobs(
  blobs: BlobStore,
  exported: BlobStore,
  signal: AbortSignal,
): Promise<void> {
  for await (const { key } of blobs.list("", signal)) {
    if ((await exported.stat(key, signal)) !== null) continue;
    throw new GatewayError(
      "invalid_request",
      `There are other blobs where the export's are to go, such as ${key}. Import into an empty folder or prefix.`,
    );
  }
}

interface Stores {
  readonly from: BlobStore;
  readonly to: BlobStore;
}

async function importBlobs(
  stores: Stores,
  manifest: Manifest,
  { folder, signal }: ImportOptions,
): Promise<void> {
  const listed = async function* () {
    for await (const lines of readLines(blobListPath(folder), manifest.blobs.list)) {
      yield* lines.map(parseListedBlob);
    }
  };
  for await (const _ of mapSome(listed(), (blob) => importBlob(stores, blob, signal))) {
    signal.throwIfAborted();
  }
  const { count, bytes } = await totalsOf(stores.to.list("", signal));
  const expected = manifest.blobs;
  if (count === expected.count && bytes === expected.bytes) return;
  throw new Error(
    `${count} blobs of ${bytes} bytes are there, not ${expected.count} of ${expected.bytes}`,
  );
}

async function importBlob(stores: Stores, blob: ListedBlob, signal: AbortSignal): Promise<void> {
  const { key, bytes, sha256 } = blob;
  const there = await stores.to.stat(key, signal);
  if (there?.bytes === bytes && (await hashBlob(stores.to, key, signal)).sha256 === sha256) return;
  const stored = await copyBlob(stores, key, signal);
  if (stored.bytes === bytes && stored.sha256 === sha256) return;
  await stores.to.delete(key, signal);
  throw new GatewayError(
    "invalid_request",
    `The blob ${key} isn't as it was exported: it was changed or is damaged. Export again.`,
  );
}

async function importRows(
  transaction: Kysely<Schema>,
  manifest: Manifest,
  options: ImportOptions,
): Promise<void> {
  await refuseRows(transaction);
  await transaction.deleteFrom("wakes").execute();
  for (const table of TABLES) await importTable(transaction, { table, manifest }, options);
}

/** A gateway that is started now waits, and finds all of it or nothing. In SQLite a transaction that writes is alone. */
async function lockTables(transaction: Kysely<Schema>): Promise<void> {
  const tables = sql.join(TABLES.map((table) => sql.table(table)));
  await sql`lock table ${tables} in exclusive mode`.execute(transaction);
}

async function importTable(
  transaction: Kysely<Schema>,
  { table, manifest }: { readonly table: TableName; readonly manifest: Manifest },
  { folder, signal }: ImportOptions,
): Promise<void> {
  const listing = manifest.tables[table];
  if (listing === undefined) return;
  for await (const lines of readLines(tablePath(folder, table), listing)) {
    signal.throwIfAborted();
    await insertRows(transaction, table, lines.map(parseRow));
  }
  await expectCount(transaction, table, listing.rows);
}
