import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BlobStore } from "../../../src/core/blobs.ts";
import { createDiskBlobs } from "../../../src/storage/blobs/disk.ts";
import {
  type Connection,
  openPostgres,
  openSqlite,
} from "../../../src/storage/database/connection.ts";
import { migrate } from "../../../src/storage/database/migrations.ts";
import { exportState } from "../../../src/storage/move/export-state.ts";
import { importState } from "../../../src/storage/move/import-state.ts";
import type { State } from "../../../src/storage/move/state.ts";
import { insertRows, readRows, type Row, TABLES } from "../../../src/storage/move/tables.ts";
import { canRun, createTestDatabase, isServerReachable } from "../../support/postgres.ts";

const hasPostgres = canRun(await isServerReachable(), "moving rows to PostgreSQL");
const { signal } = new AbortController();

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "crossbatch-move-"));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const newFolder = () => mkdtemp(join(root, "folder-"));

interface TestState extends State, AsyncDisposable {
  readonly folder: string;
}

async function openState(kind: Connection["kind"] = "sqlite"): Promise<TestState> {
  const folder = await newFolder();
  const database = kind === "postgres" ? await createTestDatabase() : null;
  const connection =
    database === null
      ? await openSqlite(join(folder, "crossbatch.sqlite"), { exclusive: true })
      : await openPostgres(database.url);
  await migrate(connection);
  const blobs = await createDiskBlobs({ directory: join(folder, "blobs") });
  return {
    folder,
    connection,
    blobs,
    fingerprint: "of one secret",
    async [Symbol.asyncDispose]() {
      await connection.close();
      await database?.drop();
    },
  };
}

function put(blobs: BlobStore, key: string, text: string) {
  const content = async function* () {
    yield Buffer.from(text);
  };
  return blobs.put(key, content(), signal);
}

const exportTo = (state: State, folder: string) => exportState(state, { folder, now: 0, signal });
const importFrom = (state: State, folder: string) => importState(state, { folder, signal });

async function rowsOf({ connection }: State, table: (typeof TABLES)[number]) {
  const rows: Row[] = [];
  for await (const page of readRows(connection.kysely, table)) rows.push(...page);
  return rows;
}

/** More than one page of a table whose key has several columns, and text of every sort. */
async function fill({ connection, blobs }: State): Promise<void> {
  const aliases = Array.from({ length: 450 }, (_, at) => ({
    kind: at % 2 === 0 ? "file" : "batch",
    id: `id-${Math.floor(at / 3)}`,
    owner: `ö "ner"\n\u2028${at % 3}`,
    account: "",
    provider: null,
    dialect: "openai",
    object_id: "\u{1F600}'\\",
    number: at,
  }));
  const uses = Array.from({ length: 401 }, (_, day) => ({
    key_id: `key-${day % 2}`,
    day,
    lines: 2 ** 40 + day,
    bytes: Number.MAX_SAFE_INTEGER,
  }));
  await insertRows(connection.kysely, "aliases", aliases);
  await insertRows(connection.kysely, "key_uses", uses);
  for (let at = 0; at < 20; at += 1) await put(blobs, `files/${at}`, `text ${at}`);
}

describe.each([
  ["sqlite", "postgres"],
  ["postgres", "sqlite"],
  ["sqlite", "sqlite"],
] as const)("from %s to %s", (from, to) => {
  const isPossible = hasPostgres || (from === "sqlite" && to === "sqlite");
  test.skipIf(!isPossible)("every row of every page is the same", async () => {
    await using old = await openState(from);
    await using next = await openState(to);
    await fill(old);
    const folder = await newFolder();
    const { manifest } = await exportTo(old, folder);
    expect(manifest.tables["aliases"]?.rows).toBe(450);
    expect(await importFrom(next, folder)).toEqual(manifest);
    const sorted = async (state: State, table: (typeof TABLES)[number]) =>
      (await rowsOf(state, table))
        .map((row) => JSON.stringify(row, Object.keys(row).sort()))
        .sort();
    for (const table of TABLES) {
      expect([table, await sorted(next, table)]).toEqual([table, await sorted(old, table)]);
    }
  });
});

const databases = ["sqlite", "postgres"] as const;
test.skipIf(!hasPostgres).each(databases)("no table of %s is left behind", async (kind) => {
  await using state = await openState(kind);
  const tables = await state.connection.kysely.introspection.getTables();
  const names = tables.map(({ name }) => name).filter((name) => !name.startsWith("kysely_"));
  expect(names.sort()).toEqual([...TABLES].sort());
});

test("an export that was cut short is taken up, and what is no longer there isn't kept", async () => {
  await using old = await openState();
  await fill(old);
  const folder = await newFolder();
  await exportTo(old, folder);
  await rm(join(folder, "manifest.json"));
  await old.blobs.delete("files/3", signal);
  await old.blobs.delete("files/4", signal);
  await put(old.blobs, "files/4", "TEXT 4");
  const { manifest } = await exportTo(old, folder);
  expect(manifest.blobs.count).toBe(19);
  expect(await readdir(folder)).toEqual(["blobs", "blobs.jsonl", "manifest.json", "tables"]);
  await using next = await openState();
  await importFrom(next, folder);
  const text = await (await next.blobs.open("files/4", signal)).toArray();
  expect(Buffer.concat(text).toString()).toBe("TEXT 4");
});

test("an import that was cut short is taken up; one that fails has written no row", async () => {
  await using old = await openState();
  await using next = await openState();
  await fill(old);
  await insertRows(old.connection.kysely, "wakes", [
    { key: "sweep", due_at: 5, claimed_at: null, failures: 0 },
  ]);
  await insertRows(next.connection.kysely, "wakes", [
    { key: "sweep", due_at: 9, claimed_at: null, failures: 0 },
  ]);
  const folder = await newFolder();
  await exportTo(old, folder);
  // The last table refuses a row: everything before it is undone.
  await sql`create trigger full_disk before insert on wakes
    begin select raise(abort, 'the disk is full'); end`.execute(next.connection.kysely);
  await expect(importFrom(next, folder)).rejects.toThrow("the disk is full");
  expect(await rowsOf(next, "aliases")).toEqual([]);
  expect(await rowsOf(next, "wakes")).toMatchObject([{ due_at: 9 }]);
  await sql`drop trigger full_disk`.execute(next.connection.kysely);
  await next.blobs.delete("files/7", signal);
  await next.blobs.delete("files/8", signal);
  await put(next.blobs, "files/8", "half 8");
  await importFrom(next, folder);
  expect(await rowsOf(next, "wakes")).toMatchObject([{ due_at: 5 }]);
  const text = await (await next.blobs.open("files/8", signal)).toArray();
  expect(Buffer.concat(text).toString()).toBe("text 8");
});

test("blobs of something else, a changed blob, and one that was damaged before", async () => {
  await using old = await openState();
  await using next = await openState();
  await fill(old);
  const folder = await newFolder();
  await exportTo(old, folder);
  await put(next.blobs, "files/of-another", "x");
  await expect(importFrom(next, folder)).rejects.toThrow("such as files/of-another");
  await next.blobs.delete("files/of-another", signal);
  const copy = await createDiskBlobs({ directory: join(folder, "blobs") });
  await copy.delete("files/5", signal);
  await put(copy, "files/5", "TEXT 5");
  await expect(importFrom(next, folder)).rejects.toThrow("The blob files/5 isn't as it was");
  expect(await next.blobs.stat("files/5", signal)).toBeNull();
  await copy.delete("files/5", signal);
  await expect(importFrom(next, folder)).rejects.toThrow("There is no such stored content.");

  await sql`insert into files (id, owner, dialect, provider, origin, filename, purpose, mime_type,
      bytes, sha256, blob, options_json, created_at, version)
    values ('a', 'shared', 'openai', 'openai', 'upload', 'a', 'batch', 'text/plain',
      6, ${"0".repeat(64)}, 'files/6', '{}', 0, 1)`.execute(old.connection.kysely);
  expect((await exportTo(old, await newFolder())).damaged).toEqual(["files/6"]);
});

test("a folder with files of others is left alone", async () => {
  await using old = await openState();
  const folder = await newFolder();
  await writeFile(join(folder, "thesis.txt"), "years of work");
  await expect(exportTo(old, folder)).rejects.toThrow("holds thesis.txt already");
  expect(await readdir(folder)).toEqual(["thesis.txt"]);
});
