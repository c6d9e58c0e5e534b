import { expect, test } from "vitest";
import { LinePlaces } from "../../src/lines/line-places.ts";

test("lines are told by their rows, however the file was written", () => {
  const places = new LinePlaces();
  for (const row of [2, 0]) places.expect(row);
  places.written(Buffer.from("two\nnothing "));
  places.written(Buffer.from("yet\n"));
  expect(places.isSorted).toBe(false);
  places.expect(1);
  places.written(Buffer.from("1\n"));
  expect([...places.sorted()]).toEqual([
    { row: 0, offset: 4, length: 12 },
    { row: 1, offset: 16, length: 2 },
    { row: 2, offset: 0, length: 4 },
  ]);
});

test("a file in order is known to be, and one that nothing is known of counts as such", () => {
  const places = new LinePlaces();
  expect(places.isSorted).toBe(true);
  for (let row = 0; row < 5_000; row += 1) places.expect(row);
  places.written(Buffer.from("x\n".repeat(5_000)));
  expect(places.isSorted).toBe(true);
  expect([...places.sorted()].at(-1)).toEqual({ row: 4_999, offset: 9_998, length: 2 });
});
