import { expect, test } from "vitest";
import { backOffMilliseconds, DEFAULT_BACK_OFF } from "../../../src/storage/scheduler/back-off.ts";

test.each([
  { failures: 1, least: 500, most: 1_000 },
  { failures: 2, least: 1_000, most: 2_000 },
  { failures: 5, least: 8_000, most: 16_000 },
  { failures: 7, least: 30_000, most: 60_000 },
  { failures: 5_000, least: 30_000, most: 60_000 },
])("waits $least to $most ms after $failures failures", ({ failures, least, most }) => {
  const wait = (random: number): number =>
    backOffMilliseconds(failures, { ...DEFAULT_BACK_OFF, random: () => random });
  expect(wait(0)).toBe(least);
  expect(wait(1)).toBe(most);
});
