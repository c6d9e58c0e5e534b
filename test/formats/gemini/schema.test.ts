import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/json.ts";
import { ROOT } from "../../../src/core/json-path.ts";
import { readClosedSchema, readSchema } from "../../../src/formats/gemini/schema-reader.ts";
import { toGeminiSchema } from "../../../src/formats/gemini/schema-writer.ts";
import { errorOf, expectValid } from "./bodies.ts";
import { CodecError } from "../../../src/core/codec-error.ts";

interface Converted {
  readonly schema: JsonObject;
  readonly warnings: readonly string[];
}

function converted(schema: JsonObject, keepsOrder = false): Converted {
  const warnings: string[] = [];
  const written = toGeminiSchema(schema, {
    keepsOrder,
    report: {
      warn: (message) => void warnings.push(message),
      refuse: (message) => new CodecError("untranslatable", "schema", message),
    },
  });
  expectValid("Schema", written);
  return { schema: JSON.parse(JSON.stringify(written)) as JsonObject, warnings };
}

const STRING = { type: "STRING" };
const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } } };

/** JSON Schema, Gemini's, and how many warnings. */
type Row = readonly [JsonObject, JsonObject, number?];

const CASES: readonly (readonly [string, ...Row])[] = [
  [
    "a string",
    { type: "string", format: "date", pattern: "^a" },
    { type: "STRING", format: "date", pattern: "^a" },
  ],
  [
    "lengths",
    { type: "string", minLength: 1, maxLength: 9 },
    { type: "STRING", minLength: "1", maxLength: "9" },
  ],
  [
    "an integer",
    { type: "integer", minimum: 1, maximum: 5 },
    { type: "INTEGER", minimum: 1, maximum: 5 },
  ],
  ["a number", { type: "number", format: "double" }, { type: "NUMBER", format: "double" }],
  ["a boolean", { type: "boolean" }, { type: "BOOLEAN" }],
  ["null", { type: "null" }, { type: "NULL" }],
  ["types in capitals", { type: "STRING" }, STRING],
  [
    "an array",
    { type: "array", items: { type: "string" }, minItems: 1, maxItems: 3 },
    { type: "ARRAY", items: STRING, minItems: "1", maxItems: "3" },
  ],
  [
    "an object",
    {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    },
    { type: "OBJECT", properties: { a: STRING }, required: ["a"] },
  ],
  ["an object without properties", { type: "object", properties: {} }, { type: "OBJECT" }],
  [
    "sizes of objects",
    { type: "object", properties: { a: { type: "string" } }, minProperties: 1 },
    { type: "OBJECT", properties: { a: STRING }, minProperties: "1" },
  ],
  [
    "notes",
    { type: "string", title: "T", description: "D", default: "x", examples: ["y", "z"] },
    { type: "STRING", title: "T", description: "D", default: "x", example: "y" },
  ],
  ["a type or null", { type: ["string", "null"] }, { type: "STRING", nullable: true }],
  [
    "several types",
    { type: ["string", "integer", "null"], description: "D", maxLength: 3, minimum: 2 },
    {
      description: "D",
      anyOf: [
        { type: "STRING", maxLength: "3" },
        { type: "INTEGER", minimum: 2 },
      ],
      nullable: true,
    },
  ],
  [
    "nullable as in OpenAPI",
    { type: "string", nullable: true },
    { type: "STRING", nullable: true },
  ],
  [
    "an alternative that is null",
    { anyOf: [{ type: "string" }, { type: "null" }], description: "D" },
    { type: "STRING", description: "D", nullable: true },
  ],
  [
    "alternatives, one of them null",
    { anyOf: [{ type: "string" }, { type: "integer" }, { type: "null" }] },
    { anyOf: [STRING, { type: "INTEGER" }], nullable: true },
  ],
  [
    "oneOf",
    { oneOf: [{ type: "string" }, { type: "integer" }] },
    { anyOf: [STRING, { type: "INTEGER" }] },
  ],
  [
    "what stands beside alternatives",
    {
      type: "object",
      properties: { a: { type: "string" } },
      anyOf: [{ required: ["a"] }, { properties: { b: { type: "integer" } } }],
    },
    {
      anyOf: [
        { type: "OBJECT", properties: { a: STRING }, required: ["a"] },
        { type: "OBJECT", properties: { b: { type: "INTEGER" }, a: STRING } },
      ],
    },
  ],
  ["an enum of words", { enum: ["a", "b"] }, { type: "STRING", enum: ["a", "b"] }],
  [
    "an enum with null",
    { type: ["string", "null"], enum: ["a", null] },
    { type: "STRING", enum: ["a"], nullable: true },
  ],
  [
    "null that the type forbids",
    { type: "string", enum: ["a", null] },
    { type: "STRING", enum: ["a"] },
  ],
  ["const", { const: "a" }, { type: "STRING", enum: ["a"] }],
  ["a constant number", { const: 5 }, { type: "INTEGER", minimum: 5, maximum: 5 }],
  ["a constant that isn't whole", { const: 1.5 }, { type: "NUMBER", minimum: 1.5, maximum: 1.5 }],
  [
    "an enum of numbers",
    { type: "integer", enum: [3, 1, 2, 9] },
    {
      anyOf: [
        { type: "INTEGER", minimum: 1, maximum: 3 },
        { type: "INTEGER", minimum: 9, maximum: 9 },
      ],
    },
  ],
  [
    "an enum of words and numbers",
    { enum: ["a", 1, true, false] },
    {
      anyOf: [
        { type: "STRING", enum: ["a"] },
        { type: "INTEGER", minimum: 1, maximum: 1 },
        { type: "BOOLEAN" },
      ],
    },
  ],
  ["null alone", { const: null }, { type: "NULL" }],
  [
    "a reference",
    { $ref: "#/$defs/a", $defs: { a: { type: "string", description: "A" } } },
    { type: "STRING", description: "A" },
  ],
  [
    "a note beside a reference",
    { $ref: "#/$defs/a", description: "B", $defs: { a: { type: "string", description: "A" } } },
    { type: "STRING", description: "B" },
  ],
  [
    "a reference by the old name, twice",
    {
      type: "object",
      properties: { a: { $ref: "#/definitions/x~1y" }, b: { $ref: "#/definitions/x~1y" } },
      definitions: { "x/y": { type: "string" } },
    },
    { type: "OBJECT", properties: { a: STRING, b: STRING } },
  ],
  [
    "allOf",
    {
      allOf: [
        { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
        { properties: { b: { type: "integer" } }, required: ["b"] },
      ],
    },
    { type: "OBJECT", properties: { a: STRING, b: { type: "INTEGER" } }, required: ["a", "b"] },
  ],
  [
    "allOf that narrows",
    {
      allOf: [
        { type: "number", minimum: 1 },
        { type: "integer", minimum: 3, maximum: 9 },
      ],
    },
    { type: "INTEGER", minimum: 3, maximum: 9 },
  ],
  [
    "a definition that extends another, which is used again inside",
    {
      allOf: [{ $ref: "#/$defs/base" }],
      properties: { parent: { $ref: "#/$defs/base" } },
      $defs: { base: { type: "object", properties: { a: { type: "string" } } } },
    },
    {
      type: "OBJECT",
      properties: { parent: { type: "OBJECT", properties: { a: STRING } }, a: STRING },
    },
  ],
  [
    "a bound that is left out, of integers",
    { type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 5 },
    { type: "INTEGER", minimum: 1, maximum: 4 },
  ],
  [
    "a bound that is left out, of numbers",
    { type: "number", exclusiveMinimum: 0 },
    { type: "NUMBER", minimum: 0 },
    1,
  ],
  [
    "the oldest draft's bounds",
    { type: "integer", minimum: 2, exclusiveMinimum: true },
    { type: "INTEGER", minimum: 3 },
  ],
  [
    "types that go without saying",
    { properties: { a: { minLength: 1 }, b: { minimum: 0 }, c: { items: { type: "string" } } } },
    {
      type: "OBJECT",
      properties: {
        a: { type: "STRING", minLength: "1" },
        b: { type: "NUMBER", minimum: 0 },
        c: { type: "ARRAY", items: STRING },
      },
    },
  ],
  [
    "a tuple",
    { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }] },
    { type: "ARRAY", items: { anyOf: [STRING, { type: "INTEGER" }] } },
    1,
  ],
  [
    "what says nothing",
    { $schema: "s", $id: "i", $comment: "c", type: "string", deprecated: true, readOnly: true },
    STRING,
  ],
  [
    "what Gemini can't say",
    { type: "array", items: { type: "string" }, uniqueItems: true, contains: {} },
    { type: "ARRAY", items: STRING },
    2,
  ],
  [
    "an open object",
    {
      type: "object",
      properties: { a: { type: "string" } },
      additionalProperties: { type: "string" },
    },
    { type: "OBJECT", properties: { a: STRING } },
    1,
  ],
  ["a boolean that must be true", { const: true }, { type: "BOOLEAN" }, 1],
  [
    "what is required but isn't there",
    { type: "object", properties: { a: { type: "string" } }, required: ["a", "b"] },
    { type: "OBJECT", properties: { a: STRING }, required: ["a"] },
    1,
  ],
  [
    "own keys by any name",
    JSON.parse(
      `{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}}}`,
    ) as JsonObject,
    JSON.parse(
      `{"type":"OBJECT","properties":{"__proto__":{"type":"STRING"},"constructor":{"type":"STRING"}}}`,
    ) as JsonObject,
  ],
];

describe("JSON Schema in Gemini's words", () => {
  test.each(CASES.map(([title, ...row]): [string, Row] => [title, row]))("%s", (_, row) => {
    const [schema, wanted, warnings = 0] = row;
    const { schema: written, warnings: given } = converted(schema);
    expect(written).toEqual(wanted);
    expect(given).toHaveLength(warnings);
  });

  test("there are at least 30 cases", () => {
    expect(CASES.length).toBeGreaterThanOrEqual(30);
  });

  test("a value of any type becomes one of all types, with a warning", () => {
    const { schema, warnings } = converted({ type: "object", properties: { a: {}, b: true } });
    expect(schema["properties"]).toMatchObject({ a: { nullable: true }, b: { nullable: true } });
    expect(warnings).toHaveLength(2);
  });

  test("the order of properties is said where it is to be kept", () => {
    const schema = { type: "object", properties: { b: { type: "string" }, a: { type: "string" } } };
    expect(converted(schema, true).schema["propertyOrdering"]).toEqual(["b", "a"]);
    expect(converted(schema).schema["propertyOrdering"]).toBeUndefined();
  });

  test("a keyword is warned of once for each place", () => {
    const item = { type: "string", contentEncoding: "base64" };
    const schema = { type: "object", properties: { a: item, b: item } };
    expect(converted(schema).warnings).toEqual([
      `Gemini's schemas have no "contentEncoding": left out at properties.a`,
      `Gemini's schemas have no "contentEncoding": left out at properties.b`,
    ]);
  });

  test.each<[string, JsonObject, string]>([
    [
      "a schema of itself",
      { $ref: "#/$defs/node", $defs: { node } },
      `properties.next refers to "#/$defs/node" again`,
    ],
    [
      "the whole schema inside itself",
      { type: "object", properties: { a: { $ref: "#" } } },
      `properties.a.properties.a refers to "#" again`,
    ],
    [
      "a circle of references",
      { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } },
      "is recursive",
    ],
    [
      "a reference to nowhere",
      { type: "object", properties: { a: { $ref: "#/$defs/x" } } },
      `properties.a refers to "#/$defs/x", which isn't in the schema`,
    ],
    [
      "a reference to elsewhere",
      { $ref: "https://example.com/schema" },
      "which isn't in the schema",
    ],
    [
      "a schema that nothing fits",
      { type: "object", properties: { a: false } },
      "no value is valid at properties.a",
    ],
    [
      "types that exclude each other",
      { allOf: [{ type: "string" }, { type: "integer" }] },
      "no value is valid at its top",
    ],
    ["an enum of objects", { enum: [{ a: 1 }] }, "an enum of objects or arrays"],
    ["an unknown type", { type: "date" }, "type is no type of JSON Schema"],
    ["no schema", { type: "object", properties: { a: 5 } }, "properties.a must be a schema"],
  ])("refuses %s", (_, schema, message) => {
    const error = errorOf(() => converted(schema));
    expect(error.code).toBe("untranslatable");
    expect(error.message).toContain(message);
  });

  test("refuses what is nested too deep, or grows too large, in no time", () => {
    let deep: JsonObject = { type: "string" };
    for (let level = 0; level < 5000; level += 1) deep = { type: "array", items: deep };
    expect(errorOf(() => converted(deep)).message).toContain("nested deeper than 64 levels");
    const $defs: Record<string, JsonObject> = { n0: { type: "string" } };
    for (let level = 1; level < 40; level += 1) {
      const twice = { $ref: `#/$defs/n${level - 1}` };
      $defs[`n${level}`] = { type: "object", properties: { a: twice, b: twice } };
    }
    const bomb = { $ref: "#/$defs/n39", $defs };
    expect(errorOf(() => converted(bomb)).message).toContain("too large to be written out");
  });
});

describe("Gemini's schemas as JSON Schema", () => {
  test.each<[string, JsonObject, JsonObject]>([
    ["types in small letters", { type: "STRING" }, { type: "string" }],
    ["nullable", { type: "STRING", nullable: true }, { type: ["string", "null"] }],
    [
      "a nullable enum",
      { type: "STRING", format: "enum", enum: ["a"], nullable: true },
      { type: ["string", "null"], enum: ["a", null] },
    ],
    [
      "nullable alternatives",
      { anyOf: [{ type: "STRING" }], nullable: true },
      { anyOf: [{ type: "string" }, { type: "null" }] },
    ],
    [
      "an enum of integers",
      { type: "INTEGER", enum: ["1", "2"] },
      { type: "integer", enum: [1, 2] },
    ],
    [
      "64-bit sizes",
      { type: "STRING", minLength: "1", maxLength: 5 },
      { type: "string", minLength: 1, maxLength: 5 },
    ],
    ["an example", { type: "STRING", example: "a" }, { type: "string", examples: ["a"] }],
    [
      "snake case",
      { any_of: [{ type: "ARRAY", items: { type: "STRING" }, min_items: "2" }] },
      { anyOf: [{ type: "array", items: { type: "string" }, minItems: 2 }] },
    ],
    ["no type", { type: "TYPE_UNSPECIFIED", description: "D" }, { description: "D" }],
    [
      "what isn't known",
      { type: "OBJECT", additionalProperties: true, later: 1 },
      { type: "object", additionalProperties: true, later: 1 },
    ],
  ])("%s", (_, schema, wanted) => {
    expect(readSchema(schema, ROOT)).toEqual(wanted);
  });

  test("the order of properties is the one that was said", () => {
    const properties = { a: { type: "STRING" }, b: { type: "STRING" }, c: { type: "STRING" } };
    const schema = readSchema(
      { type: "OBJECT", properties, propertyOrdering: ["c", "a", "x"] },
      ROOT,
    );
    expect(Object.keys(schema["properties"] as JsonObject)).toEqual(["c", "a", "b"]);
    expect(schema["propertyOrdering"]).toBeUndefined();
  });

  test("objects of answers are closed", () => {
    const schema = { type: "OBJECT", properties: { a: { type: "OBJECT" } } };
    const wanted = {
      type: "object",
      properties: { a: { type: "object" } },
      additionalProperties: false,
    };
    expect(readClosedSchema(schema, ROOT)).toEqual(wanted);
  });

  test.each<[JsonObject, string]>([
    [{ type: "DATE" }, "type: must be one of"],
    [{ type: "OBJECT", properties: { a: 1 } }, "properties.a: must be an object"],
    [{ anyOf: {} }, "anyOf: must be an array"],
  ])("%j is refused", (schema, message) => {
    expect(errorOf(() => readSchema(schema, ROOT)).message).toContain(message);
  });

  test("what both can say comes back the same", () => {
    const same = CASES.filter(([, , , warnings = 0]) => warnings === 0);
    for (const [, , gemini] of same) {
      expect(converted(readSchema(gemini, ROOT)).schema).toEqual(gemini);
    }
    expect(same.length).toBeGreaterThan(25);
  });
});
