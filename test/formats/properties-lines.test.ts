import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FormatName } from "../../src/core/format-name.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import type { MapOptions, MappedLine, Side } from "../../src/core/translation.ts";
import { createLineIds } from "../../src/formats/line-ids.ts";
import { formats, requestMap, resultMap } from "../../src/formats/formats.ts";
import { mutated } from "./openai/mutations.ts";
import { requestLines, resultLines } from "./oracle/lines.ts";
import { FORMAT_NAMES, MODELS } from "./oracle/sides.ts";

const RUNS = 400;

const pairs = FORMAT_NAMES.flatMap((from) => FORMAT_NAMES.map((to) => ({ from, to })));

describe("whatever a line is, its map gives lines or an error of that line", () => {
  test.each(pairs)("requests $from → $to", ({ from, to }) => {
    const map = requestMap(side(from), side(to), { ...OPTIONS, hasMixedLines: true });
    expect(map).not.toBeNull();
    const counts = { written: 0, failed: 0 };
    fc.assert(
      fc.property(anyLine(requestLines(from)), fc.nat(), (text, line) => {
        const mapped = map?.map(text, line) ?? NOTHING;
        const error = mapped.kind === "failed" ? mapped.error : null;
        expect(error?.code).not.toBe("internal");
        expect(error === null ? line : error.line).toBe(line);
        counts.failed += error === null ? 0 : 1;
        counts.written += linesOf(mapped).length;
      }),
      { numRuns: RUNS, seed: 5 },
    );
    expect(counts.written).toBeGreaterThan(RUNS / 20);
    expect(counts.failed).toBeGreaterThan(RUNS / 20);
    expect(map?.report().failedLines).toBe(counts.failed);
  });

  test.each(pairs)("results $from → $to", ({ from, to }) => {
    const map = resultMap(side(from), side(to), { ...OPTIONS, hasMixedLines: true });
    expect(map).not.toBeNull();
    let written = 0;
    fc.assert(
      fc.property(anyLine(resultLines(from)), fc.nat(), (text, line) => {
        const mapped = map?.map(text, line) ?? NOTHING;
        // A result is never lost: what can't be read is an errored line of the target.
        expect(mapped.kind).toBe("lines");
        const lines = linesOf(mapped);
        expect(lines.length).toBe(text.trim() === "" ? 0 : 1);
        written += lines.length;
      }),
      { numRuns: RUNS, seed: 5 },
    );
    expect(written).toBeGreaterThan(RUNS / 2);
  });
});

const NOTHING: MappedLine = { kind: "lines", lines: [] };

const OPTIONS: MapOptions = {
  mode: "warn",
  isBatch: false,
  ids: createLineIds(null),
  nowSeconds: () => 1_790_000_000,
  newId: (prefix) => `${prefix}1`,
};

function side(name: FormatName): Side {
  return { format: formats[name], endpoint: null, model: MODELS[name], variant: null };
}

/** Each of them JSON of its own, and none that says that the fault was ours. */
function linesOf(mapped: MappedLine): readonly string[] {
  const lines = mapped.kind === "lines" ? mapped.lines : [];
  for (const line of lines) {
    expect(line).not.toContain("\n");
    expect(line).not.toContain("because of a fault in the gateway");
    const value: Json = JSON.parse(line);
    expect(typeof value).toBe("object");
  }
  return lines;
}

/** Lines with something changed, lines that are cut off, and what is no line at all. */
function anyLine(seeds: readonly JsonObject[]): fc.Arbitrary<string> {
  const changed = mutated(seeds).map((line) => JSON.stringify(line));
  return fc.oneof(
    { weight: 8, arbitrary: changed },
    {
      weight: 1,
      arbitrary: fc.tuple(changed, fc.nat()).map(([line, at]) => line.slice(0, at % line.length)),
    },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  );
}
