import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/json.ts";
import { ROOT } from "../../../src/core/json-path.ts";
import { JSON_OUTPUT_TOOL } from "../../../src/core/tools.ts";
import { fromOpenai, hubRequest, openaiBody, writeRequest } from "./bodies.ts";

const weather = {
  type: "function",
  function: {
    name: "weather",
    description: "The weather",
    parameters: { type: "object", properties: { city: { type: "string" } } },
  },
};
const clock = { type: "function", function: { name: "clock" } };
const writtenWeather = {
  name: "weather",
  description: "The weather",
  input_schema: { type: "object", properties: { city: { type: "string" } } },
};
const writtenClock = { name: "clock", input_schema: { type: "object", properties: {} } };
const named = (name: string) => ({ type: "function", function: { name } });
const allowed = (mode: string, ...names: string[]) => ({
  type: "allowed_tools",
  allowed_tools: { mode, tools: names.map(named) },
});

interface Case {
  readonly it: string;
  readonly from: JsonObject;
  readonly tools?: readonly JsonObject[];
  readonly choice?: JsonObject;
}

const both = [writtenWeather, writtenClock];

test.each<Case>([
  { it: "tools", from: {}, tools: both },
  { it: "auto", from: { tool_choice: "auto" }, tools: both, choice: { type: "auto" } },
  { it: "none", from: { tool_choice: "none" }, tools: both, choice: { type: "none" } },
  { it: "required", from: { tool_choice: "required" }, tools: both, choice: { type: "any" } },
  {
    it: "a named tool",
    from: { tool_choice: named("clock") },
    tools: both,
    choice: { type: "tool", name: "clock" },
  },
  {
    it: "one call at a time",
    from: { parallel_tool_calls: false },
    tools: both,
    choice: { type: "auto", disable_parallel_tool_use: true },
  },
  {
    it: "one call at a time, of a named tool",
    from: { parallel_tool_calls: false, tool_choice: named("clock") },
    tools: both,
    choice: { type: "tool", name: "clock", disable_parallel_tool_use: true },
  },
  {
    it: "no call at all, one at a time",
    from: { parallel_tool_calls: false, tool_choice: "none" },
    tools: both,
    choice: { type: "none" },
  },
  { it: "calls in parallel", from: { parallel_tool_calls: true }, tools: both },
  {
    it: "some of the tools",
    from: { tool_choice: allowed("auto", "clock", "unknown") },
    tools: [writtenClock],
    choice: { type: "auto" },
  },
  {
    it: "one of some of the tools",
    from: { tool_choice: allowed("required", "weather") },
    tools: [writtenWeather],
    choice: { type: "any" },
  },
  { it: "no tools", from: { tools: [], tool_choice: "auto", parallel_tool_calls: false } },
  {
    it: "a schema that doesn't say that it is an object",
    from: { tools: [{ type: "function", function: { name: "clock", parameters: {} } }] },
    tools: [{ name: "clock", input_schema: { type: "object" } }],
  },
])("$it", ({ from, tools, choice }) => {
  const { body, warnings } = fromOpenai(openaiBody({ tools: [weather, clock], ...from }));
  expect(body["tools"]).toEqual(tools);
  expect(body["tool_choice"]).toEqual(choice);
  expect(warnings).toEqual([]);
});

describe("Refused", () => {
  test.each<[string, JsonObject, string, string?]>([
    ["a required call without tools", { tools: [], tool_choice: "required" }, "toolChoice"],
    ["a named tool without tools", { tools: [], tool_choice: named("a") }, "toolChoice"],
    ["none of the tools", { tool_choice: allowed("auto", "other") }, "toolChoice"],
    [
      "a forced call of a model that can't be forced",
      { tool_choice: "required" },
      "toolChoice",
      "claude-opus-5-5",
    ],
    ["a tool of free text", { tools: [{ type: "custom", custom: { name: "a" } }] }, "tools[0]"],
    ["a tool that OpenAI runs", { tools: [{ type: "web_search" }] }, "tools[0]"],
    [
      "a tool with a name that Anthropic doesn't take",
      { tools: [{ type: "function", function: { name: "a.b" } }] },
      "tools[0]",
    ],
    [
      "parameters that aren't an object",
      { tools: [{ type: "function", function: { name: "a", parameters: { type: "string" } } }] },
      "tools[0]",
    ],
  ])("%s", (...[, from, path, model = "claude-sonnet-4-5"]) => {
    const write = () => fromOpenai(openaiBody({ tools: [weather, clock], ...from }), { model });
    expect(write).toThrow(expect.objectContaining({ code: "untranslatable", path }));
  });

  test("a result of a tool that is sound", () => {
    const at = { parent: ROOT, key: "part" };
    const source = { kind: "base64", mediaType: "audio/wav", data: "" } as const;
    const content = [{ kind: "audio", source, at } as const];
    const parts = [
      { kind: "tool_result", callId: "1", name: "a", content, isError: false, at } as const,
    ];
    const write = () => writeRequest(hubRequest({ messages: [{ kind: "tool", at, parts }] }));
    expect(write).toThrow(expect.objectContaining({ path: "part" }));
  });
});

describe("Strict tools", () => {
  const schema = {
    type: "object",
    properties: { city: { type: "string", minLength: 2 } },
    required: ["city"],
  };
  const strict = (parameters: JsonObject) => [
    { type: "function", function: { name: "weather", strict: true, parameters } },
  ];

  test("close their schemas, and tell what can't be enforced", () => {
    const { body, warnings } = fromOpenai(openaiBody({ tools: strict(schema) }));
    expect(body["tools"]).toEqual([
      {
        name: "weather",
        strict: true,
        input_schema: {
          type: "object",
          properties: { city: { type: "string", description: "{minLength: 2}" } },
          required: ["city"],
          additionalProperties: false,
        },
      },
    ]);
    expect(warnings).toEqual([
      "tools[].strict: the model is told of bounds in the schema, not held to them",
    ]);
  });

  test.each([
    ["claude-opus-4-1", schema, "tools[].strict: this model isn't held to schemas"],
    [
      "claude-sonnet-4-5",
      { type: "object" },
      "tools[].strict: the schema has an object that takes any property",
    ],
  ])("are plain ones for %s and %j", (model, parameters, warning) => {
    const { body, warnings } = fromOpenai(openaiBody({ tools: strict(parameters) }), { model });
    expect(body["tools"]).toEqual([{ name: "weather", input_schema: parameters }]);
    expect(warnings).toEqual([warning]);
  });
});

describe("JSON by a forced tool", () => {
  const schema = { type: "object", properties: { answer: { type: "string" } } };
  const responseFormat = (more: JsonObject = {}) => ({
    response_format: {
      type: "json_schema",
      json_schema: { name: "answer", schema, ...more },
    },
  });
  const jsonTool = (input_schema: JsonObject, description?: string) => ({
    name: JSON_OUTPUT_TOOL,
    description: description ?? expect.any(String),
    input_schema,
  });
  const model = "claude-3-5-haiku-latest";

  test.each<Case>([
    {
      it: "alone",
      from: { tools: [], ...responseFormat({ description: "The answer" }) },
      tools: [jsonTool(schema, "The answer")],
      choice: { type: "tool", name: JSON_OUTPUT_TOOL, disable_parallel_tool_use: true },
    },
    {
      it: "beside the client's tools",
      from: { tool_choice: "auto", ...responseFormat() },
      tools: [...both, jsonTool(schema)],
      choice: { type: "any", disable_parallel_tool_use: true },
    },
    {
      it: "where none of the client's tools may be called",
      from: { tool_choice: "none", ...responseFormat() },
      tools: [...both, jsonTool(schema)],
      choice: { type: "tool", name: JSON_OUTPUT_TOOL, disable_parallel_tool_use: true },
    },
    {
      it: "not where the client names a tool",
      from: { tool_choice: named("clock"), ...responseFormat() },
      tools: both,
      choice: { type: "tool", name: "clock" },
    },
  ])("$it", ({ from, tools, choice }) => {
    const { body } = fromOpenai(openaiBody({ tools: [weather, clock], ...from }), { model });
    expect(body["tools"]).toEqual(tools);
    expect(body["tool_choice"]).toEqual(choice);
    expect(body).not.toHaveProperty("output_config");
  });

  test("takes no thinking", () => {
    const from = openaiBody({ reasoning_effort: "low", ...responseFormat() });
    const { body, warnings } = fromOpenai(from, { model: "claude-sonnet-4" });
    expect(body).not.toHaveProperty("thinking");
    expect(warnings).toEqual([
      "reasoning: Anthropic's models don't think where a tool has to be called",
    ]);
  });

  test("is refused for a schema that isn't of an object", () => {
    const from = openaiBody(responseFormat({ schema: { type: "array", items: {} } }));
    expect(() => fromOpenai(from, { model })).toThrow(
      expect.objectContaining({ code: "untranslatable", path: "responseFormat" }),
    );
  });
});
