import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/json.ts";
import { toStructuredSchema } from "../../../src/formats/anthropic/structured-schema.ts";
import { fromOpenai, openaiBody } from "./bodies.ts";

const text = { type: "string" };
const closed = (properties: JsonObject, more: JsonObject = {}) => ({
  type: "object",
  properties,
  ...more,
  additionalProperties: false,
});

describe("A schema", () => {
  test.each<{ it: string; from: JsonObject; to: JsonObject; isLoosened?: boolean }>([
    {
      it: "is closed at every level",
      from: {
        type: "object",
        properties: {
          a: { type: "object", properties: { b: text } },
          c: { type: "array", items: { type: ["object", "null"], properties: {} } },
        },
        required: ["a", "c"],
      },
      to: closed(
        {
          a: closed({ b: text }),
          c: { type: "array", items: closed({}, { type: ["object", "null"] }) },
        },
        { required: ["a", "c"] },
      ),
    },
    {
      it: "that is closed stays as it is",
      from: closed({ a: { ...text, title: "A", default: "x", enum: ["x"], const: "x" } }),
      to: closed({ a: { ...text, title: "A", default: "x", enum: ["x"], const: "x" } }),
    },
    {
      it: "has its bounds in the description",
      from: { type: "array", description: "Some.", items: text, minItems: 2, maxItems: 4 },
      to: {
        type: "array",
        description: "Some.\n\n{minItems: 2, maxItems: 4}",
        items: text,
      },
      isLoosened: true,
    },
    {
      it: "keeps the formats and the least numbers of items that are known",
      from: { type: "array", items: { type: "string", format: "date" }, minItems: 1 },
      to: { type: "array", items: { type: "string", format: "date" }, minItems: 1 },
    },
    {
      it: "has formats that aren't known in the description",
      from: { type: "string", format: "iban" },
      to: { type: "string", description: `{format: "iban"}` },
      isLoosened: true,
    },
    {
      it: "tells what only explains without loosening anything",
      from: { $schema: "x", type: "string", examples: ["a"] },
      to: { type: "string", description: `{examples: ["a"]}` },
    },
    {
      it: "says oneOf as anyOf",
      from: { oneOf: [text, { type: "object", properties: {} }] },
      to: { anyOf: [text, closed({})] },
    },
    {
      it: "keeps definitions, and nothing else beside a reference",
      from: {
        $ref: "#/$defs/A",
        title: "gone",
        $defs: { A: { type: "object", properties: { b: { $ref: "#/$defs/B" } } }, B: text },
      },
      to: {
        $ref: "#/$defs/A",
        $defs: { A: closed({ b: { $ref: "#/$defs/B" } }), B: text },
      },
    },
    {
      it: "may have properties with the names of keywords",
      from: {
        type: "object",
        properties: { $ref: text, required: text, minLength: text, properties: text },
      },
      to: closed({ $ref: text, required: text, minLength: text, properties: text }),
    },
  ])("$it", ({ from, to, isLoosened = false }) => {
    expect(toStructuredSchema(from)).toEqual({ kind: "schema", schema: to, isLoosened });
  });

  const many = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`p${index}`, text]));
  let deep: JsonObject = text;
  for (let level = 0; level < 5000; level += 1) deep = { type: "array", items: deep };

  test.each<[string, JsonObject]>([
    ["has an object that takes any property", { type: "object" }],
    ["has an object that takes any property", { type: "array", items: { type: "object" } }],
    [
      "has an object that takes any property",
      { type: "object", properties: {}, additionalProperties: text },
    ],
    [
      "has an object that takes any property",
      { type: "object", properties: {}, patternProperties: { "^x": text } },
    ],
    ["has more than 24 optional properties", { type: "object", properties: many }],
    [
      "is recursive",
      {
        $ref: "#/$defs/Node",
        $defs: {
          Node: {
            type: "object",
            properties: { next: { anyOf: [{ $ref: "#/$defs/Node" }, { type: "null" }] } },
          },
        },
      },
    ],
    ["is recursive", { type: "object", properties: { self: { $ref: "#" } } }],
    ["is nested deeper than 100 levels", deep],
  ])("%s", (problem, schema) => {
    expect(toStructuredSchema(schema)).toEqual({ kind: "problem", problem });
  });

  test("whose references lead nowhere is left to the provider", () => {
    const schema = closed({ a: { $ref: "#/$defs/None" }, b: { $ref: "https://example.com/x" } });
    expect(toStructuredSchema(schema)).toMatchObject({ kind: "schema", schema });
  });
});

const format = (more: JsonObject) => ({ response_format: { type: "json_schema", ...more } });

describe("JSON output", () => {
  const schema = closed({ answer: text });

  test.each(["claude-haiku-4-5", "claude-opus-4-7", "claude-opus-5-5"])(
    "%s is held to a schema",
    (model) => {
      const json_schema = { name: "answer", description: "The answer", strict: true, schema };
      const { body, warnings } = fromOpenai(openaiBody(format({ json_schema })), { model });
      expect(body["output_config"]).toEqual({
        format: { type: "json_schema", schema: { ...schema, description: "The answer" } },
      });
      expect(warnings).toEqual([]);
    },
  );

  test("goes together with an effort", () => {
    const json_schema = { name: "answer", schema };
    const from = openaiBody({ ...format({ json_schema }), reasoning_effort: "low" });
    const { body } = fromOpenai(from, { model: "claude-opus-4-7" });
    expect(body["output_config"]).toEqual({
      effort: "low",
      format: { type: "json_schema", schema },
    });
  });

  test("warns of bounds", () => {
    const json_schema = { name: "a", schema: closed({ n: { type: "integer", minimum: 1 } }) };
    const { warnings } = fromOpenai(openaiBody(format({ json_schema })));
    expect(warnings).toEqual([
      "responseFormat: the model is told of bounds in the schema, not held to them",
    ]);
  });

  test("with a schema that structured output isn't made for is a forced tool", () => {
    const json_schema = { name: "a", schema: { type: "object" } };
    const { body } = fromOpenai(openaiBody(format({ json_schema })));
    expect(body).toHaveProperty("tool_choice.type", "tool");
    expect(body).not.toHaveProperty("output_config");
  });

  test("with such a schema is refused where tools can't be forced", () => {
    const from = openaiBody(format({ json_schema: { name: "a", schema: { type: "object" } } }));
    expect(() => fromOpenai(from, { model: "claude-opus-5-5" })).toThrow(
      expect.objectContaining({ code: "untranslatable", path: "responseFormat" }),
    );
  });

  test("of any shape is asked for in the system text", () => {
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi, in JSON" },
    ];
    const from = openaiBody({ messages, response_format: { type: "json_object" } });
    const { body, warnings } = fromOpenai(from);
    expect(body["system"]).toMatch(/^Be brief\.\n.*JSON object/);
    expect(warnings).toEqual([]);
  });

  test("of no kind is nothing", () => {
    const { body } = fromOpenai(openaiBody({ response_format: { type: "text" } }));
    expect(Object.keys(body)).toEqual(["model", "max_tokens", "messages"]);
  });
});
