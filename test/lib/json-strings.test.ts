import { assert, array, jsonValue, property, record, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { walkStrings } from "../../src/lib/json-strings.ts";

function stringsOf(json: string): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  walkStrings(Buffer.from(json), (place, value) => {
    found.push([place.map((key) => key ?? "[]").join("."), value()]);
  });
  return found;
}

/** The same by way of a parser; keys that are there once. */
function parsedStrings(value: unknown, place: readonly string[]): [string, string][] {
  if (typeof value === "string") return [[place.join("."), value]];
  if (Array.isArray(value)) return value.flatMap((item) => parsedStrings(item, [...place, "[]"]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => parsedStrings(item, [...place, key]));
}

describe("the strings of a JSON text", () => {
  test("are those that a parser finds, each with the keys that lead to it", () => {
    assert(
      property(jsonValue(), (value) => {
        const json = JSON.stringify(value);
        expect(stringsOf(json)).toEqual(parsedStrings(JSON.parse(json), []));
        const indented = JSON.stringify(value, null, 2);
        expect(stringsOf(indented)).toEqual(stringsOf(json));
      }),
    );
  });

  test("are all there where a name stands twice, also in other letters of an escape", () => {
    expect(stringsOf(String.raw`{"a":"1","\u0061":"2","b":{"a":["3"],"a":"4"}}`)).toEqual([
      ["a", "1"],
      ["a", "2"],
      ["b.a.[]", "3"],
      ["b.a", "4"],
    ]);
  });

  test("hold quotes, backslashes and braces without being misled", () => {
    assert(
      property(array(record({ key: string(), value: string() }), { maxLength: 5 }), (pairs) => {
        const members = pairs.map(
          ({ key, value }) => `${JSON.stringify(`${key}"}\\`)}:${JSON.stringify(`{"${value}\\`)}`,
        );
        const found = stringsOf(`{${members.join(",")}}`);
        expect(found).toEqual(pairs.map(({ key, value }) => [`${key}"}\\`, `{"${value}\\`]));
      }),
    );
  });
});
