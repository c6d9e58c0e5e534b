import { describe, expect, test } from "vitest";
import type { Reasoning } from "../../../src/core/chat-request.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { fromAnthropic, fromOpenai, hubRequest, openaiBody, writeRequest } from "./bodies.ts";

interface Case {
  readonly model: string;
  readonly reasoning: Reasoning;
  readonly limit?: number;
  readonly body: JsonObject;
  readonly warnings?: readonly string[];
}

const enabled = (budget_tokens: number, more: JsonObject = {}) => ({
  thinking: { type: "enabled", budget_tokens, ...more },
});
const adaptive = (effort: string, more: JsonObject = {}) => ({
  thinking: { type: "adaptive", ...more },
  output_config: { effort },
});

describe("Reasoning of other families", () => {
  test.each<Case>([
    // Models that take a budget (wire: the table of efforts).
    { model: "claude-sonnet-4-5", reasoning: { effort: "minimal" }, body: enabled(1024) },
    { model: "claude-sonnet-4-5", reasoning: { effort: "low" }, body: enabled(1024) },
    { model: "claude-sonnet-4-5", reasoning: { effort: "medium" }, body: enabled(2048) },
    { model: "claude-sonnet-4-5", reasoning: { effort: "high" }, body: enabled(4096) },
    { model: "claude-sonnet-4-5", reasoning: { effort: "xhigh" }, body: enabled(8192) },
    { model: "claude-sonnet-4-5", reasoning: { effort: "max" }, body: enabled(16_384) },
    { model: "claude-opus-4-5", reasoning: { effort: "high" }, body: enabled(4096) },
    {
      model: "claude-haiku-4-5",
      reasoning: { effort: "none" },
      body: { thinking: { type: "disabled" } },
    },
    {
      model: "claude-sonnet-4",
      reasoning: { thinking: { kind: "adaptive" } },
      body: enabled(4096),
    },
    {
      model: "claude-sonnet-4-5",
      reasoning: { thinking: { kind: "budget", tokens: 5000 }, includeThoughts: true },
      body: enabled(5000, { display: "summarized" }),
    },
    {
      model: "claude-sonnet-4-5",
      reasoning: { thinking: { kind: "budget", tokens: 512 } },
      body: enabled(1024),
      warnings: ["reasoning: a budget is at least 1024 tokens: it is raised"],
    },
    {
      model: "claude-sonnet-4-5",
      reasoning: { thinking: { kind: "budget", tokens: 0 } },
      body: { thinking: { type: "disabled" } },
    },
    {
      model: "claude-sonnet-4-5",
      reasoning: { includeThoughts: true },
      body: {},
      warnings: ["reasoning: thinking can only be shown where a budget for it is given"],
    },
    // Models that take either.
    { model: "claude-sonnet-4-6", reasoning: { effort: "low" }, body: adaptive("low") },
    {
      model: "claude-opus-4-6",
      reasoning: { thinking: { kind: "budget", tokens: 3000 } },
      body: enabled(3000),
    },
    { model: "claude-opus-4-6", reasoning: { effort: "max" }, body: adaptive("max") },
    {
      model: "claude-opus-4-6",
      reasoning: { effort: "xhigh" },
      body: adaptive("high"),
      warnings: [`reasoning: this model doesn't take "xhigh" here: it gets "high"`],
    },
    // Models that only think as long as they like.
    { model: "claude-opus-4-7", reasoning: { effort: "minimal" }, body: adaptive("low") },
    { model: "claude-opus-4-7", reasoning: { effort: "xhigh" }, body: adaptive("xhigh") },
    {
      model: "claude-opus-4-7",
      reasoning: { thinking: { kind: "budget", tokens: 1024 } },
      body: adaptive("low"),
      warnings: ["reasoning: this model takes no budget: effort says how much it thinks"],
    },
    {
      model: "claude-opus-5",
      reasoning: { thinking: { kind: "budget", tokens: 8192 } },
      body: adaptive("medium"),
      warnings: ["reasoning: this model takes no budget: effort says how much it thinks"],
    },
    {
      model: "claude-opus-5-5",
      reasoning: { thinking: { kind: "budget", tokens: 20_000 }, effort: "max" },
      body: adaptive("max"),
      warnings: ["reasoning: this model takes no budget: effort says how much it thinks"],
    },
    {
      model: "claude-opus-4-7",
      reasoning: { thinking: { kind: "adaptive" } },
      body: { thinking: { type: "adaptive" } },
    },
    {
      model: "claude-opus-4-7",
      reasoning: { effort: "high", summary: "auto" },
      body: adaptive("high", { display: "summarized" }),
    },
    {
      model: "claude-opus-4-7",
      reasoning: { includeThoughts: true },
      body: { thinking: { type: "adaptive", display: "summarized" } },
    },
    {
      model: "claude-opus-4-7",
      reasoning: { thinking: { kind: "adaptive" }, includeThoughts: false },
      body: { thinking: { type: "adaptive", display: "omitted" } },
    },
    // Turning it off.
    {
      model: "claude-opus-4-7",
      reasoning: { effort: "none" },
      body: { thinking: { type: "disabled" } },
    },
    {
      model: "claude-opus-5",
      reasoning: { thinking: { kind: "off" }, effort: "max" },
      body: { thinking: { type: "disabled" }, output_config: { effort: "high" } },
      warnings: [`reasoning: this model doesn't take "max" here: it gets "high"`],
    },
    {
      model: "claude-opus-4-8",
      reasoning: { thinking: { kind: "off" }, effort: "max" },
      body: { thinking: { type: "disabled" }, output_config: { effort: "max" } },
    },
    {
      model: "claude-sonnet-5-5",
      reasoning: { effort: "none" },
      body: { thinking: { type: "between_tools" } },
    },
    {
      model: "claude-opus-5-5",
      reasoning: { effort: "none" },
      body: { output_config: { effort: "low" } },
      warnings: ["reasoning: this model always thinks: with the least effort"],
    },
    // Models that don't think.
    {
      model: "claude-3-5-haiku-20241022",
      reasoning: { effort: "high" },
      body: {},
      warnings: ["reasoning: this model doesn't think"],
    },
    { model: "claude-3-haiku-20240307", reasoning: { effort: "none" }, body: {} },
  ])(
    "$model with $reasoning gets $body",
    ({ model, reasoning, limit = 100_000, body, warnings = [] }) => {
      const written = writeRequest(hubRequest({ reasoning, maxTokens: limit }), { model });
      const { thinking, output_config } = written.body;
      expect({ thinking, output_config }).toEqual({
        thinking: undefined,
        output_config: undefined,
        ...body,
      });
      expect(written.warnings).toEqual(warnings);
    },
  );
});

describe("The limit of tokens", () => {
  test.each([
    {
      it: "is 4096 where the client gives none",
      reasoning: undefined,
      limit: undefined,
      max_tokens: 4096,
      budget: undefined,
      warnings: ["maxTokens: Anthropic wants a limit: the answer gets 4096 tokens"],
    },
    {
      it: "leaves room for the thinking where the client gives none",
      reasoning: { effort: "medium" } as const,
      limit: undefined,
      max_tokens: 6144,
      budget: 2048,
      warnings: ["maxTokens: Anthropic wants a limit: the answer gets 4096 tokens"],
    },
    {
      it: "holds, and the budget of an effort gives way",
      reasoning: { effort: "high" } as const,
      limit: 4096,
      max_tokens: 4096,
      budget: 3072,
      warnings: [],
    },
    {
      it: "holds, and a budget of the client's gives way with a warning",
      reasoning: { thinking: { kind: "budget", tokens: 9000 } } as const,
      limit: 2048,
      max_tokens: 2048,
      budget: 1024,
      warnings: ["reasoning: a budget is below the limit: it is lowered"],
    },
    {
      it: "is raised where it is too low to think at all",
      reasoning: { effort: "low" } as const,
      limit: 500,
      max_tokens: 1524,
      budget: 1024,
      warnings: ["maxTokens: thinking takes at least 1024 tokens: the limit is raised"],
    },
    {
      it: "holds where the budget is below it",
      reasoning: { effort: "low" } as const,
      limit: 1025,
      max_tokens: 1025,
      budget: 1024,
      warnings: [],
    },
  ])("$it", ({ reasoning, limit, max_tokens, budget, warnings }) => {
    const written = writeRequest(hubRequest({ reasoning, maxTokens: limit }));
    expect(written.body["max_tokens"]).toBe(max_tokens);
    expect(written.body["thinking"]).toEqual(
      budget === undefined ? undefined : { type: "enabled", budget_tokens: budget },
    );
    expect(written.warnings).toEqual(warnings);
  });
});

const weather = { type: "function", function: { name: "weather", parameters: { type: "object" } } };
const toolTurns = [
  { role: "user", content: "Weather?" },
  {
    role: "assistant",
    content: null,
    tool_calls: [
      { id: "call_1", type: "function", function: { name: "weather", arguments: "{}" } },
    ],
  },
  { role: "tool", tool_call_id: "call_1", content: "Sunny" },
];

describe("Thinking gives way", () => {
  test.each([
    {
      to: "a tool that has to be called",
      model: "claude-sonnet-4-5",
      body: { tools: [weather], tool_choice: "required" },
      thinking: undefined,
      warning: "reasoning: Anthropic's models don't think where a tool has to be called",
    },
    {
      to: "a tool that has to be called, where the model would think by itself",
      model: "claude-opus-5",
      body: { tools: [weather], tool_choice: "required" },
      thinking: { type: "disabled" },
      warning: "reasoning: Anthropic's models don't think where a tool has to be called",
    },
    {
      to: "a prefill",
      model: "claude-sonnet-4-5",
      body: {
        messages: [
          { role: "user", content: "Hi" },
          { role: "assistant", content: "The answer is" },
        ],
      },
      thinking: undefined,
      warning: "reasoning: Anthropic's models don't think where they go on with a message",
    },
    {
      to: "calls whose thinking isn't given back, where there is a budget",
      model: "claude-sonnet-4-5",
      body: { tools: [weather], messages: toolTurns },
      thinking: undefined,
      warning: "reasoning: the thinking before the last calls of tools isn't given back",
    },
  ])("to $to", ({ model, body, thinking, warning }) => {
    const more = { reasoning_effort: "low", max_completion_tokens: 4096, ...body };
    const written = fromOpenai(openaiBody(more), { model });
    expect(written.body["thinking"]).toEqual(thinking);
    expect(written.warnings).toEqual([warning]);
  });

  test("not to calls whose thinking isn't given back, where the model thinks as it likes", () => {
    const body = openaiBody({ reasoning_effort: "low", tools: [weather], messages: toolTurns });
    const written = fromOpenai(body, { model: "claude-opus-4-7" });
    expect(written.body["thinking"]).toEqual({ type: "adaptive" });
    expect(written.warnings).toEqual([]);
  });

  test("by itself to a forced tool, without a word, where nobody asked for it", () => {
    const body = openaiBody({ tools: [weather], tool_choice: "required" });
    const { body: written, warnings } = fromOpenai(body, { model: "claude-haiku-5-5" });
    expect(written["thinking"]).toEqual({ type: "disabled" });
    expect(warnings).toEqual([]);
  });
});

describe("Anthropic's own settings", () => {
  test.each([
    ["claude-sonnet-4-5", { thinking: { type: "enabled", budget_tokens: 2000 } }],
    [
      "claude-sonnet-4-5",
      { thinking: { type: "enabled", budget_tokens: 2000, display: "omitted" } },
    ],
    [
      "claude-opus-4-5",
      {
        thinking: { type: "enabled", budget_tokens: 2000 },
        output_config: { effort: "medium" },
      },
    ],
    ["claude-opus-4-5", { output_config: { effort: "medium" } }],
    ["claude-opus-4-6", { thinking: { type: "enabled", budget_tokens: 2000 } }],
    ["claude-opus-4-6", { output_config: { effort: "max" } }],
    ["claude-opus-4-7", { thinking: { type: "adaptive" }, output_config: { effort: "xhigh" } }],
    ["claude-opus-4-7", { thinking: { type: "disabled" } }],
    ["claude-sonnet-5-5", { thinking: { type: "between_tools" } }],
    ["claude-opus-4-7", { output_config: { effort: "low" } }],
  ])("%s keeps %j", (model, settings) => {
    const body = {
      model,
      max_tokens: 4000,
      messages: [{ role: "user", content: "Hi" }],
      ...settings,
    };
    const written = fromAnthropic(body);
    expect(written.body).toEqual(body);
    expect(written.warnings).toEqual([]);
  });
});
