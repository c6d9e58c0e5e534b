import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildLineIndex, loadLineIndex } from "../../src/engine/line-index.ts";
import { ResultScan } from "../../src/engine/result-scan.ts";
import { createDiskBlobs } from "../../src/storage/blobs/disk.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "crossbatch-index-"));
});
afterAll(() => rm(directory, { recursive: true }));

const signal = new AbortController().signal;

async function indexOf(text: string, key: string) {
  const blobs = await createDiskBlobs({ directory });
  const built = await buildLineIndex(
    Readable.from([Buffer.from(text)]),
    { blobs, key, maxLineBytes: 1_000 },
    signal,
  );
  const loaded = await loadLineIndex(await blobs.open(key, signal));
  await blobs.close();
  return { built, loaded };
}

describe("the line index", () => {
  test("finds each line by its id, and says where it lies, after a restart too", async () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, number) => `{"custom_id":"request-${number}","n":${number}}`,
    );
    const text = `\uFEFF${lines.join("\r\n")}`;
    const { built, loaded } = await indexOf(text, "indexes/many");
    for (const index of [built, loaded]) {
      expect(index.lines).toBe(lines.length);
      expect(index.find("request-10000")).toBe(-1);
      for (const number of [0, 1, 777, 9_999]) {
        expect(index.find(`request-${number}`)).toBe(number);
        const { offset, length } = index.position(number);
        expect(
          Buffer.from(text)
            .subarray(offset, offset + length)
            .toString(),
        ).toBe(lines[number]);
      }
    }
  });

  test("of an empty file finds nothing", async () => {
    const { loaded } = await indexOf("\n\n", "indexes/none");
    expect(loaded.lines).toBe(0);
    expect(loaded.find("a")).toBe(-1);
  });
});

describe("a scan of results", () => {
  test("counts what is missing, doubled and foreign, and passes every byte on", async () => {
    const { loaded } = await indexOf(
      '{"custom_id":"a"}\n{"custom_id":"b"}\n{"custom_id":"c"}\n',
      "indexes/abc",
    );
    const scan = new ResultScan(loaded, 1_000);
    const bytes = Buffer.from(
      '{"id":"1","custom_id":"b"}\n{"id":"2","custom_id":"b"}\n{"custom_id":"z"}\n{"x":1}\n',
    );
    let lines = 0;
    const passed: Uint8Array[] = [];
    const watched = scan.watch(
      Readable.from([bytes.subarray(0, 30), bytes.subarray(30)]),
      (count) => {
        lines = count;
      },
    );
    for await (const chunk of watched) passed.push(chunk);
    expect(Buffer.concat(passed).equals(bytes)).toBe(true);
    expect(lines).toBe(4);
    expect(scan.faults).toEqual({ missing: 2, doubled: 1, foreign: 2 });
    expect([0, 1, 2].filter((number) => !scan.has(number))).toEqual([0, 2]);
  });
});
