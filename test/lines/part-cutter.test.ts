import { Readable } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PartCutter, type PartLimits } from "../../src/lines/part-cutter.ts";

interface Dealt {
  readonly text: string;
  readonly lines: number;
}

async function deal(chunks: readonly string[], limits: PartLimits): Promise<readonly Dealt[]> {
  const source = Readable.from(
    chunks.map((chunk) => ({ bytes: Buffer.from(chunk), lines: chunk.split("\n").length - 1 })),
  );
  const cutter = new PartCutter(source, limits);
  const parts: Dealt[] = [];
  while (await cutter.hasMore()) {
    const bytes: Uint8Array[] = [];
    let lines = 0;
    const part = cutter.part((count) => {
      lines = count;
    });
    for await (const chunk of part) bytes.push(chunk);
    parts.push({ text: Buffer.concat(bytes).toString(), lines });
  }
  return parts;
}

describe("lines dealt out in Parts", () => {
  test.each([
    { what: "by lines", limits: { lines: 2, bytes: 100 }, parts: ["a\nbb\n", "ccc\nd\n", "e\n"] },
    { what: "by bytes", limits: { lines: 9, bytes: 6 }, parts: ["a\nbb\n", "ccc\nd\n", "e\n"] },
    { what: "all in one", limits: { lines: 5, bytes: 13 }, parts: ["a\nbb\nccc\nd\ne\n"] },
    {
      what: "a line too large alone",
      limits: { lines: 9, bytes: 3 },
      parts: ["a\n", "bb\n", "ccc\n", "d\n", "e\n"],
    },
  ])("$what", async ({ limits, parts }) => {
    const dealt = await deal(["a\nbb\nccc\n", "d\ne\n"], limits);
    expect(dealt.map(({ text }) => text)).toEqual(parts);
    expect(dealt.map(({ lines }) => lines)).toEqual(
      parts.map((part) => part.split("\n").length - 1),
    );
  });

  test("nothing is no Part", async () => {
    expect(await deal(["", ""], { lines: 1, bytes: 1 })).toEqual([]);
  });

  test("whatever the chunks, every line is in one Part, in order, and no Part is beyond its limits", async () => {
    const line = fc
      .string({ unit: "grapheme-ascii", maxLength: 12 })
      .map((text) => text.replaceAll("\n", ""));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(line, { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 30 }),
        async (chunks, lines, bytes) => {
          const texts = chunks.map((chunk) => chunk.map((each) => `${each}\n`).join(""));
          const dealt = await deal(texts, { lines, bytes });
          expect(dealt.map(({ text }) => text).join("")).toBe(texts.join(""));
          for (const part of dealt) {
            expect(part.lines).toBe(part.text.split("\n").length - 1);
            expect(part.lines).toBeLessThanOrEqual(lines);
            expect(part.lines === 1 || Buffer.byteLength(part.text) <= bytes).toBe(true);
          }
        },
      ),
    );
  });
});
