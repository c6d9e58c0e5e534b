import { expect, test } from "vitest";
import { newId } from "../../src/lib/ids.ts";

test("ids are short, plain, unlike each other, and sort as they were made", () => {
  const start = Date.parse("2026-11-23T00:00:00Z");
  const ids = Array.from({ length: 20_000 }, (_, number) =>
    newId(start + Math.floor(number / 900)),
  );
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^[a-z0-9]{26}$/);
});
