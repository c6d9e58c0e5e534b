import type Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { specProblem } from "../../support/specs.ts";
import type { Stage } from "./stage.ts";
import { KEY, OLD_VERSION, startStage } from "./stage.ts";

type Body = Anthropic.MessageCreateParamsNonStreaming;

const ASKED: Body = {
  model: "claude-haiku-4-5",
  max_tokens: 2_048,
  messages: [{ role: "user", content: "How many eggs are left?" }],
};

const SCHEMA = {
  type: "object" as const,
  properties: {
    name: { type: "string" },
    count: { type: "integer", minimum: 3, maximum: 5 },
    tags: { type: "array", items: { enum: ["x", "y"] } },
  },
  required: ["name", "count", "tags"],
  additionalProperties: false,
};

const TOOL: Anthropic.Tool = { name: "count_eggs", input_schema: SCHEMA };

async function refusalOf(stage: Stage, changes: Readonly<Record<string, unknown>>) {
  const reply = await stage.call("POST", "/v1/messages", { json: { ...ASKED, ...changes } });
  return { status: reply.status, body: reply.json() };
}

test("a message is answered, the same request always alike", async () => {
  await using stage = await startStage();
  const first = await stage.client.messages.create(ASKED);
  const second = await stage.client.messages.create(ASKED);
  expect(second.content).toEqual(first.content);
  expect(second.id).not.toBe(first.id);
  expect(first).toMatchObject({
    model: "claude-haiku-4-5-20251001",
    stop_reason: "end_turn",
    stop_sequence: null,
    content: [{ type: "text", text: expect.stringMatching(/eggs[^]*\n#### \d+$/) }],
    usage: { service_tier: "standard", cache_read_input_tokens: 0 },
  });
  expect(first.usage.input_tokens).toBeGreaterThan(5);
  expect(first.usage.output_tokens).toBeGreaterThan(5);
  const other = { role: "user", content: "And then?" } as const;
  const third = await stage.client.messages.create({ ...ASKED, messages: [other] });
  expect(third.content).not.toEqual(first.content);
  expect(stage.checkedReplies()).toBe(3);
});

test("an answer ends at its limit and before a stop sequence", async () => {
  await using stage = await startStage();
  const short = await stage.client.messages.create({ ...ASKED, max_tokens: 5 });
  expect(short.stop_reason).toBe("max_tokens");
  const none = await stage.client.messages.create({ ...ASKED, max_tokens: 0 });
  expect(none).toMatchObject({ content: [], stop_reason: "max_tokens" });
  const stopped = await stage.client.messages.create({
    ...ASKED,
    stop_sequences: ["never", "####"],
  });
  expect(stopped).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "####" });
  expect(JSON.stringify(stopped.content)).not.toContain("####");
});

test.each([{ type: "tool", name: "count_eggs" }, { type: "any" }] as const)(
  "a tool is called where the choice is %j",
  async (choice) => {
    await using stage = await startStage();
    const answer = await stage.client.messages.create({
      ...ASKED,
      tools: [TOOL],
      tool_choice: choice,
    });
    expect(answer).toMatchObject({
      stop_reason: "tool_use",
      content: [
        {
          type: "tool_use",
          id: expect.stringMatching(/^toolu_/),
          name: "count_eggs",
          input: {
            name: expect.any(String),
            count: expect.any(Number),
            tags: [expect.any(String)],
          },
        },
      ],
    });
    const unforced = await stage.client.messages.create({ ...ASKED, tools: [TOOL] });
    expect(unforced.stop_reason).toBe("end_turn");
  },
);

test("a schema of the output gets JSON that fits it", async () => {
  await using stage = await startStage();
  const answer = await stage.client.messages.create({
    ...ASKED,
    output_config: { format: { type: "json_schema", schema: SCHEMA } },
  });
  const [block] = answer.content;
  const value: unknown = JSON.parse(block?.type === "text" ? block.text : "null");
  expect(value).toEqual({
    name: expect.any(String),
    count: expect.toSatisfy((count: number) => count >= 3 && count <= 5),
    tags: [expect.stringMatching(/^[xy]$/)],
  });
});

test("thinking comes before the text", async () => {
  await using stage = await startStage();
  const answer = await stage.client.messages.create({
    ...ASKED,
    thinking: { type: "enabled", budget_tokens: 1_024 },
  });
  expect(answer.content).toMatchObject([
    { type: "thinking", thinking: expect.stringContaining("eggs"), signature: expect.any(String) },
    { type: "text" },
  ]);
});

test.each<[string, Partial<Body>]>([
  ["text", {}],
  ["thinking", { thinking: { type: "enabled", budget_tokens: 1_024 } }],
  ["a tool call", { tools: [TOOL], tool_choice: { type: "tool", name: "count_eggs" } }],
])("%s streams to the same answer", async (_title, changes) => {
  await using stage = await startStage();
  const asked: Body = { ...ASKED, tools: [TOOL], ...changes };
  const whole = await stage.client.messages.create(asked);
  const stream = stage.client.messages.stream(asked);
  const events: string[] = [];
  stream.on("streamEvent", (event) => {
    events.push(event.type);
    const problem = specProblem("anthropic", "MessageStreamEvent", event);
    if (problem !== null) events.push(problem);
  });
  const final = await stream.finalMessage();
  const plain = (message: Anthropic.Message) =>
    message.content.map((block) => (block.type === "tool_use" ? { ...block, id: "" } : block));
  expect(plain(final)).toEqual(plain(whole));
  expect(final).toMatchObject({ stop_reason: whole.stop_reason, usage: whole.usage });
  expect(events[0]).toBe("message_start");
  expect(events.at(-1)).toBe("message_stop");
  expect(events.filter((type) => !/^(message|content_block)_\w+$/.test(type))).toEqual([]);
});

const CALL = { type: "tool_use", id: "toolu_1", name: "count_eggs", input: {} };
const RESULT = { type: "tool_result", tool_use_id: "toolu_1", content: "4" };
const USER = { role: "user", content: "Hi" };

test("a conversation with tools, pictures and documents is taken", async () => {
  await using stage = await startStage();
  const file = await stage.client.files.upload({ file: new File(["%PDF"], "a.pdf") });
  const messages = [
    {
      role: "user",
      content: [
        { type: "text", text: "Look", cache_control: { type: "ephemeral" } },
        { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } },
        { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
        { type: "document", source: { type: "file", file_id: file.id }, title: "A" },
      ],
    },
    { role: "assistant", content: [{ type: "text", text: "I count." }, CALL] },
    { role: "user", content: [RESULT] },
  ];
  expect(await refusalOf(stage, { messages, system: "Be brief.", tools: [TOOL] })).toMatchObject({
    status: 200,
    body: { stop_reason: "end_turn" },
  });
});

const LATER = { model: "claude-opus-4-7" };
const ASSISTANT = { role: "assistant", content: "Then" };

test.each<[string, Record<string, unknown>]>([
  ["messages: at least one message is required", { messages: [] }],
  ["messages: Input should be a valid list", { messages: {} }],
  [
    "messages.0.role: Input should be 'user', 'assistant' or 'system'",
    { messages: [{ role: "x", content: "a" }] },
  ],
  ["messages.0.content: Field required", { messages: [{ role: "user" }] }],
  ["messages.0.content.0.type: Field required", { messages: [{ role: "user", content: [{}] }] }],
  [
    "messages.0.content.0.text: String should have at least 1 character",
    { messages: [{ role: "user", content: [{ type: "text", text: "" }] }] },
  ],
  [
    "messages.0: all messages must have non-empty content except for the optional final assistant message",
    { messages: [{ role: "user", content: "" }, USER] },
  ],
  [
    'messages: first message must use the "user" role',
    { model: "claude-3-haiku-20240307", messages: [ASSISTANT, USER] },
  ],
  [
    "messages.1.role: Input should be 'user' or 'assistant'",
    { messages: [USER, { role: "system", content: "a" }] },
  ],
  [
    "messages: final assistant content cannot end with trailing whitespace",
    { messages: [USER, { role: "assistant", content: "a " }] },
  ],
  [
    "This model does not support assistant message prefill. The conversation must end with a user message.",
    { ...LATER, messages: [USER, ASSISTANT] },
  ],
  [
    "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
    { messages: [{ role: "user", content: [RESULT] }] },
  ],
  [
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
    { messages: [USER, { role: "assistant", content: [CALL] }, USER] },
  ],
  [
    "messages.0.content.0: `tool_use` blocks can only be in `assistant` messages",
    { messages: [{ role: "user", content: [CALL] }] },
  ],
  ["temperature: Input should be less than or equal to 1", { temperature: 1.5 }],
  [
    "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    { temperature: 1, top_p: 1 },
  ],
  ["`temperature` is not supported for this model.", { ...LATER, temperature: 0.5 }],
  ["`top_k` is not supported for this model.", { ...LATER, top_k: 1 }],
  ["n: Extra inputs are not permitted", { n: 1 }],
  ["max_tokens: Input should be a valid integer", { max_tokens: "5" }],
  ["max_tokens: Input should be greater than or equal to 0", { max_tokens: -1 }],
  ["stop_sequences: each stop sequence must contain non-whitespace", { stop_sequences: ["\n"] }],
  ["tools: Tool names must be unique.", { tools: [TOOL, TOOL] }],
  ["tools.0.input_schema: Field required", { tools: [{ name: "a" }] }],
  [
    "tools.0.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    { tools: [{ ...TOOL, name: "a b" }] },
  ],
  ["tool_choice may only be specified while providing `tools`.", { tool_choice: { type: "auto" } }],
  [
    "Tool 'x' not found in provided tools",
    { tools: [TOOL], tool_choice: { type: "tool", name: "x" } },
  ],
  [
    "tool_choice that forces tool use is not supported for this model.",
    { model: "claude-opus-5-5", tools: [TOOL], tool_choice: { type: "any" } },
  ],
  [
    "thinking.budget_tokens: Input should be greater than or equal to 1024",
    { thinking: { type: "enabled", budget_tokens: 1 } },
  ],
  [
    "`max_tokens` must be greater than `thinking.budget_tokens`.",
    { thinking: { type: "enabled", budget_tokens: 2_048 } },
  ],
  [
    "Thinking may not be enabled when tool_choice forces tool use.",
    {
      tools: [TOOL],
      tool_choice: { type: "any" },
      thinking: { type: "enabled", budget_tokens: 1_024 },
    },
  ],
  ["adaptive thinking is not supported on this model", { thinking: { type: "adaptive" } }],
  [
    "thinking is not supported for this model.",
    { model: "claude-3-5-haiku-latest", thinking: { type: "adaptive" } },
  ],
  [
    "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    { output_config: { format: { type: "json_schema", schema: { type: "object" } } } },
  ],
  [
    "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
    { output_config: { effort: "none" } },
  ],
])("%s", async (message, changes) => {
  await using stage = await startStage();
  expect(await refusalOf(stage, changes)).toMatchObject({
    status: 400,
    body: { type: "error", error: { type: "invalid_request_error", message } },
  });
});

test("what isn't known is not found", async () => {
  await using stage = await startStage();
  const source = { type: "file", file_id: "file_none" };
  const messages = [{ role: "user", content: [{ type: "document", source }] }];
  for (const [changes, message] of [
    [{ model: "claude-x" }, "model: claude-x"],
    [{ messages }, "File not found: file_none"],
  ] as const) {
    expect(await refusalOf(stage, changes)).toMatchObject({
      status: 404,
      body: { error: { type: "not_found_error", message } },
    });
  }
});

test.each([
  ["temperature", { temperature: 1 }],
  [
    "a document in an assistant's message",
    {
      messages: [
        USER,
        {
          role: "assistant",
          content: [
            { type: "document", source: { type: "text", media_type: "text/plain", data: "a" } },
          ],
        },
        USER,
      ],
    },
  ],
  [
    "citations in a user's message",
    {
      messages: [{ role: "user", content: [{ type: "text", text: "a", citations: [{}] }] }],
    },
  ],
])("the newer version takes no %s", async (_title, changes) => {
  await using stage = await startStage();
  const json = { ...ASKED, ...changes };
  const headers = { "x-api-key": KEY, ...OLD_VERSION };
  expect((await stage.call("POST", "/v1/messages", { json, headers })).status).toBe(200);
  const newer = { ...headers, "anthropic-version": "2026-10-21" };
  expect((await stage.call("POST", "/v1/messages", { json, headers: newer })).status).toBe(400);
});

test("a message larger than allowed is a 413", async () => {
  await using stage = await startStage({ limits: { messageBytes: 1_000 } });
  const system = "x".repeat(1_000);
  expect(await refusalOf(stage, { system })).toMatchObject({
    status: 413,
    body: { error: { type: "request_too_large" } },
  });
});

test("models are listed in pages and found by either name", async () => {
  await using stage = await startStage();
  const ids: string[] = [];
  for await (const { id } of stage.client.models.list({ limit: 3 })) ids.push(id);
  expect(ids.length).toBeGreaterThan(10);
  expect(new Set(ids).size).toBe(ids.length);
  const found = await stage.client.models.retrieve("claude-haiku-4-5");
  expect(found).toMatchObject({
    id: "claude-haiku-4-5-20251001",
    display_name: "Claude Haiku 4.5",
  });
  expect(ids).toContain(found.id);
  await expect(stage.client.models.retrieve("claude-x")).rejects.toMatchObject({ status: 404 });
});

test("a message's tokens are counted, and only what a message is made of may be asked about", async () => {
  await using stage = await startStage();
  const { max_tokens: _, ...asked } = ASKED;
  const counted = await stage.client.messages.countTokens(asked);
  expect(specProblem("anthropic", "CountMessageTokensResponse", counted)).toBeNull();
  const answered = await stage.client.messages.create(ASKED);
  expect(counted.input_tokens).toBe(answered.usage.input_tokens);
  const path = "/v1/messages/count_tokens";
  for (const json of [ASKED, { ...asked, temperature: 1 }, { model: asked.model }, {}]) {
    const refused = await stage.call("POST", path, { json });
    expect([json, refused.status]).toEqual([json, 400]);
  }
  const thinking = { type: "enabled", budget_tokens: 2_000 } as const;
  const model = "claude-sonnet-4-5";
  await stage.client.messages.countTokens({ ...asked, model, thinking });
});
