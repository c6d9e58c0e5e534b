import { describe, expect, test } from "vitest";
import type { ChatRequest, ResponseFormat } from "../../../src/core/chat-request.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { childPath, ROOT } from "../../../src/core/json-path.ts";
import { JSON_OUTPUT_TOOL, type ToolDefinition } from "../../../src/core/tools.ts";
import { chat, MODELS, user, writtenConverse } from "./bodies.ts";

const at = childPath(ROOT, "here");
const tool: ToolDefinition = {
  kind: "function",
  name: "t",
  description: "T",
  schema: { properties: { a: { type: "string" } } },
  at,
};
const other: ToolDefinition = { kind: "function", name: "u", description: "", at };
const schema: ResponseFormat = {
  kind: "json_schema",
  name: "answer",
  schema: {
    type: "object",
    properties: { a: { type: "string" } },
    required: ["a"],
    additionalProperties: false,
  },
};

interface Options {
  readonly model?: string;
  readonly isBatch?: boolean;
}

/** The settings alone. */
function write(fields: Partial<ChatRequest>, options: Options = {}) {
  const request = chat([user("Hi")], fields);
  const { body, warnings } = writtenConverse(request, {
    model: MODELS.nova,
    isBatch: false,
    ...options,
  });
  const { messages: _messages, ...settings } = body;
  return { settings, warnings };
}

describe("Settings in a Converse body", () => {
  test.each<[string, Partial<ChatRequest>, Options, JsonObject]>([
    ["none", {}, {}, {}],
    ["a limit", { maxTokens: 5 }, {}, { inferenceConfig: { maxTokens: 5 } }],
    ["stops", { stop: ["a", "", "\n"] }, {}, { inferenceConfig: { stopSequences: ["a", "\n"] } }],
    ["no stops", { stop: [""] }, {}, {}],
    [
      "topK of Nova",
      { topK: 5 },
      {},
      { additionalModelRequestFields: { inferenceConfig: { topK: 5 } } },
    ],
    [
      "topK of Claude",
      { topK: 5 },
      { model: MODELS.claude },
      { additionalModelRequestFields: { top_k: 5 } },
    ],
    [
      "topK of Mistral",
      { topK: 5 },
      { model: MODELS.mistral },
      { additionalModelRequestFields: { top_k: 5 } },
    ],
    ["metadata", { metadata: { a: "b" } }, {}, { requestMetadata: { a: "b" } }],
    ["a tier", { serviceTier: "priority" }, {}, { serviceTier: { type: "priority" } }],
    [
      "a tier by another name",
      { serviceTier: "standard_only" },
      {},
      { serviceTier: { type: "default" } },
    ],
    ["any tier in a batch", { serviceTier: "scale" }, { isBatch: true }, {}],
    ["the default tier", { serviceTier: "auto" }, {}, {}],
    ["a key of a cache", { promptCacheKey: "k" }, {}, {}],
    [
      "neutral values",
      { choiceCount: 1, presencePenalty: 0, logprobs: false, store: false },
      {},
      {},
    ],
    [
      "effort of Nova 2",
      { reasoning: { effort: "medium" }, maxTokens: 5 },
      { model: MODELS.nova2 },
      {
        inferenceConfig: { maxTokens: 5 },
        additionalModelRequestFields: {
          reasoningConfig: { type: "enabled", maxReasoningEffort: "medium" },
        },
      },
    ],
    [
      "no thinking of Nova 2",
      { reasoning: { thinking: { kind: "off" } } },
      { model: MODELS.nova2 },
      { additionalModelRequestFields: { reasoningConfig: { type: "disabled" } } },
    ],
    ["no thinking of Nova 1", { reasoning: { effort: "none" } }, {}, {}],
    [
      "effort of gpt-oss",
      { reasoning: { effort: "minimal" } },
      { model: MODELS.gptOss },
      { additionalModelRequestFields: { reasoning_effort: "low" } },
    ],
    [
      "effort of GPT",
      { reasoning: { effort: "xhigh" } },
      { model: MODELS.gpt },
      { additionalModelRequestFields: { reasoning: { effort: "xhigh" } } },
    ],
    [
      "a budget of Claude",
      { reasoning: { thinking: { kind: "budget", tokens: 2000 } } },
      { model: MODELS.claude },
      { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2000 } } },
    ],
    [
      "effort of the newest Claude",
      { reasoning: { effort: "high" }, maxTokens: 5000 },
      { model: MODELS.opus },
      {
        inferenceConfig: { maxTokens: 5000 },
        outputConfig: { effort: "high" },
        additionalModelRequestFields: { thinking: { type: "adaptive" } },
      },
    ],
  ])("%s", (_, fields, ...[options, expected]) => {
    expect(write(fields, options)).toEqual({ settings: expected, warnings: [] });
  });

  test.each<[string, Partial<ChatRequest>, Options, readonly [string, JsonObject]]>([
    [
      "too much heat",
      { temperature: 1.5 },
      {},
      ["temperature", { inferenceConfig: { temperature: 1 } }],
    ],
    [
      "negative heat",
      { temperature: -1 },
      {},
      ["temperature", { inferenceConfig: { temperature: 0 } }],
    ],
    ["topK of Llama", { topK: 5 }, { model: MODELS.llama }, ["topK", {}]],
    [
      "topP and temperature of Claude",
      { topP: 0.5, temperature: 0.5 },
      { model: MODELS.claude },
      ["topP", { inferenceConfig: { temperature: 0.5 } }],
    ],
    ["stops of gpt-oss", { stop: ["a"] }, { model: MODELS.gptOss }, ["stop", {}]],
    ["heat of GPT", { temperature: 0.5 }, { model: MODELS.gpt }, ["temperature", {}]],
    ["thinking of Nova 1", { reasoning: { effort: "high" } }, {}, ["reasoning", {}]],
    [
      "thinking of Llama",
      { reasoning: { effort: "high" } },
      { model: MODELS.llama },
      ["reasoning", {}],
    ],
    [
      "a limit beside much effort of Nova 2",
      { reasoning: { effort: "max" }, maxTokens: 5 },
      { model: MODELS.nova2 },
      [
        "maxTokens",
        {
          additionalModelRequestFields: {
            reasoningConfig: { type: "enabled", maxReasoningEffort: "high" },
          },
        },
      ],
    ],
    [
      "metadata that Bedrock doesn't take",
      { metadata: { a: "b", ü: "c", d: "€" } },
      {},
      ["metadata", { requestMetadata: { a: "b" } }],
    ],
    ["who asks", { user: "u" }, {}, ["user", {}]],
    ["a tier that Bedrock doesn't have", { serviceTier: "scale" }, {}, ["serviceTier", {}]],
    ["a seed", { seed: 5 }, {}, ["seed", {}]],
    ["penalties", { presencePenalty: 1 }, {}, ["presencePenalty", {}]],
    ["bias", { logitBias: { "5": 1 } }, {}, ["logitBias", {}]],
    ["how much is said", { verbosity: "low" }, {}, ["verbosity", {}]],
    ["storing", { store: true }, {}, ["store", {}]],
  ])("warn of %s", (_, fields, ...[options, [warning, expected]]) => {
    expect(write(fields, options)).toEqual({ settings: expected, warnings: [warning] });
  });

  test("refuse several answers", () => {
    expect(() => write({ choiceCount: 2 })).toThrow(
      expect.objectContaining({ code: "untranslatable" }),
    );
  });

  test("are at most sixteen entries of metadata", () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`k${index}`, "v"]),
    );
    const { settings, warnings } = write({ metadata });
    expect(Object.keys(settings["requestMetadata"] as JsonObject)).toHaveLength(16);
    expect(warnings).toEqual(["metadata"]);
  });
});

const specs = [
  {
    toolSpec: {
      name: "t",
      description: "T",
      inputSchema: { json: { type: "object", properties: { a: { type: "string" } } } },
    },
  },
  { toolSpec: { name: "u", inputSchema: { json: { type: "object", properties: {} } } } },
];

describe("Tools in a Converse body", () => {
  test.each<[string, Partial<ChatRequest>, JsonObject | undefined]>([
    ["without a choice", {}, undefined],
    ["auto", { toolChoice: { kind: "auto" } }, { auto: {} }],
    ["required", { toolChoice: { kind: "required" } }, { any: {} }],
    ["named", { toolChoice: { kind: "named", name: "u" } }, { tool: { name: "u" } }],
  ])("%s", (_, fields, toolChoice) => {
    for (const model of [MODELS.nova, MODELS.claude, MODELS.llama]) {
      const { settings, warnings } = write({ tools: [tool, other], ...fields }, { model });
      expect(settings["toolConfig"]).toEqual({ tools: specs, ...(toolChoice && { toolChoice }) });
      expect(warnings).toEqual([]);
    }
  });

  test.each(["auto", "required"] as const)("that are allowed are all there are: %s", (mode) => {
    for (const model of [MODELS.nova, MODELS.claude]) {
      const toolChoice = { kind: "allowed", mode, names: ["u"] } as const;
      const { settings } = write({ tools: [tool, other], toolChoice }, { model });
      const choice = mode === "auto" ? { auto: {} } : { any: {} };
      expect(settings["toolConfig"]).toEqual({ tools: [specs[1]], toolChoice: choice });
    }
  });

  test("one call at a time is Claude's alone", () => {
    const fields = { tools: [tool], parallelToolCalls: false };
    const claude = write(fields, { model: MODELS.claude });
    expect(claude.settings["additionalModelRequestFields"]).toEqual({
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
    });
    expect(claude.settings["toolConfig"]).toEqual({ tools: [specs[0]] });
    expect(claude.warnings).toEqual([]);
    expect(write(fields).warnings).toEqual(["parallelToolCalls"]);
  });

  test("are held to their schemas where the model can be", () => {
    const strict: ToolDefinition = { ...tool, strict: true };
    const of = (model: string) => write({ tools: [strict] }, { model });
    expect(JSON.stringify(of(MODELS.qwen).settings)).toContain(`"strict":true`);
    expect(of(MODELS.nova).warnings).toEqual(["here.strict"]);
  });

  test.each<[string, Partial<ChatRequest>, RegExp]>([
    ["free text", { tools: [{ kind: "custom", name: "c", at }] }, /free text/],
    [
      "another family's",
      {
        tools: [
          {
            kind: "native",
            family: "anthropic",
            name: "web_search",
            value: { type: "web_search_20250305", name: "web_search" },
            at,
          },
        ],
      },
      /no tool "web_search"/,
    ],
    ["a long name", { tools: [{ ...tool, name: "t".repeat(65) }] }, /1 to 64/],
    [
      "a schema of no object",
      { tools: [{ kind: "function", name: "t", schema: { type: "string" }, at }] },
      /must be an object/,
    ],
    [
      "none that is allowed",
      { tools: [tool], toolChoice: { kind: "allowed", mode: "auto", names: ["x"] } },
      /none of the allowed/,
    ],
    ["none that has to be called", { toolChoice: { kind: "required" } }, /no tools to be called/],
  ])("are refused: %s", (_, fields, message) => {
    for (const model of [MODELS.nova, MODELS.claude]) {
      expect(() => write(fields, { model })).toThrow(message);
    }
  });
});

describe("JSON from Converse", () => {
  const textFormat = {
    type: "json_schema",
    structure: {
      jsonSchema: {
        schema: JSON.stringify(schema.kind === "json_schema" && schema.schema),
        name: "answer",
      },
    },
  };

  test.each([
    MODELS.claude,
    MODELS.qwen,
    MODELS.gptOss,
    MODELS.ministral,
    MODELS.profile,
    MODELS.jamba,
  ])("is held to a schema, in a batch too: %s", (model) => {
    for (const isBatch of [true, false]) {
      const { settings, warnings } = write({ responseFormat: schema }, { model, isBatch });
      expect(settings).toEqual({ outputConfig: { textFormat } });
      expect(warnings).toEqual([]);
    }
  });

  test.each([MODELS.nova, MODELS.mistralLarge, MODELS.claude3])(
    "is a tool's input in a single call: %s",
    (model) => {
      const { settings, warnings } = write({ responseFormat: schema }, { model });
      const { tools, toolChoice } = settings["toolConfig"] as {
        tools: JsonObject[];
        toolChoice?: JsonObject;
      };
      expect(tools).toMatchObject([{ toolSpec: { name: JSON_OUTPUT_TOOL } }]);
      expect(
        model === MODELS.claude3 ? settings["additionalModelRequestFields"] : toolChoice,
      ).toBeDefined();
      expect(warnings).toEqual([]);
      expect(() => write({ responseFormat: schema }, { model, isBatch: true })).toThrow(
        expect.objectContaining({ code: "untranslatable" }),
      );
    },
  );

  test("is one of several tools where there are some", () => {
    const { settings } = write({
      responseFormat: schema,
      tools: [tool],
      toolChoice: { kind: "auto" },
    });
    expect(settings["toolConfig"]).toMatchObject({
      tools: [{ toolSpec: { name: "t" } }, { toolSpec: { name: JSON_OUTPUT_TOOL } }],
      toolChoice: { any: {} },
    });
  });

  test.each([MODELS.llama, MODELS.titan])("can't be held to a schema by %s", (model) => {
    expect(() => write({ responseFormat: schema }, { model })).toThrow(/can't be held to a schema/);
  });

  test("without a schema is asked for in words", () => {
    const { settings, warnings } = write({ responseFormat: { kind: "json_object" } });
    expect(settings["system"]).toEqual([
      { text: expect.stringContaining("JSON object") as string },
    ]);
    expect(warnings).toEqual(["responseFormat"]);
    const claude = write({ responseFormat: { kind: "json_object" } }, { model: MODELS.claude });
    expect(claude.settings["system"]).toHaveLength(1);
  });
});
