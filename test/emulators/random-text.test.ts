import { expect, test } from "vitest";
import { randomText } from "../../src/emulators/random-text.ts";

test("no bytes are given twice, also when the pool is filled anew", () => {
  const texts = Array.from({ length: 10_000 }, () => randomText(24, "base64"));
  expect(new Set(texts).size).toBe(texts.length);
  expect(new Set(texts.map((text) => text.length))).toEqual(new Set([32]));
});
