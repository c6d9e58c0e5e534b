import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/core/json.ts";
import { mutated } from "./openai/mutations.ts";
import { attempt, ENTRIES } from "./oracle/entries.ts";

const CASES = 100_000;

const runs = Math.ceil(CASES / ENTRIES.length);

describe("whatever the JSON is", () => {
  test.each(ENTRIES)("$name is read, or refused with our own error", ({ seeds, run }) => {
    expect(seeds.length).toBeGreaterThan(0);
    const counts = { read: 0, refused: 0 };
    const count = (body: JsonObject) => {
      const refusal = attempt(() => {
        const writers = [...run(body).values()];
        // One target each, in turn: all of them would take ten times as long.
        const write = writers[counts.read % writers.length];
        attempt(() => write?.());
      });
      counts[refusal === null ? "read" : "refused"] += 1;
    };
    fc.assert(fc.property(mutated(seeds), count), { numRuns: Math.ceil(runs * 0.9), seed: 3 });
    const anything = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
    fc.assert(fc.property(anything, count), { numRuns: Math.ceil(runs * 0.1), seed: 3 });
    // Bodies that all fail, or none, would have tried nothing.
    expect(counts.read).toBeGreaterThan(runs / 20);
    expect(counts.refused).toBeGreaterThan(runs / 200);
  });

  test("a hundred thousand bodies are tried", () => {
    expect(ENTRIES.length * runs).toBeGreaterThanOrEqual(CASES);
    expect(ENTRIES.length).toBeGreaterThan(20);
  });
});
