import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openDiskWriter } from "../../src/emulators/disk-writer.ts";

const folder = await mkdtemp(join(tmpdir(), "crossbatch-writer-"));
afterAll(async () => rm(folder, { recursive: true }));

const MIB = 1024 * 1024;
const piece = (number: number) => Buffer.alloc(300_000, `${number};`);

test("what is written comes in order, however much waits for the disk", async () => {
  const writer = openDiskWriter(join(folder, "all"));
  let waits = 0;
  for (let number = 0; number < 60; number += 1) {
    const pressure = writer.write(piece(number));
    if (pressure === undefined) continue;
    waits += 1;
    await pressure;
  }
  await writer.write("the end, said as téxt");
  await writer.end();
  const expected = Buffer.concat([
    ...Array.from({ length: 60 }, (_, number) => piece(number)),
    Buffer.from("the end, said as téxt"),
  ]);
  expect(waits).toBeGreaterThan(0);
  expect(writer.bytes()).toBe(expected.length);
  expect((await readFile(writer.path)).equals(expected)).toBe(true);
});

test("several who write at once all go on", async () => {
  const writer = openDiskWriter(join(folder, "many"));
  const write = async () => {
    for (let number = 0; number < 20; number += 1) await writer.write(piece(number));
  };
  await Promise.all([write(), write(), write()]);
  await writer.end();
  expect((await stat(writer.path)).size).toBe(60 * 300_000);
});

test("a disk that fails is told to who waits, and to who writes next", async () => {
  const writer = openDiskWriter(join(folder, "no such folder", "x"));
  await expect(Promise.resolve(writer.write(Buffer.alloc(9 * MIB)))).rejects.toMatchObject({
    code: "ENOENT",
  });
  expect(() => writer.write("more")).toThrow("ENOENT");
});

test("who waits when it is discarded goes on, and nothing is left", async () => {
  const writer = openDiskWriter(join(folder, "dropped"));
  const waiting = writer.write(Buffer.alloc(9 * MIB));
  await writer.discard();
  await waiting;
  await expect(stat(writer.path)).rejects.toMatchObject({ code: "ENOENT" });
});
