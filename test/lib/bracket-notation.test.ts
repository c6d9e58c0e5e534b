import { array, assert, constantFrom, dictionary, property, record, string } from "fast-check";
import { expect, test } from "vitest";
import { BracketNotationError, parseBracketNotation } from "../../src/lib/bracket-notation.ts";

test.each<{ readonly sent: string; readonly read: object }>([
  { sent: "", read: {} },
  { sent: "a=1", read: { a: "1" } },
  { sent: "a=", read: { a: "" } },
  { sent: "a[b]=1&a[c]=2", read: { a: { b: "1", c: "2" } } },
  {
    sent: "storage_config%5Bs3%5D%5Bbucket%5D=b&storage_config[s3][prefix]=pre%2Ffix",
    read: { storage_config: { s3: { bucket: "b", prefix: "pre/fix" } } },
  },
  { sent: "arr[]=1&arr[]=2", read: { arr: ["1", "2"] } },
  { sent: "objs[][a]=1&objs[][a]=2", read: { objs: [{ a: "1" }, { a: "2" }] } },
  {
    sent: "objs[][a]=1&objs[][b]=2&objs[][a]=3",
    read: { objs: [{ a: "1", b: "2" }, { a: "3" }] },
  },
  {
    sent: "o[][t][]=1&o[][t][]=2&o[][k]=v&o[][k]=w",
    read: { o: [{ t: ["1", "2"], k: "v" }, { k: "w" }] },
  },
  {
    sent: "o[][a][b]=1&o[][a][c]=2&o[][a][b]=3",
    read: { o: [{ a: { b: "1", c: "2" } }, { a: { b: "3" } }] },
  },
  { sent: "a[0][k]=1&a[0][l]=2&a[1][k]=3", read: { a: [{ k: "1", l: "2" }, { k: "3" }] } },
  { sent: "a[0]=x&a[1]=y", read: { a: ["x", "y"] } },
  { sent: "m[2024]=x", read: { m: { "2024": "x" } } },
  { sent: "toString=1&a[hasOwnProperty]=2", read: { toString: "1", a: { hasOwnProperty: "2" } } },
  { sent: "a[b][c][d][e]=5", read: { a: { b: { c: { d: { e: "5" } } } } } },
])("$sent is read as nested values", ({ sent, read }) => {
  expect(parseBracketNotation(new URLSearchParams(sent))).toEqual(read);
});

test.each([
  { sent: "a[b][c][d][e][f]=6", problem: "nested more than 5 levels" },
  { sent: "a[__proto__][b]=1", problem: "'__proto__' can't be a key" },
  { sent: "__proto__=1", problem: "'__proto__' can't be a key" },
  { sent: "constructor[prototype][x]=1", problem: "'constructor' can't be a key" },
  { sent: "a[prototype]=1", problem: "'prototype' can't be a key" },
  { sent: "a[b=1", problem: "brackets don't match" },
  { sent: "a]=1", problem: "brackets don't match" },
  { sent: "[a]=1", problem: "brackets don't match" },
  { sent: "a[b]c=1", problem: "brackets don't match" },
  { sent: "a[[b]]=1", problem: "brackets don't match" },
  { sent: "=1", problem: "brackets don't match" },
  { sent: "a=1&a=2", problem: "more than once" },
  { sent: "a[b]=1&a[b]=2", problem: "more than once" },
  { sent: "a=1&a[b]=2", problem: "both a text and an object" },
  { sent: "a[b]=1&a=2", problem: "more than once" },
  { sent: "a[]=1&a[b]=2", problem: "both a list and an object" },
  { sent: "a[b]=1&a[]=2", problem: "both a list and an object" },
  { sent: "a[0]=1&a[2]=3", problem: "no element 1 before it" },
])("$sent is refused", ({ sent, problem }) => {
  expect(() => parseBracketNotation(new URLSearchParams(sent))).toThrow(
    expect.objectContaining({
      name: "BracketNotationError",
      message: expect.stringContaining(problem),
    }),
  );
});

test("1,000 fields are read, one more is refused", () => {
  const fields = (count: number) =>
    Array.from({ length: count }, (_, index): [string, string] => [`f${index}`, "1"]);
  expect(Object.keys(parseBracketNotation(fields(1000)))).toHaveLength(1000);
  expect(() => parseBracketNotation(fields(1001))).toThrow("more than 1000 fields");
});

test("a name of 100,000 brackets is refused at once", () => {
  expect(() => parseBracketNotation([[`a${"[b]".repeat(100_000)}`, "1"]])).toThrow("nested");
});

type Tree = string | readonly Tree[] | { readonly [key: string]: Tree };

/** As the SDKs write it: lists with empty brackets. */
function write(name: string, value: Tree): [string, string][] {
  if (typeof value === "string") return [[name, value]];
  if (Array.isArray(value)) return value.flatMap((item: Tree) => write(`${name}[]`, item));
  return Object.entries(value).flatMap(([key, item]) => write(`${name}[${key}]`, item));
}

const key = constantFrom("a", "bucket", "toString", "ü", "with space");
const object = dictionary(key, string(), { minKeys: 1 });

test("what an SDK writes is read back, objects in objects and lists of objects with the same keys", () => {
  const nested = dictionary(key, object, { minKeys: 1 });
  const lists = record({
    texts: array(string(), { minLength: 1 }),
    objects: array(record({ a: string(), b: string() }), { minLength: 1 }),
    nested,
  });
  assert(
    property(lists, (value) => {
      const fields = Object.entries(value).flatMap(([name, item]) => write(name, item));
      expect(parseBracketNotation(fields)).toEqual(value);
    }),
  );
});

test("whatever the names are, it is read or refused, and no prototype is touched", () => {
  const piece = constantFrom(
    "a",
    "b",
    "[",
    "]",
    "[]",
    "[0]",
    "[a]",
    "__proto__",
    "constructor",
    ".",
  );
  const name = array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(""));
  assert(
    property(array(name, { maxLength: 10 }), (names) => {
      const fields = names.map((each): [string, string] => [each, "polluted"]);
      expect(problemOf(fields)).toSatisfy(
        (problem) => problem === null || problem instanceof BracketNotationError,
      );
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
    }),
  );
});

function problemOf(fields: readonly (readonly [string, string])[]): unknown {
  try {
    parseBracketNotation(fields);
    return null;
  } catch (error) {
    return error;
  }
}
