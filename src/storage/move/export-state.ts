import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Kysely } from "kysely";
import type { BlobInfo, BlobStore, StoredBlob } from "../../core/blobs.ts";
import { GatewayError } from "../../core/errors.ts";
import { createDiskBlobs } from "../blobs/disk.ts";
import { syncFolder, writeNewFile } from "../blobs/disk-file.ts";
import type { Schema } from "../database/schema.ts";
import { copyBlob, hashBlob, mapSome, totalsOf } from "./copy-blobs.ts";
import {
  blobFolder,
  blobListPath,
  FORMAT_VERSION,
  type ListedBlob,
  type Manifest,
  manifestPath,
  tablePath,
} from "./manifest.ts";
import { refuseRunningReplicas, type State } from "./state.ts";
import { countRows, migrationsOf, readRows, type TableName, TABLES } from "./tables.ts";

export interface Exported {
  readonly manifest: Manifest;
  /** Keys of blobs that aren't what was once stored as a file, by the file's own checksum. */
  readonly damaged: readonly string[];
}

interface ExportOptions {
  readonly folder: string;
  readonly now: number;
  readonly signal: AbortSignal;
}

type Listing = Manifest["tables"][string];

/**
 * Writes all that a gateway keeps to a folder, streamed. The gateway must not run. An export that was cut short is taken up
 * by the next into the same folder: rows are written anew, and a blob that is there already is compared instead.
 */
export async function exportState(state: State, options: ExportOptions): Promise<Exported> {
  const { folder, signal } = options;
  const { connection } = state;
  await refuseRunningReplicas(state);
  await prepareFolder(folder);
  const migrations = await migrationsOf(connection.kysely);
  const tables = await connection.withoutTimeLimits((kysely) =>
    kysely
      .transaction()
      .setIsolationLevel("repeatable read")
      .setAccessMode("read only")
      .execute((transaction) => writeTables(transaction, options)),
  );
  const copy = await createDiskBlobs({ directory: blobFolder(folder) });
  const damaged: string[] = [];
  const list = await writeBlobList({ state, copy, damaged }, options);
  const totals = await totalsOf(copy.list("", signal));
  if (totals.count !== list.rows) {
    throw new Error(`${list.rows} blobs were copied, and ${totals.count} are there`);
  }
  // What a gateway did that was started meanwhile isn't in it.
  await refuseRunningReplicas(state);
  const manifest: Manifest = {
    format: "crossbatch-export",
    version: FORMAT_VERSION,
    migrations: [...migrations],
    secret: state.fingerprint,
    exportedAt: new Date(options.now).toISOString(),
    tables,
    blobs: { ...totals, list },
  };
  await writeNewFile(manifestPath(folder), chunk(`${JSON.stringify(manifest, null, 2)}\n`));
  await syncFolder(folder);
  return { manifest, damaged };
}

const OURS = new Set(["tables", "blobs", "blobs.jsonl"]);

async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const foreign = (await readdir(folder)).find((name) => !OURS.has(name));
  if (foreign !== undefined) {
    const what = foreign === "manifest.json" ? "a whole export already" : `${foreign} already`;
    throw new GatewayError(
      "invalid_request",
      `${folder} holds ${what}. Export to an empty folder, or to one that doesn't exist yet.`,
    );
  }
  await rm(join(folder, "tables"), { recursive: true, force: true });
  await rm(blobListPath(folder), { force: true });
  await mkdir(join(folder, "tables"), { mode: 0o700 });
}

async function writeTables(
  transaction: Kysely<Schema>,
  { folder, signal }: ExportOptions,
): Promise<Record<string, Listing>> {
  const tables: Record<string, Listing> = {};
  for (const table of TABLES) {
    let rows = 0;
    const lines = async function* () {
      for await (const page of readRows(transaction, table)) {
        signal.throwIfAborted();
        rows += page.length;
        yield Buffer.from(page.map((row) => `${JSON.stringify(row)}\n`).join(""));
      }
    };
    const stored = await writeNewFile(tablePath(folder, table), lines());
    tables[table] = { rows, ...stored };
    await expectCount(transaction, table, rows);
  }
  return tables;
}

/** Throws if the table doesn't hold so many rows. */
export async function expectCount(
  transaction: Kysely<Schema>,
  table: TableName,
  rows: number,
): Promise<void> {
  const count = await countRows(transaction, table);
  if (count !== rows) throw new Error(`${table} has ${count} rows, and ${rows} were moved`);
}

interface BlobWork {
  readonly state: State;
  readonly copy: BlobStore;
  /** Gets what is found. */
  readonly damaged: string[];
}

async function writeBlobList(work: BlobWork, options: ExportOptions): Promise<Listing> {
  const { folder, signal } = options;
  const { blobs } = work.state;
  let rows = 0;
  const lines = async function* () {
    const copied = mapSome(blobs.list("", signal), (info) => exportBlob(work, info, signal));
    for await (const blob of copied) {
      rows += 1;
      yield Buffer.from(`${JSON.stringify(blob)}\n`);
    }
  };
  const stored = await writeNewFile(blobListPath(folder), lines());
  // An earlier try may have copied what was deleted since.
  for await (const { key } of work.copy.list("", signal)) {
    if ((await blobs.stat(key, signal)) === null) await work.copy.delete(key, signal);
  }
  return { rows, ...stored };
}

async function exportBlob(
  { state, copy, damaged }: BlobWork,
  { key, bytes }: BlobInfo,
  signal: AbortSignal,
): Promise<ListedBlob> {
  const stored =
    (await knownCopy({ from: state.blobs, copy }, { key, bytes }, signal)) ??
    (await copyBlob({ from: state.blobs, to: copy }, key, signal));
  if (!(await isIntact(state, key, stored))) damaged.push(key);
  return { key, ...stored };
}

/** What the copy is, if an earlier try made it of the same bytes; else null. */
async function knownCopy(
  { from, copy }: { readonly from: BlobStore; readonly copy: BlobStore },
  { key, bytes }: Pick<BlobInfo, "key" | "bytes">,
  signal: AbortSignal,
): Promise<StoredBlob | null> {
  if ((await copy.stat(key, signal))?.bytes !== bytes) return null;
  const there = await hashBlob(copy, key, signal);
  const here = await hashBlob(from, key, signal);
  return there.sha256 === here.sha256 ? there : null;
}

/** False if a file's row says otherwise; most blobs belong to no file and have no checksum. */
async function isIntact(
  { connection }: State,
  key: string,
  { sha256 }: StoredBlob,
): Promise<boolean> {
  const other = await connection.kysely
    .selectFrom("files")
    .select("id")
    .where("blob", "=", key)
    .where("sha256", "is not", null)
    .where("sha256", "!=", sha256)
    .limit(1)
    .executeTakeFirst();
  return other === undefined;
}

async function* chunk(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
