import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BlobStore } from "../../src/core/blobs.ts";
import type { Database } from "../../src/core/storage.ts";
import { createSweeper } from "../../src/engine/sweep.ts";
import { createDiskBlobs } from "../../src/storage/blobs/disk.ts";
import { openSqlite } from "../../src/storage/database/connection.ts";
import { openDatabase } from "../../src/storage/database/database.ts";
import { aBatch, aFile, anUpload, anUploadPart, aPart } from "../storage/database/samples.ts";

const HOUR = 3_600_000;
const NOW = Date.now();
const signal = new AbortController().signal;

let directory: string;
let database: Database;
let blobs: BlobStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crossbatch-sweep-"));
  database = await openDatabase(
    await openSqlite(join(directory, "crossbatch.sqlite"), { exclusive: false }),
  );
  blobs = await createDiskBlobs({ directory: join(directory, "blobs") });
});
afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

function sweeper(now: () => number = () => NOW) {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  return createSweeper({ database, blobs, now, log });
}

async function put(...keys: readonly string[]): Promise<void> {
  for (const key of keys) await blobs.put(key, bytes(), signal);
}

async function* bytes() {
  yield Buffer.from("x");
}

async function kept(): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of blobs.list("", signal)) keys.push(key);
  return keys.sort();
}

describe("what has expired", () => {
  test("is removed however much it is, but for the inputs of unfinished batches", async () => {
    await database.transaction(async (tables) => {
      for (let number = 0; number < 450; number += 1) {
        const isUsed = number < 250;
        const id = `f${number}`;
        await tables.files.insert(
          aFile({ id, blob: null, batchId: null, expiresAt: NOW - (isUsed ? 10 : 5) * HOUR }),
        );
        if (isUsed) {
          const state = number === 7 ? "completed" : "in_progress";
          await tables.batches.insert(aBatch({ id: `b${number}`, inputFileId: id, state }));
        }
      }
    });
    await sweeper()(signal);
    const left = await database.files.list({ owners: "every", order: "asc", limit: 1_000 });
    expect(left).toHaveLength(249);
    expect(left.every(({ id }) => Number(id.slice(1)) < 250 && id !== "f7")).toBe(true);
  });

  test("goes with its bytes, and a result with what it was made from", async () => {
    await put(
      "files/a",
      "results/p/raw-output",
      "results/p/raw-error",
      "results/b/output",
      "files/b",
    );
    await database.batches.insert(
      aBatch({ id: "b", state: "completed", outputFileId: "o", errorFileId: "e" }),
    );
    const raw = { bytes: 1, lines: 1, sha256: "", nativeId: null };
    const results = (["output", "error"] as const).map((role) => ({
      ...raw,
      role,
      blob: `results/p/raw-${role}`,
    }));
    await database.batches.insertPart(aPart({ batchId: "b", results }));
    const expiresAt = NOW - 1;
    await database.files.insert(
      aFile({ id: "a", blob: "files/a", batchId: null, role: null, expiresAt }),
    );
    await database.files.insert(
      aFile({ id: "o", blob: "results/b/output", batchId: "b", role: "output", expiresAt }),
    );
    const later = NOW + HOUR;
    await database.files.insert(
      aFile({ id: "b", blob: "files/b", batchId: null, expiresAt: later }),
    );
    await database.files.insert(
      aFile({ id: "e", blob: "results/b/error", batchId: "b", role: "error", expiresAt: later }),
    );
    await sweeper()(signal);
    expect(await kept()).toEqual(["files/b", "results/p/raw-error"]);
    expect((await database.batches.get("b", "every"))?.options).toMatchObject({ archivedAt: NOW });
  });

  test("of uploads is expired with all its parts, an hour after their time", async () => {
    await database.transaction(async (tables) => {
      for (let number = 0; number < 450; number += 1) {
        const late = number < 400 ? 2 * HOUR : 1;
        const id = `u${number}`;
        await tables.uploads.insert(anUpload({ id, state: "pending", expiresAt: NOW - late }));
        await tables.uploads.insertPart(anUploadPart({ uploadId: id, blob: `files/${id}` }));
      }
    });
    await put("files/u0", "files/u399", "files/u449");
    await sweeper()(signal);
    expect((await database.uploads.get("u399", "every"))?.state).toBe("expired");
    expect((await database.uploads.get("u449", "every"))?.state).toBe("pending");
    expect(await database.uploads.parts("u399")).toEqual([]);
    expect(await database.uploads.parts("u449")).toHaveLength(1);
    expect(await kept()).toEqual(["files/u449"]);
  });
});

describe("bytes that are no one's", () => {
  test("are removed a day after they were written, and no others", async () => {
    const used = ["files/file", "files/part", "files/input", "results/p/raw-output"];
    await put(...used, "files/lost", "files/young");
    await database.files.insert(aFile({ blob: "files/file", expiresAt: null }));
    await database.uploads.insert(anUpload({ id: "u", expiresAt: NOW + HOUR }));
    await database.uploads.insertPart(anUploadPart({ uploadId: "u", blob: "files/part" }));
    await database.batches.insert(
      aBatch({
        id: "running",
        state: "in_progress",
        inputFileId: "gone",
        options: { inputBlob: "files/input" },
      }),
    );
    await database.batches.insertPart(aPart({ id: "p", batchId: "running", results: [] }));
    await age(new Date(NOW - 25 * HOUR), (name) => !name.includes("young"));
    await sweeper()(signal);
    expect(await kept()).toEqual([...used, "files/young"].sort());
  });

  test("of batches are those that neither a running one nor a fetchable result needs", async () => {
    const needed = [
      "ids/running",
      "prepared/running/part-1",
      "prepared/ended/ids",
      "results/ended/output",
      "results/ofended/raw-output",
      "results/ofrunning/direct-1",
      "results/running/output",
    ];
    const lost = [
      "ids/ended",
      "indexes/gone",
      "prepared/copy/part-1",
      "prepared/ended/part-1",
      "prepared/forgotten/ids",
      "results/ended/output-in-order",
      "results/offorgotten/raw-output",
      "results/ofended/direct-1",
      "results/gone/output",
    ];
    await put(...needed, ...lost);
    const raw = { role: "output", bytes: 1, lines: 1, sha256: "", nativeId: null } as const;
    const file = { batchId: "ended", role: "output", expiresAt: null } as const;
    for (const id of ["running", "ended", "forgotten"]) {
      const state = id === "running" ? "in_progress" : "completed";
      await database.batches.insert(aBatch({ id, state, outputFileId: `file${id}` }));
      const results = [{ ...raw, blob: `results/of${id}/raw-output` }];
      await database.batches.insertPart(aPart({ id: `of${id}`, batchId: id, results }));
    }
    await database.files.insert(aFile({ ...file, id: "fileended", blob: "results/ended/output" }));
    await age(new Date(NOW - 25 * HOUR), () => true);
    await sweeper()(signal);
    expect(await kept()).toEqual(needed.toSorted());
  });

  test("are looked for once a day", async () => {
    let now = NOW;
    const sweep = sweeper(() => now);
    await sweep(signal);
    await put("files/lost");
    await age(new Date(NOW - 25 * HOUR), () => true);
    now += HOUR;
    await sweep(signal);
    expect(await kept()).toEqual(["files/lost"]);
    now += 24 * HOUR;
    await sweep(signal);
    expect(await kept()).toEqual([]);
  });
});

async function age(time: Date, isOld: (name: string) => boolean): Promise<void> {
  const entries = await readdir(join(directory, "blobs"), { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !isOld(entry.name)) continue;
    await utimes(join(entry.parentPath, entry.name), time, time);
  }
}
