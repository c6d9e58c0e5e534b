import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import type { BlobStore } from "../../src/core/blobs.ts";
import { inOrder } from "../../src/engine/in-order.ts";
import { LinePlaces } from "../../src/lines/line-places.ts";
import { createDiskBlobs } from "../../src/storage/blobs/disk.ts";

/** A file of lines in the order of these rows, each as long as it says. */
async function order(rows: readonly number[], bytesOf: (row: number) => number) {
  const directory = await mkdtemp(join(tmpdir(), "crossbatch-order-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const blobs = await createDiskBlobs({ directory });
  const { signal } = new AbortController();
  const places = new LinePlaces();
  async function* content() {
    for (const row of rows) {
      const line = Buffer.from(`${row}:${"x".repeat(bytesOf(row))}\n`);
      places.expect(row);
      places.written(line);
      yield await Promise.resolve(line);
    }
  }
  const stored = await blobs.put("results/x/output", content(), signal);
  const made = await inOrder(blobs, { blob: "results/x/output", stored, places }, signal);
  const found = (await text(await blobs.open(made.blob, signal))).split("\n").slice(0, -1);
  const left: string[] = [];
  for await (const { key } of blobs.list("results/", signal)) left.push(key);
  return { made, stored, left, rows: found.map((line) => Number(line.split(":", 1)[0])), found };
}

test("lines that lie anyhow are put in order, and nothing else is left", async () => {
  const rows = Array.from({ length: 2_000 }, (_, at) => (at * 7_919) % 2_000);
  const { made, stored, left, rows: found } = await order(rows, (row) => row % 50);
  expect(found).toEqual(rows.toSorted((one, other) => one - other));
  expect(made.bytes).toBe(stored.bytes);
  expect(left).toEqual([made.blob]);
});

test("a file of several windows, with gaps between what each needs, loses no byte", async () => {
  const rows = Array.from({ length: 160 }, (_, at) => (at % 2 === 0 ? at / 2 : 80 + (at - 1) / 2));
  const { found } = await order(rows, (row) => 400_000 + row);
  expect(found.map((line) => line.length)).toEqual(
    Array.from({ length: 160 }, (_, row) => `${row}:`.length + 400_000 + row),
  );
});

test("a file that is in order already isn't written again", async () => {
  const { made } = await order([0, 3, 7], () => 5);
  expect(made.blob).toBe("results/x/output");
});

test("a chunk stays as it was given, however long its writer holds it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "crossbatch-order-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const disk = await createDiskBlobs({ directory });
  const { signal } = new AbortController();
  // More than one window of 32 MiB, in the wrong order.
  const lines = Array.from({ length: 70 }, (_, row) => `${row}:`.padEnd(1024 * 1024, "x") + "\n");
  const places = new LinePlaces();
  async function* content() {
    for (const row of [...lines.keys()].toReversed()) {
      const line = Buffer.from(lines[row] ?? "");
      places.expect(row);
      places.written(line);
      yield await Promise.resolve(line);
    }
  }
  const stored = await disk.put("results/x/output", content(), signal);
  const held: Uint8Array[] = [];
  const holding: BlobStore = {
    ...disk,
    async put(_key, chunks) {
      for await (const chunk of chunks) held.push(chunk);
      return stored;
    },
  };
  await inOrder(holding, { blob: "results/x/output", stored, places }, signal);
  expect(Buffer.concat(held).equals(Buffer.from(lines.join("")))).toBe(true);
});

test("of short lines so many at once are held in places, however few bytes they have", async () => {
  const directory = await mkdtemp(join(tmpdir(), "crossbatch-order-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const disk = await createDiskBlobs({ directory });
  const { signal } = new AbortController();
  const count = 120_000;
  const places = new LinePlaces();
  const rows = Array.from({ length: count }, (_, at) => (at * 7_919) % count);
  const lines = rows.map((row) => Buffer.from(`${row}\n`));
  for (const [at, line] of lines.entries()) {
    places.expect(rows[at] ?? 0);
    places.written(line);
  }
  const content = Readable.from([Buffer.concat(lines)]);
  const stored = await disk.put("results/x/output", content, signal);
  let reads = 0;
  const counting: BlobStore = {
    ...disk,
    async open(...given) {
      reads += 1;
      return disk.open(...given);
    },
  };
  const made = await inOrder(counting, { blob: "results/x/output", stored, places }, signal);
  const found = (await text(await disk.open(made.blob, signal))).split("\n").slice(0, -1);
  expect(found.every((line, row) => line === String(row))).toBe(true);
  expect(found).toHaveLength(count);
  expect(reads).toBe(3);
});
