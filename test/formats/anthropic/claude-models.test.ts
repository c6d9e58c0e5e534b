import { expect, test } from "vitest";
import { describeClaude } from "../../../src/formats/anthropic/claude-models.ts";

test.each([
  // name, sampling, thinking, off, efforts, structured output, forced tools, prefill, system in place
  ["claude-2.1", "all", "none", "disabled", "", false, true, true, false],
  ["claude-instant-1.2", "all", "none", "disabled", "", false, true, true, false],
  ["claude-3-haiku-20240307", "all", "none", "disabled", "", false, true, true, false],
  ["claude-3-5-sonnet-latest", "all", "none", "disabled", "", false, true, true, false],
  ["claude-3-7-sonnet-20250219", "all", "budget", "disabled", "", false, true, true, false],
  ["claude-sonnet-4-20250514", "all", "budget", "disabled", "", false, true, true, false],
  ["claude-opus-4-0", "all", "budget", "disabled", "", false, true, true, false],
  ["claude-opus-4-1-20250805", "one", "budget", "disabled", "", false, true, true, false],
  ["claude-sonnet-4-5", "one", "budget", "disabled", "", true, true, true, false],
  ["claude-haiku-4-5-20251001", "one", "budget", "disabled", "", true, true, true, false],
  ["claude-opus-4-5", "one", "budget", "disabled", "low high", true, true, true, false],
  ["claude-opus-4.5", "one", "budget", "disabled", "low high", true, true, true, false],
  ["claude-sonnet-4-6", "one", "either", "disabled", "low max", true, true, false, false],
  ["claude-opus-4-6", "one", "either", "disabled", "low max", true, true, false, false],
  ["claude-opus-4-7", "none", "adaptive", "disabled", "low max", true, true, false, false],
  ["claude-mythos-preview", "none", "adaptive", "never", "low max", true, true, false, false],
  ["claude-opus-4-8", "none", "adaptive", "disabled", "low max", true, true, false, true],
  ["claude-opus-5", "none", "adaptive", "up_to_high", "low max", true, true, false, true],
  ["claude-sonnet-5", "none", "adaptive", "disabled", "low max", true, true, false, false],
  ["claude-haiku-5-5", "none", "adaptive", "up_to_high", "low max", true, true, false, true],
  ["claude-fable-5", "none", "adaptive", "never", "low max", true, true, false, true],
  ["claude-fable-5-1", "none", "adaptive", "never", "low max", true, false, false, true],
  ["claude-mythos-5-2", "none", "adaptive", "never", "low max", true, false, false, true],
  ["claude-opus-5-5", "none", "adaptive", "never", "low max", true, false, false, true],
  ["claude-sonnet-5-5", "none", "adaptive", "between_tools", "low max", true, false, false, true],
  ["claude-opus-6", "none", "adaptive", "never", "low max", true, false, false, true],
  ["claude-epic-7", "none", "adaptive", "never", "low max", true, false, false, false],
  ["my-own-alias", "all", "budget", "disabled", "", false, true, true, false],
  [null, "all", "budget", "disabled", "", false, true, true, false],
] as const)("%s", (name, ...traits) => {
  const [sampling, thinking, off, efforts, structured, forced, prefill, system] = traits;
  const model = describeClaude(name);
  expect(model).toMatchObject({
    sampling,
    thinking,
    thinkingOff: off,
    structuredOutput: structured,
    forcedTools: forced,
    prefill,
    systemInPlace: system,
    isOnBedrock: false,
  });
  const range = [model.efforts.at(0), model.efforts.at(-1)].filter((word) => word !== undefined);
  expect(range.join(" ")).toBe(efforts);
});

test.each([
  ["anthropic.claude-opus-4-6-v1", "either", false],
  ["us.anthropic.claude-opus-4-8-v1:0", "adaptive", true],
  ["global.anthropic.claude-opus-5", "adaptive", false],
  [
    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-haiku-20241022-v1:0",
    "none",
    false,
  ],
])("%s is on Bedrock", (name, thinking, systemInPlace) => {
  expect(describeClaude(name)).toMatchObject({ isOnBedrock: true, thinking, systemInPlace });
});

test.each([
  ["claude-opus-4-6", false],
  ["claude-opus-4-7", true],
  ["claude-mythos-preview", false],
])("%s knows the effort xhigh: %s", (name, knows) => {
  expect(describeClaude(name).efforts.includes("xhigh")).toBe(knows);
});
