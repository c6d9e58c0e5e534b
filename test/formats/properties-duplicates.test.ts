import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import type { FormatName } from "../../src/core/format-name.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import type { LineMap, MapOptions, Side } from "../../src/core/translation.ts";
import { isJsonArray } from "../../src/formats/fields.ts";
import { formats, requestMap, resultMap } from "../../src/formats/formats.ts";
import { createLineIds } from "../../src/formats/line-ids.ts";
import { requestLines, resultLines } from "./oracle/lines.ts";
import { FORMAT_NAMES, MODELS } from "./oracle/sides.ts";

const pairs = FORMAT_NAMES.flatMap((from) => FORMAT_NAMES.map((to) => ({ from, to })));

/** As in `JSON.parse` the last of two members counts, whether a body is read or only cut out of its line. */
describe("a key that is there twice counts as it stands last", () => {
  test.each(pairs)("requests $from → $to", ({ from, to }) => {
    // A model of the target's own, so that lines of the same format aren't passed by.
    const target = { ...side(to), model: `${MODELS[to]}-x` };
    const lines = requestLines(from);
    expect(lines.length).toBeGreaterThan(10);
    expect(differing(lines, () => requestMap(side(from), target, OPTIONS))).toEqual([]);
  });

  test.each(pairs)("results $from → $to", ({ from, to }) => {
    const options = { ...OPTIONS, hasMixedLines: true };
    const lines = resultLines(from);
    expect(lines.length).toBeGreaterThan(10);
    expect(differing(lines, () => resultMap(side(from), side(to), options))).toEqual([]);
  });
});

const OPTIONS: MapOptions = {
  mode: "warn",
  isBatch: false,
  ids: createLineIds(null),
  hasMixedLines: true,
  nowSeconds: () => 1_790_000_000,
  newId: (prefix) => `${prefix}1`,
};

function side(name: FormatName): Side {
  return { format: formats[name], endpoint: null, model: MODELS[name], variant: null };
}

/** The lines that become something else with decoys in them. */
function differing(lines: readonly JsonObject[], createMap: () => LineMap | null): unknown[] {
  return lines.filter((line) => {
    const [once, twice] = [JSON.stringify(line), withDecoys(line)].map((text) => {
      const mapped = createMap()?.map(text, 1);
      if (mapped?.kind !== "lines") return mapped;
      return mapped.lines.map((written): Json => JSON.parse(written));
    });
    return once === undefined || !isDeepStrictEqual(once, twice);
  });
}

/** Each member with another before it that has its name and means something else. */
function withDecoys(value: Json): string {
  if (isJsonArray(value)) return `[${value.map(withDecoys).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item = null]) => ({
    key: JSON.stringify(key),
    item,
  }));
  const decoys = entries.map(({ key, item }) => `${key}:${decoyOf(item)}`);
  const members = entries.map(({ key, item }) => `${key}:${withDecoys(item)}`);
  return `{${[...decoys, ...members].join(",")}}`;
}

function decoyOf(value: Json): string {
  if (typeof value === "string") return '"decoy"';
  if (typeof value === "number") return "7";
  if (isJsonArray(value)) return '["decoy"]';
  return isJsonObject(value) ? '{"type":"decoy","}":"{"}' : "null";
}
