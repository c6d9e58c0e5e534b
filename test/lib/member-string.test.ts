import * as fc from "fast-check";
import { expect, test } from "vitest";
import { memberString } from "../../src/lib/member-string.ts";

test.each([
  { line: '{"custom_id":"a"}', found: "a" },
  { line: '  {"x":{"custom_id":"inner"},"custom_id":"outer"}', found: "outer" },
  { line: '{"x":"\\"custom_id\\":\\"no\\"","custom_id":"yes"}', found: "yes" },
  { line: '{"x":[1,{"a":"]}"}],"y":-1.5e3,"z":null,"custom_id":"é\\u00e9\\n"}', found: "éé\n" },
  { line: '{"custom\\u005fid":"escaped key"}', found: "escaped key" },
  { line: '{"custom_id":7}', found: null },
  { line: '{"custom_id":"cut', found: null },
  { line: '{"a":1', found: null },
  { line: "[]", found: null },
  { line: "", found: null },
  { line: '"custom_id"', found: null },
])("finds $found in $line", ({ line, found }) => {
  expect(memberString(Buffer.from(line), "custom_id")).toBe(found);
});

test("agrees with JSON.parse on any object", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.option(fc.string()),
      fc.boolean(),
      (object, id, pretty) => {
        const whole = id === null ? object : { ...object, custom_id: id };
        const parsed: unknown = JSON.parse(JSON.stringify(whole));
        const expected =
          typeof parsed === "object" &&
          parsed !== null &&
          "custom_id" in parsed &&
          typeof parsed.custom_id === "string"
            ? parsed.custom_id
            : null;
        const text = pretty
          ? JSON.stringify(whole, null, 1).replaceAll("\n", " ")
          : JSON.stringify(whole);
        expect(memberString(Buffer.from(text), "custom_id")).toBe(expected);
      },
    ),
    { numRuns: 500 },
  );
});

test("reads any bytes without throwing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const found = memberString(Buffer.from(bytes), "a");
      expect(found === null || typeof found === "string").toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
