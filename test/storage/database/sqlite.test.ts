import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import Sqlite from "better-sqlite3";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { executorOf, openSqlite } from "../../../src/storage/database/connection.ts";
import { openDatabase } from "../../../src/storage/database/database.ts";
import { databaseContract, type Place } from "./database.contract.ts";
import { keysContract } from "./keys.contract.ts";
import { aFile } from "./samples.ts";
import { transactionsContract } from "./transactions.contract.ts";

const ANN = ["ann"];

describe("SQLite", () => {
  databaseContract(createPlace);
  transactionsContract(createPlace);
  keysContract(createPlace);

  async function createPlace(): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), "crossbatch-database-"));
    return {
      open: () => openSqlite(join(folder, "crossbatch.sqlite"), { exclusive: false }),
      remove: () => rm(folder, { recursive: true }),
    };
  }
});

describe("a data directory", () => {
  let folder: string;
  let path: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "crossbatch-database-"));
    path = join(folder, "data", "crossbatch.sqlite");
  });

  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    await rm(folder, { recursive: true });
  });

  test("refuses a second gateway, naming the process of the first", async () => {
    const { child } = await start("hold");
    const refused = openSqlite(path, { exclusive: true });
    await expect(refused).rejects.toThrow(
      `${join(folder, "data")} is already used by another gateway (process ${child.pid} on `,
    );
  });

  test("refuses a second gateway of the same process, until the first has closed", async () => {
    const first = await openSqlite(path, { exclusive: true });
    await expect(openSqlite(path, { exclusive: true })).rejects.toThrow(
      `already used by another gateway (process ${process.pid} on `,
    );
    await first.close();
    const second = await openSqlite(path, { exclusive: true });
    await second.close();
    expect(await readdir(join(folder, "data"))).not.toContain("gateway.pid");
  });

  test("takes a new gateway at once after kill -9 of the old, with every acknowledged row", async () => {
    const { child, lines } = await start("hold", 100_000);
    const acknowledged: string[] = [];
    for await (const id of lines) {
      if (acknowledged.push(id) === 20) child.kill("SIGKILL");
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(20);
    const database = await openDatabase(await openSqlite(path, { exclusive: true }));
    for (const id of acknowledged) {
      expect(await database.files.get(id, ANN)).not.toBeNull();
    }
    await database.close();
  });

  test("lets commands write beside the gateway, and neither loses a row", async () => {
    const gateway = await openDatabase(await openSqlite(path, { exclusive: true }));
    const writers = await Promise.all([start("write", 100), start("write", 100)]);
    const ours: string[] = [];
    const theirs = Promise.all(writers.map(({ lines }) => collect(lines)));
    for (let number = 0; number < 100; number += 1) {
      const file = aFile();
      await gateway.transaction(async ({ files }) => {
        // A read first: that is what fails when the write lock is only taken at the first write.
        await files.get(file.id, ANN);
        await files.insert(file);
      });
      ours.push(file.id);
    }
    const ids = [...ours, ...(await theirs).flat()].toSorted((one, other) =>
      one < other ? -1 : 1,
    );
    expect(ids).toHaveLength(300);
    const listed = await gateway.files.list({ owners: ANN, order: "asc", limit: 1000 });
    expect(listed.map(({ id }) => id)).toEqual(ids);
    await gateway.close();
  });

  test("keeps the event loop free while another process writes", async () => {
    const database = await openDatabase(await openSqlite(path, { exclusive: true }));
    const other = new Sqlite(path);
    other.exec("begin immediate");
    const file = aFile();
    const inserting = database.files.insert(file);
    await new Promise((resolve) => setTimeout(resolve, 30));
    other.exec("rollback");
    other.close();
    await inserting;
    expect(await database.files.get(file.id, ANN)).toEqual(file);
    await database.close();
  });

  test("that is full says storage_full, keeps what it has and works again with space", async () => {
    const database = await openDatabase(await openSqlite(path, { exclusive: true }));
    const kept = aFile();
    await database.files.insert(kept);
    const limitPages = (pages: string) =>
      sql.raw(`pragma max_page_count = ${pages}`).execute(executorOf(database));
    await limitPages("1");
    const big = aFile({ options: { text: "x".repeat(1_000_000) } });
    await expect(database.files.insert(big)).rejects.toMatchObject({ code: "storage_full" });
    const attempt = database.transaction(async ({ files }) => {
      await files.update(kept, { lines: 1 });
      await files.insert(big);
    });
    await expect(attempt).rejects.toMatchObject({ code: "storage_full", retryable: true });
    expect(await database.files.get(kept.id, ANN)).toEqual(kept);
    await limitPages("1000000");
    await database.files.insert(big);
    expect(await database.files.get(big.id, ANN)).toEqual(big);
    await database.close();
  });

  test("with a file that is no database is refused, naming the file", async () => {
    await mkdir(dirname(path));
    await writeFile(path, "this is not a database, whatever its name may say".repeat(100));
    await expect(openSqlite(path, { exclusive: true })).rejects.toThrow(
      `The database ${path} can't be opened: file is not a database`,
    );
  });

  test("commits with a synchronous write-ahead log and holds foreign keys", async () => {
    const connection = await openSqlite(path, { exclusive: true });
    const pragma = async (name: string) =>
      (await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(connection.kysely)).rows;
    expect(await pragma("journal_mode")).toEqual([{ journal_mode: "wal" }]);
    expect(await pragma("synchronous")).toEqual([{ synchronous: 2 }]);
    expect(await pragma("foreign_keys")).toEqual([{ foreign_keys: 1 }]);
    await connection.close();
  });

  async function start(role: "hold" | "write", count = 0) {
    const program = fileURLToPath(new URL("open-sqlite.process.ts", import.meta.url));
    const child = spawn(process.execPath, [program, path, role, String(count)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect(await lines.next()).toEqual({ done: false, value: "open" });
    return { child, lines };
  }

  async function collect(lines: AsyncIterable<string>): Promise<readonly string[]> {
    const all: string[] = [];
    for await (const line of lines) all.push(line);
    return all;
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
});
