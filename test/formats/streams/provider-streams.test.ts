import { describe, expect, test } from "vitest";
import type { ServerEvent } from "../../../src/core/provider.ts";
import { anthropicEvents, dataOf, event, openaiDeltas, streamed, typed } from "./streams.ts";

const CLAUDE: readonly ServerEvent[] = [
  typed({
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-x",
      content: [],
      stop_reason: null,
      usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 },
    },
  }),
  typed({ type: "ping" }),
  typed({
    type: "content_block_start",
    index: 0,
    content_block: { type: "thinking", thinking: "", signature: "" },
  }),
  typed({
    type: "content_block_delta",
    index: 0,
    delta: { type: "thinking_delta", thinking: "Hm, " },
  }),
  typed({
    type: "content_block_delta",
    index: 0,
    delta: { type: "thinking_delta", thinking: "so." },
  }),
  typed({
    type: "content_block_delta",
    index: 0,
    delta: { type: "signature_delta", signature: "c2ln" },
  }),
  typed({ type: "content_block_stop", index: 0 }),
  typed({ type: "content_block_start", index: 1, content_block: { type: "text", text: "" } }),
  typed({ type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "Look" } }),
  typed({
    type: "content_block_delta",
    index: 1,
    delta: { type: "citations_delta", citation: {} },
  }),
  typed({ type: "content_block_stop", index: 1 }),
  typed({
    type: "content_block_start",
    index: 2,
    content_block: { type: "server_tool_use", id: "s", name: "web_search", input: {} },
  }),
  typed({
    type: "content_block_delta",
    index: 2,
    delta: { type: "input_json_delta", partial_json: "{}" },
  }),
  typed({ type: "content_block_stop", index: 2 }),
  typed({ type: "of_tomorrow", value: 1 }),
  typed({
    type: "content_block_start",
    index: 3,
    content_block: { type: "tool_use", id: "toolu_1", name: "find", input: {} },
  }),
  typed({
    type: "content_block_delta",
    index: 3,
    delta: { type: "input_json_delta", partial_json: '{"a":' },
  }),
  typed({
    type: "content_block_delta",
    index: 3,
    delta: { type: "input_json_delta", partial_json: "1}" },
  }),
  typed({ type: "content_block_stop", index: 3 }),
  typed({
    type: "message_delta",
    delta: { stop_reason: "tool_use", stop_sequence: null },
    usage: { output_tokens: 20 },
  }),
  typed({ type: "message_stop" }),
];

describe("Anthropic's events, to OpenAI's clients", () => {
  const asked = {
    from: "openai",
    provider: "anthropic",
    model: "claude-x",
    events: CLAUDE,
  } as const;

  test("become deltas of text, thinking and calls, in order", () => {
    const events = streamed(asked);
    expect(openaiDeltas(events)).toEqual([
      { role: "assistant", content: "", refusal: null },
      { reasoning_content: "Hm, " },
      { reasoning_content: "so." },
      { thinking_blocks: [{ type: "thinking", thinking: "Hm, so.", signature: "c2ln" }] },
      { content: "Look" },
      {
        tool_calls: [
          { index: 0, id: "toolu_1", type: "function", function: { name: "find", arguments: "" } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: "1}" } }] },
      { finish_reason: "tool_calls" },
    ]);
    expect(events.at(-1)).toEqual({ event: null, data: "[DONE]" });
    expect(dataOf(events[0] ?? event({}))).toMatchObject({
      id: "msg_1",
      object: "chat.completion.chunk",
      created: 7,
      model: "claude-x",
    });
  });

  test("end with the usage only where it was asked for", () => {
    expect(streamed(asked).some(({ data }) => data.includes('"usage"'))).toBe(false);
    const events = streamed({ ...asked, body: { stream_options: { include_usage: true } } });
    expect(dataOf(events.at(-2) ?? event({}))).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 15, completion_tokens: 20, total_tokens: 35 },
    });
    expect(dataOf(events[0] ?? event({}))).toMatchObject({ usage: null });
  });

  test("that stop without an end are no answer", () => {
    expect(() => streamed({ ...asked, events: CLAUDE.slice(0, -2) })).toThrow(/ended before/);
  });

  test("that say why they break off are an error of that kind", () => {
    const error = { type: "overloaded_error", message: "Overloaded" };
    const events = [...CLAUDE.slice(0, 9), typed({ type: "error", error })];
    expect(() => streamed({ ...asked, events })).toThrow(
      expect.objectContaining({ error: expect.objectContaining({ type: "overloaded" }) }) as Error,
    );
  });

  test("that are no JSON objects are an error", () => {
    expect(() => streamed({ ...asked, events: [event("nonsense")] })).toThrow(/not a JSON object/);
  });

  test("with a call that stands for JSON output are that text", () => {
    const called = { type: "tool_use", id: "t", name: "crossbatch_json_output", input: {} };
    const events = [
      ...CLAUDE.slice(0, 1),
      typed({
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text: "Here:" },
      }),
      typed({ type: "content_block_start", index: 1, content_block: called }),
      typed({
        type: "content_block_delta",
        index: 1,
        delta: { type: "input_json_delta", partial_json: '{"a"' },
      }),
      typed({
        type: "content_block_delta",
        index: 1,
        delta: { type: "input_json_delta", partial_json: ":1}" },
      }),
      typed({ type: "message_delta", delta: { stop_reason: "tool_use" } }),
    ];
    const schema = {
      type: "object",
      properties: { a: { type: "number" } },
      additionalProperties: false,
    };
    const body = { response_format: { type: "json_schema", json_schema: { name: "n", schema } } };
    const model = "claude-3-haiku-20240307";
    expect(openaiDeltas(streamed({ ...asked, model, body, events })).slice(1)).toEqual([
      { content: '{"a"' },
      { content: ":1}" },
      { finish_reason: "stop" },
    ]);
  });
});

describe("the same events in Bedrock's envelope, to Anthropic's clients", () => {
  const metrics = { "amazon-bedrock-invocationMetrics": { inputTokenCount: 1 } };
  const asked = {
    from: "anthropic",
    provider: "bedrock",
    model: "anthropic.claude-3-haiku-20240307-v1:0",
  } as const;

  test("get their names back, and lose Bedrock's counts, and nothing else", () => {
    const events = CLAUDE.map(({ data }, index) => {
      const isLast = index === CLAUDE.length - 1;
      return event(isLast ? { ...dataOf(event(data)), ...metrics } : data);
    });
    expect(streamed({ ...asked, events })).toEqual(CLAUDE);
  });

  test("are no answer without their end", () => {
    const events = CLAUDE.slice(0, -1);
    expect(() => streamed({ ...asked, events })).toThrow(/ended before/);
  });
});

const CHUNK = { id: "c1", object: "chat.completion.chunk", created: 3, model: "gpt-x" };

function chunk(delta: object, finish: string | null = null): ServerEvent {
  return event({ ...CHUNK, choices: [{ index: 0, delta: { ...delta }, finish_reason: finish }] });
}

describe("OpenAI's chunks, to Anthropic's clients", () => {
  const asked = { from: "anthropic", provider: "openai", model: "gpt-x" } as const;

  test("become blocks: text, then calls with their input in pieces", () => {
    const events = streamed({
      ...asked,
      events: [
        chunk({ role: "assistant", content: "" }),
        chunk({ content: "Look" }),
        chunk({ content: " here" }),
        chunk({
          tool_calls: [
            { index: 0, id: "call_1", type: "function", function: { name: "find", arguments: "" } },
          ],
        }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }),
        chunk({
          tool_calls: [
            {
              index: 1,
              id: "call_2",
              type: "function",
              function: { name: "look", arguments: "{}" },
            },
          ],
        }),
        chunk({}, "tool_calls"),
        event({
          ...CHUNK,
          choices: [],
          usage: {
            prompt_tokens: 9,
            completion_tokens: 4,
            total_tokens: 13,
            prompt_tokens_details: { cached_tokens: 2 },
          },
        }),
        event("[DONE]"),
      ],
    });
    const caller = { type: "direct" };
    expect(anthropicEvents(events)).toEqual([
      { type: "message_start" },
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "text", text: "", citations: null },
      },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Look" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: " here" } },
      { type: "content_block_stop", index: 0 },
      {
        type: "content_block_start",
        index: 1,
        content_block: { type: "tool_use", id: "call_1", name: "find", input: {}, caller },
      },
      {
        type: "content_block_delta",
        index: 1,
        delta: { type: "input_json_delta", partial_json: '{"a":1}' },
      },
      { type: "content_block_stop", index: 1 },
      {
        type: "content_block_start",
        index: 2,
        content_block: { type: "tool_use", id: "call_2", name: "look", input: {}, caller },
      },
      {
        type: "content_block_delta",
        index: 2,
        delta: { type: "input_json_delta", partial_json: "{}" },
      },
      { type: "content_block_stop", index: 2 },
      {
        type: "message_delta",
        delta: {
          stop_reason: "tool_use",
          stop_sequence: null,
          stop_details: null,
          container: null,
        },
      },
      { type: "message_stop" },
    ]);
    expect(dataOf(events.at(-2) ?? event({}))).toMatchObject({
      usage: { input_tokens: 7, cache_read_input_tokens: 2, output_tokens: 4 },
    });
  });

  test("with reasoning and a refusal become thinking, and a refusal", () => {
    const events = streamed({
      ...asked,
      events: [
        chunk({ role: "assistant", reasoning_content: "Hm." }),
        chunk({ refusal: "I won't." }),
        chunk({}, "stop"),
      ],
    });
    expect(anthropicEvents(events).slice(1, -1)).toEqual([
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "thinking", thinking: "", signature: "" },
      },
      { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm." } },
      { type: "content_block_stop", index: 0 },
      {
        type: "content_block_start",
        index: 1,
        content_block: { type: "text", text: "", citations: null },
      },
      { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "I won't." } },
      { type: "content_block_stop", index: 1 },
      {
        type: "message_delta",
        delta: { stop_reason: "refusal", stop_sequence: null, stop_details: null, container: null },
      },
    ]);
  });

  test("of hosts that give calls whole and without a place are one call each", () => {
    const call = (id: string) => ({ id, function: { name: "find", arguments: `{"id":"${id}"}` } });
    const events = streamed({
      ...asked,
      events: [chunk({ tool_calls: [call("a"), call("b")] }), chunk({}, "stop")],
    });
    const said = anthropicEvents(events).map(({ type, ...rest }) =>
      JSON.stringify({ type, ...rest }),
    );
    expect(said.filter((each) => each.includes("partial_json"))).toEqual([
      expect.stringContaining('"index":0'),
      expect.stringContaining('"index":1'),
    ]);
    expect(said.at(-2)).toContain('"stop_reason":"tool_use"');
  });

  test("that hold an error instead are that error", () => {
    const events = [chunk({ content: "a" }), event({ error: { message: "Busy", code: 429 } })];
    expect(() => streamed({ ...asked, events })).toThrow("Busy");
  });
});

describe("Gemini's chunks", () => {
  const part = (parts: readonly object[], more: object = {}) =>
    event({
      candidates: [{ content: { role: "model", parts: [...parts] }, index: 0, ...more }],
      usageMetadata: {
        promptTokenCount: 5,
        candidatesTokenCount: 3,
        thoughtsTokenCount: 2,
        totalTokenCount: 10,
      },
      modelVersion: "gemini-x",
      responseId: "r1",
    } as never);

  const EVENTS = [
    part([{ text: "Hm.", thought: true }]),
    part([{ text: "Look" }]),
    part([{ functionCall: { name: "find", args: { a: 1 } }, thoughtSignature: "c2ln" }]),
    part([{ functionCall: { name: "find", args: {} } }]),
    part([{ text: "" }], { finishReason: "STOP" }),
  ];

  test("become OpenAI's deltas, with an id for each call, and the signature that has to come back", () => {
    const events = streamed({
      from: "openai",
      provider: "gemini",
      model: "gemini-x",
      events: EVENTS,
    });
    expect(openaiDeltas(events)).toEqual([
      { role: "assistant", content: "", refusal: null },
      { reasoning_content: "Hm." },
      { content: "Look" },
      {
        tool_calls: [
          {
            index: 0,
            id: "call_r1_0",
            type: "function",
            function: { name: "find", arguments: "" },
            extra_content: { google: { thought_signature: "c2ln" } },
          },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] },
      {
        tool_calls: [
          {
            index: 1,
            id: "call_r1_1",
            type: "function",
            function: { name: "find", arguments: "" },
          },
        ],
      },
      { tool_calls: [{ index: 1, function: { arguments: "{}" } }] },
      { finish_reason: "tool_calls" },
    ]);
  });

  test("become Anthropic's blocks, where an empty thought brings the signature of a call", () => {
    const events = streamed({
      from: "anthropic",
      provider: "gemini",
      model: "gemini-x",
      events: EVENTS,
    });
    const blocks = anthropicEvents(events).flatMap(({ type, ...rest }) =>
      type === "content_block_start" ? [rest["content_block"]] : [],
    );
    expect(blocks).toMatchObject([
      { type: "thinking" },
      { type: "text" },
      { type: "thinking" },
      { type: "tool_use", id: "call_r1_0" },
      { type: "tool_use", id: "call_r1_1" },
    ]);
    expect(JSON.stringify(events)).toContain("crossbatch.gemini.c2ln");
  });

  test("of a blocked prompt are a refusal that says why", () => {
    const events = [event({ promptFeedback: { blockReason: "SAFETY" }, responseId: "r" })];
    const said = streamed({ from: "openai", provider: "gemini", model: "gemini-x", events });
    expect(openaiDeltas(said).slice(1)).toEqual([
      { refusal: "The provider blocked this: SAFETY" },
      { finish_reason: "content_filter" },
    ]);
  });

  test("that hold an error are that error", () => {
    const error = { code: 503, message: "Overloaded", status: "UNAVAILABLE" };
    const events = [...EVENTS.slice(0, 2), event({ error })];
    const asked = { from: "openai", provider: "gemini", model: "gemini-x", events } as const;
    expect(() => streamed(asked)).toThrow("Overloaded");
  });
});

describe("Bedrock's own streams, to OpenAI's clients", () => {
  const CONVERSE: readonly (readonly [string, object])[] = [
    ["messageStart", { role: "assistant", p: "abc" }],
    ["contentBlockDelta", { contentBlockIndex: 0, delta: { reasoningContent: { text: "Hm." } } }],
    [
      "contentBlockDelta",
      { contentBlockIndex: 0, delta: { reasoningContent: { signature: "c2ln" } } },
    ],
    ["contentBlockStop", { contentBlockIndex: 0 }],
    ["contentBlockDelta", { contentBlockIndex: 1, delta: { text: "Look" } }],
    ["ofTomorrow", {}],
    [
      "contentBlockStart",
      { contentBlockIndex: 2, start: { toolUse: { toolUseId: "t1", name: "find" } } },
    ],
    ["contentBlockDelta", { contentBlockIndex: 2, delta: { toolUse: { input: "{}" } } }],
    ["messageStop", { stopReason: "tool_use" }],
    ["metadata", { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } }],
  ];
  const SAID = [
    { role: "assistant", content: "", refusal: null },
    { reasoning_content: "Hm." },
    { thinking_blocks: [{ type: "thinking", thinking: "Hm.", signature: "c2ln" }] },
    { content: "Look" },
    {
      tool_calls: [
        { index: 0, id: "t1", type: "function", function: { name: "find", arguments: "" } },
      ],
    },
    { tool_calls: [{ index: 0, function: { arguments: "{}" } }] },
    { finish_reason: "tool_calls" },
  ];

  test.each([
    {
      name: "Converse",
      model: "amazon.nova-lite-v1:0",
      variant: "Converse",
      events: CONVERSE.map(([type, data]) => event({ ...data }, type)),
    },
    {
      name: "Nova",
      model: "amazon.nova-lite-v1:0",
      variant: "InvokeModel",
      events: CONVERSE.map(([type, data]) => event({ [type]: { ...data } })),
    },
  ])("$name: thinking, text and a call", ({ model, variant, events }) => {
    const said = streamed({ from: "openai", provider: "bedrock", model, variant, events });
    expect(openaiDeltas(said)).toEqual(SAID);
    expect(dataOf(said[0] ?? event({}))).toMatchObject({ id: "chatcmpl-new", model });
  });

  const METRICS = { inputTokenCount: 5, outputTokenCount: 2 };

  test.each([
    {
      model: "meta.llama3-1-8b-instruct-v1:0",
      events: [
        { generation: "a", prompt_token_count: 5, generation_token_count: 1, stop_reason: null },
        {
          generation: "b",
          prompt_token_count: null,
          generation_token_count: 2,
          stop_reason: "stop",
        },
      ],
    },
    {
      model: "mistral.mistral-7b-instruct-v0:2",
      events: [
        { outputs: [{ text: "a", stop_reason: null }] },
        {
          outputs: [{ text: "b", stop_reason: "stop" }],
          "amazon-bedrock-invocationMetrics": METRICS,
        },
      ],
    },
    {
      model: "mistral.mistral-large-2407-v1:0",
      events: [
        {
          choices: [{ index: 0, message: { role: "assistant", content: "a" }, stop_reason: null }],
        },
        {
          choices: [{ index: 0, message: { content: "b" }, stop_reason: "stop" }],
          usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
        },
      ],
    },
    {
      model: "amazon.titan-text-express-v1",
      events: [
        {
          outputText: "a",
          index: 0,
          totalOutputTextTokenCount: null,
          completionReason: null,
          inputTextTokenCount: 5,
        },
        {
          outputText: "b",
          index: 0,
          totalOutputTextTokenCount: 2,
          completionReason: "FINISH",
          inputTextTokenCount: null,
        },
      ],
    },
    {
      model: "openai.gpt-oss-120b-1:0",
      events: [
        { choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }] },
        {
          choices: [{ index: 0, delta: { content: "b" }, finish_reason: "stop" }],
          usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
        },
      ],
    },
  ])("$model: its text as it comes, and its tokens", ({ model, events }) => {
    const given = events.map((each) => event(each));
    const said = streamed({ from: "anthropic", provider: "bedrock", model, events: given });
    const texts = anthropicEvents(said).flatMap(({ type, ...rest }) =>
      type === "content_block_delta" ? [rest["delta"]] : [],
    );
    expect(texts).toEqual([
      { type: "text_delta", text: "a" },
      { type: "text_delta", text: "b" },
    ]);
    expect(dataOf(said.at(-2) ?? event({}))).toMatchObject({
      delta: { stop_reason: "end_turn" },
      usage: { input_tokens: 5, output_tokens: 2 },
    });
  });
});
