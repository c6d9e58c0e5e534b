import { expect, test } from "vitest";
import { HashSet } from "../../src/lib/hash-set.ts";

test("each text is new once, however many there are", () => {
  const set = new HashSet();
  const ids = Array.from({ length: 20_000 }, (_, index) => `request-${index}`);
  expect(ids.filter((id) => !set.add(id))).toEqual([]);
  expect(ids.filter((id) => set.add(id))).toEqual([]);
  expect(ids.every((id) => set.has(id))).toBe(true);
  expect(["", "Request-1", "é"].some((id) => set.has(id))).toBe(false);
  expect(["", "Request-1", "é"].map((id) => set.add(id))).toEqual([true, true, true]);
});
