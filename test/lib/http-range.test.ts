import { expect, test } from "vitest";
import { contentRange, parseRange, unsatisfiedRange } from "../../src/lib/http-range.ts";

test.each([
  { header: "bytes=0-99", range: { start: 0, end: 99 } },
  { header: "bytes=100-", range: { start: 100, end: null } },
  { header: "bytes=-5", range: { start: null, end: 5 } },
  { header: "bytes=-0", range: { start: null, end: 0 } },
  { header: "Bytes= 7-7 ", range: { start: 7, end: 7 } },
  { header: "bytes=0-99999999999999999999", range: { start: 0, end: Number.MAX_SAFE_INTEGER } },
])("$header asks for one range", ({ header, range }) => {
  expect(parseRange(header)).toEqual(range);
});

test.each([
  undefined,
  "",
  "bytes=",
  "bytes=-",
  "bytes=5-2",
  "bytes=a-b",
  "bytes=0-1,3-4",
  "bytes=1.5-2",
  "bytes=-1-2",
  "lines=0-1",
  "0-1",
])("%s asks for no range", (header) => {
  expect(parseRange(header)).toBeNull();
});

test("a part says where it is in the whole, and a refusal how big the whole is", () => {
  expect(contentRange({ start: 0, end: 9 }, 100)).toBe("bytes 0-9/100");
  expect(unsatisfiedRange(100)).toBe("bytes */100");
});
