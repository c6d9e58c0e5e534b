import { describe, expect, test } from "vitest";
import type { Reasoning } from "../../../src/core/chat-request.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import {
  generationOf,
  readsAddresses,
  thinkingControl,
} from "../../../src/formats/gemini/models.ts";
import { foreignRequest, written } from "./bodies.ts";

const FLASH = "gemini-2.5-flash";
const PRO = "gemini-2.5-pro";
const LITE = "gemini-2.5-flash-lite";
const PRO_3 = "gemini-3.1-pro-preview";
const FLASH_3 = "gemini-3-flash-preview";
const budget = (tokens: number): Reasoning => ({ thinking: { kind: "budget", tokens } });

/** Model, what is asked for, what is written, and whether something else stands for it. */
type Row = readonly [string, Reasoning, JsonObject | undefined, boolean?];

const ROWS: readonly Row[] = [
  [FLASH, { effort: "none" }, { thinkingBudget: 0 }],
  [PRO, { effort: "none" }, { thinkingBudget: 128 }, true],
  [LITE, { effort: "none" }, { thinkingBudget: 0 }],
  [FLASH, { effort: "minimal" }, { thinkingBudget: 1024 }],
  [FLASH, { effort: "low" }, { thinkingBudget: 1024 }],
  [FLASH, { effort: "medium" }, { thinkingBudget: 8192 }],
  [PRO, { effort: "high" }, { thinkingBudget: 24_576 }],
  [FLASH, { effort: "xhigh" }, { thinkingBudget: 24_576 }],
  [PRO, { effort: "max" }, { thinkingBudget: 32_768 }],
  [FLASH, budget(2000), { thinkingBudget: 2000 }],
  [PRO, budget(64), { thinkingBudget: 128 }, true],
  [LITE, budget(100), { thinkingBudget: 512 }, true],
  [FLASH, budget(30_000), { thinkingBudget: 24_576 }, true],
  [FLASH, budget(0), { thinkingBudget: 0 }],
  [FLASH, { thinking: { kind: "off" } }, { thinkingBudget: 0 }],
  [FLASH, { thinking: { kind: "adaptive" } }, { thinkingBudget: -1 }],
  [FLASH, { thinking: { kind: "adaptive" }, effort: "low" }, { thinkingBudget: 1024 }],
  [FLASH, { includeThoughts: true }, { includeThoughts: true }],
  [FLASH, { effort: "low", summary: "auto" }, { thinkingBudget: 1024, includeThoughts: true }],
  [FLASH_3, { effort: "none" }, { thinkingLevel: "MINIMAL" }, true],
  [PRO_3, { effort: "none" }, { thinkingLevel: "LOW" }, true],
  [FLASH_3, { effort: "minimal" }, { thinkingLevel: "MINIMAL" }],
  [PRO_3, { effort: "minimal" }, { thinkingLevel: "LOW" }, true],
  [PRO_3, { effort: "low" }, { thinkingLevel: "LOW" }],
  [PRO_3, { effort: "medium" }, { thinkingLevel: "MEDIUM" }],
  [FLASH_3, { effort: "high" }, { thinkingLevel: "HIGH" }],
  [FLASH_3, { effort: "max" }, { thinkingLevel: "HIGH" }, true],
  [FLASH_3, budget(1024), { thinkingLevel: "LOW" }],
  [FLASH_3, budget(2048), { thinkingLevel: "MEDIUM" }],
  [FLASH_3, budget(10_000), { thinkingLevel: "HIGH" }],
  [FLASH_3, { thinking: { kind: "adaptive" } }, undefined],
  [FLASH_3, { thinking: { kind: "adaptive" }, effort: "high" }, { thinkingLevel: "HIGH" }],
  ["gemini-flash-latest", { effort: "low" }, { thinkingLevel: "LOW" }],
  ["gemini-2.0-flash", { effort: "none" }, undefined],
  ["gemini-2.0-flash", { effort: "low" }, undefined, true],
  ["gemini-1.5-pro", { includeThoughts: true }, undefined, true],
  ["tunedModels/mine", { effort: "low" }, { thinkingBudget: 1024 }],
];

describe("thinking, in the words of each model", () => {
  const cases = ROWS.map((row) => [row[0], JSON.stringify(row[1]), row] as const);

  test.each(cases)("%s: %s", (model, _, [, reasoning, wanted, isElse = false]) => {
    const { body, warnings } = written(foreignRequest({ reasoning }), { model });
    const config = (body["generationConfig"] ?? {}) as JsonObject;
    expect(config["thinkingConfig"]).toEqual(wanted);
    expect(warnings).toEqual(isElse ? ["reasoning"] : []);
  });

  test("Gemini's own goes back as it was", () => {
    const reasoning: Reasoning = {
      effort: "minimal",
      thinking: { kind: "off" },
      includeThoughts: false,
    };
    const request = { ...foreignRequest({ reasoning }), family: "gemini" } as const;
    expect(written(request, { model: "gemini-2.0-flash" }).body["generationConfig"]).toEqual({
      thinkingConfig: { includeThoughts: false, thinkingBudget: 0, thinkingLevel: "MINIMAL" },
    });
  });
});

describe("a model is known by its name", () => {
  test.each<[string | null, number | null]>([
    ["gemini-2.5-flash", 2.5],
    ["models/gemini-3-pro-preview", 3],
    ["google/gemini-3.1-pro", 3.1],
    ["gemini-1.5-flash-8b", 1.5],
    ["gemini-pro", 1],
    ["gemini-pro-latest", Infinity],
    ["gemini-robotics-er-1.5-preview", null],
    ["gemma-3-27b-it", null],
    ["tunedModels/a", null],
    [null, null],
  ])("%s is of generation %s", (model, generation) => {
    expect(generationOf(model)).toBe(generation);
  });

  test("a name we don't know takes everything", () => {
    expect(readsAddresses("mine")).toBe(true);
    expect(thinkingControl("mine").kind).toBe("budget");
  });
});
