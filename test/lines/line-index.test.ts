import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { loadLineIndex } from "../../src/lines/line-index.ts";
import { ResultScan } from "../../src/lines/result-scan.ts";
import { surveyLines } from "../../src/lines/survey.ts";

async function indexOf(text: string) {
  const { index } = await surveyLines(
    Readable.from([Buffer.from(text)]),
    { endpoint: null, idRule: null, maxLineBytes: 1_000 },
    new AbortController().signal,
  );
  return { built: index, loaded: await loadLineIndex(Readable.from(await cut(index.stored()))) };
}

/** As a store may hand it over: rows don't end where chunks do. */
async function cut(chunks: AsyncIterable<Uint8Array>): Promise<readonly Buffer[]> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  const bytes = Buffer.concat(all);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1_001) pieces.push(bytes.subarray(at, at + 1_001));
  return pieces;
}

describe("the line index", () => {
  test("finds each line by its id, after a restart too", async () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, number) => `{"custom_id":"request-${number}","n":${number}}`,
    );
    const text = `\uFEFF${lines.join("\r\n")}`;
    const { built, loaded } = await indexOf(text);
    for (const index of [built, loaded]) {
      expect(index.lines).toBe(lines.length);
      expect(index.find("request-10000")).toBe(-1);
      for (const number of [0, 1, 777, 9_999]) {
        expect(index.find(`request-${number}`)).toBe(number);
      }
    }
  });

  test("of an empty file finds nothing", async () => {
    const { loaded } = await indexOf("\n\n");
    expect(loaded.lines).toBe(0);
    expect(loaded.find("a")).toBe(-1);
  });
});

describe("a scan of results", () => {
  test("counts what is missing, doubled and foreign, and passes every byte on", async () => {
    const { loaded } = await indexOf('{"custom_id":"a"}\n{"custom_id":"b"}\n{"custom_id":"c"}\n');
    const scan = new ResultScan(loaded, 1_000);
    const bytes = Buffer.from(
      '{"id":"1","custom_id":"b"}\n{"id":"2","custom_id":"b"}\n{"custom_id":"z"}\n{"x":1}\n',
    );
    let lines = 0;
    const passed: Uint8Array[] = [];
    const watched = scan.watch(Readable.from([bytes.subarray(0, 30), bytes.subarray(30)]), {
      role: "output",
      onLines(count) {
        lines = count;
      },
    });
    for await (const chunk of watched) passed.push(chunk);
    expect(Buffer.concat(passed).equals(bytes)).toBe(true);
    expect(lines).toBe(4);
    expect(scan.faults).toEqual({ missing: 2, doubled: 1, foreign: 2 });
    expect([0, 1, 2].filter((number) => !scan.has(number))).toEqual([0, 2]);
  });
});
