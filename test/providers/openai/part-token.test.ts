import { expect, test } from "vitest";
import {
  addToken,
  carriesToken,
  hasToken,
  withoutToken,
} from "../../../src/providers/openai/part-token.ts";

const fifteen = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`k${index}`, "v"]));
const sixteen = { ...fifteen, last: "v" };

test.each([
  { name: "none", metadata: null, key: "crossbatch_part" },
  { name: "some", metadata: { a: "b" }, key: "crossbatch_part" },
  { name: "15 pairs", metadata: fifteen, key: "crossbatch_part" },
  {
    name: "another gateway's token",
    metadata: { crossbatch_part: "other" },
    key: "crossbatch_part_2",
  },
  {
    name: "two of them",
    metadata: { crossbatch_part: "x", crossbatch_part_2: "y" },
    key: "crossbatch_part_3",
  },
])("beside $name the token goes under $key and comes off again", ({ metadata, key }) => {
  const sent = addToken(metadata, "token1");
  expect(sent).toEqual({ ...metadata, [key]: "token1" });
  expect(carriesToken(metadata)).toBe(true);
  expect(hasToken(sent, "token1")).toBe(true);
  expect(hasToken(sent, "token2")).toBe(false);
  expect(withoutToken(sent)).toEqual(metadata);
});

test("16 pairs leave no room for the token", () => {
  expect(addToken(sixteen, "token1")).toEqual(sixteen);
  expect(carriesToken(sixteen)).toBe(false);
});

test("metadata of others stays as it is", () => {
  expect(withoutToken({ a: "b", part: "token1" })).toEqual({ a: "b", part: "token1" });
  expect(withoutToken(null)).toBeNull();
  expect(hasToken({ other: "token1" }, "token1")).toBe(false);
  expect(hasToken(null, "token1")).toBe(false);
});
