import { Ajv } from "ajv";
import type OpenAI from "openai";
import { expect, test } from "vitest";
import { specProblem, specProperties } from "../../support/specs.ts";
import { startStage } from "./stage.ts";

type ChatRequest = OpenAI.ChatCompletionCreateParamsNonStreaming;

const CHAT: ChatRequest = {
  model: "gpt-4o-mini",
  messages: [{ role: "user", content: "Janet’s ducks lay 16 eggs per day. How many a week?" }],
};

const SCHEMA = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 3 },
    age: { type: "integer", minimum: 18, maximum: 99 },
    tags: { type: "array", items: { enum: ["a", "b"] }, minItems: 2 },
    next: { anyOf: [{ $ref: "#" }, { type: "null" }] },
    kind: { const: "person" },
    when: { type: ["string", "null"] },
  },
  required: ["name", "age", "tags", "next", "kind", "when"],
  additionalProperties: false,
};

const TOOL = {
  type: "function",
  function: { name: "save", description: "Saves", parameters: SCHEMA },
} as const;

function messageOf(completion: OpenAI.ChatCompletion) {
  const [choice] = completion.choices;
  if (choice === undefined) throw new Error("no choice");
  return choice;
}

test("the same request has the same text, another one another", async () => {
  await using stage = await startStage();
  const ask = async (changes: Partial<ChatRequest> = {}) =>
    messageOf(await stage.client.chat.completions.create({ ...CHAT, ...changes })).message.content;
  const first = await ask();
  expect(await ask()).toBe(first);
  expect(await ask({ seed: 2 })).not.toBe(first);
  expect(first).toContain("Janet’s ducks lay 16 eggs per day.");
  expect(first).toMatch(/\n#### \d+$/);
});

test("usage counts what was sent and what was said", async () => {
  await using stage = await startStage();
  const { usage } = await stage.client.chat.completions.create(CHAT);
  expect(usage?.prompt_tokens).toBeGreaterThan(10);
  expect(usage?.completion_tokens).toBeGreaterThan(10);
  expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
});

test("several choices differ, and are counted together", async () => {
  await using stage = await startStage();
  const one = await stage.client.chat.completions.create({ ...CHAT, n: 1 });
  const { choices, usage } = await stage.client.chat.completions.create({ ...CHAT, n: 3 });
  expect(choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
  expect(new Set(choices.map((choice) => choice.message.content)).size).toBe(3);
  expect(usage?.completion_tokens).toBeGreaterThan(one.usage?.completion_tokens ?? 0);
});

test("a text ends at its limit of tokens, and before a stop sequence", async () => {
  await using stage = await startStage();
  const { client } = stage;
  const short = await client.chat.completions.create({ ...CHAT, max_completion_tokens: 5 });
  expect(messageOf(short)).toMatchObject({ finish_reason: "length" });
  expect(short.usage?.completion_tokens).toBe(5);
  const stopped = await client.chat.completions.create({ ...CHAT, stop: ["####"] });
  expect(messageOf(stopped).finish_reason).toBe("stop");
  expect(messageOf(stopped).message.content).not.toContain("#");
});

test.each<[string, OpenAI.ChatCompletionToolChoiceOption, string]>([
  ["required", "required", "tool_calls"],
  ["named", { type: "function", function: { name: "save" } }, "stop"],
])("a tool that is %s is called with arguments that fit its schema", async (...row) => {
  const [, tool_choice, reason] = row;
  await using stage = await startStage();
  const reply = await stage.client.chat.completions.create({ ...CHAT, tools: [TOOL], tool_choice });
  const { message, finish_reason } = messageOf(reply);
  expect(finish_reason).toBe(reason);
  expect(message.content).toBeNull();
  const [call] = message.tool_calls ?? [];
  if (call?.type !== "function") throw new Error("no call");
  expect(call.function.name).toBe("save");
  const validate = new Ajv({ allowUnionTypes: true }).compile(SCHEMA);
  expect(validate(JSON.parse(call.function.arguments))).toBe(true);
});

test("with a choice the model answers in text, also after a tool's result", async () => {
  await using stage = await startStage();
  const reply = await stage.client.chat.completions.create({
    ...CHAT,
    tools: [TOOL],
    messages: [
      ...CHAT.messages,
      {
        role: "assistant",
        tool_calls: [{ id: "c1", type: "function", function: { name: "save", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "c1", content: "saved" },
    ],
  });
  expect(messageOf(reply).message.content).toContain("Janet");
});

test("a JSON schema gets JSON that fits it, and json_object an object", async () => {
  await using stage = await startStage();
  const structured = await stage.client.chat.completions.create({
    ...CHAT,
    response_format: {
      type: "json_schema",
      json_schema: { name: "person", schema: SCHEMA, strict: true },
    },
  });
  const validate = new Ajv({ allowUnionTypes: true }).compile(SCHEMA);
  expect(validate(JSON.parse(messageOf(structured).message.content ?? ""))).toBe(true);
  const loose = await stage.client.chat.completions.create({
    ...CHAT,
    messages: [{ role: "user", content: "Answer in JSON." }],
    response_format: { type: "json_object" },
  });
  expect(JSON.parse(messageOf(loose).message.content ?? "")).toHaveProperty("answer");
});

test("log probabilities come with as many alternatives as asked for", async () => {
  await using stage = await startStage();
  const request = { ...CHAT, logprobs: true, top_logprobs: 2 };
  const { logprobs, message } = messageOf(await stage.client.chat.completions.create(request));
  expect(logprobs?.content?.map((item) => item.token).join("")).toBe(message.content);
  expect(logprobs?.content?.[0]?.top_logprobs).toHaveLength(2);
});

test("a reasoning model counts reasoning, more with more effort", async () => {
  await using stage = await startStage();
  const reasoning = async (reasoning_effort: "low" | "high") =>
    (await stage.client.chat.completions.create({ ...CHAT, model: "gpt-5", reasoning_effort }))
      .usage?.completion_tokens_details?.reasoning_tokens ?? 0;
  expect(await reasoning("low")).toBeGreaterThan(0);
  expect(await reasoning("high")).toBeGreaterThan(await reasoning("low"));
});

test.each<[string, Readonly<Record<string, unknown>>, string | null, string | null]>([
  ["a temperature of 2.1", { temperature: 2.1 }, "temperature", "decimal_above_max_value"],
  ["a temperature in words", { temperature: "hot" }, "temperature", "invalid_type"],
  ["an unknown parameter", { top_k: 3 }, "top_k", "unknown_parameter"],
  ["no messages", { messages: undefined }, "messages", "missing_required_parameter"],
  ["an empty list of messages", { messages: [] }, "messages", "empty_array"],
  [
    "an unknown role",
    { messages: [{ role: "bot", content: "" }] },
    "messages[0].role",
    "invalid_value",
  ],
  [
    "a user without content",
    { messages: [{ role: "user" }] },
    "messages[0].content",
    "missing_required_parameter",
  ],
  ["five stop sequences", { stop: ["a", "b", "c", "d", "e"] }, "stop", "array_above_max_length"],
  ["top_logprobs alone", { top_logprobs: 1 }, "top_logprobs", null],
  ["a tool choice without tools", { tool_choice: "auto" }, "tool_choice", null],
  [
    "a tool choice that isn't offered",
    { tools: [TOOL], tool_choice: { type: "function", function: { name: "other" } } },
    "tool_choice",
    null,
  ],
  [
    "a tool whose schema is no object",
    { tools: [{ type: "function", function: { name: "a", parameters: { type: "string" } } }] },
    "tools[0].function.parameters",
    "invalid_function_parameters",
  ],
  [
    "a tool name with a space",
    { tools: [{ type: "function", function: { name: "a b" } }] },
    "tools[0].function.name",
    "invalid_value",
  ],
  [
    "an answer to no call",
    { messages: [{ role: "tool", content: "x", tool_call_id: "c" }] },
    "messages.[0].role",
    null,
  ],
  [
    "a call without its answer",
    {
      messages: [
        {
          role: "assistant",
          tool_calls: [{ id: "c", type: "function", function: { name: "save", arguments: "{}" } }],
        },
      ],
    },
    "messages",
    null,
  ],
  ["json_object without the word", { response_format: { type: "json_object" } }, "messages", null],
  [
    "an open schema that is strict",
    {
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "a",
          strict: true,
          schema: { type: "object", properties: {} },
        },
      },
    },
    "response_format",
    "invalid_json_schema",
  ],
  [
    "an image that is no URL",
    {
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "cat.png" } }] }],
    },
    "messages[0].content[0].image_url.url",
    "invalid_image_url",
  ],
  [
    "a file that isn't there",
    { messages: [{ role: "user", content: [{ type: "file", file: { file_id: "file-no" } }] }] },
    "messages[0].content[0].file.file_id",
    null,
  ],
  [
    "reasoning effort on a plain model",
    { reasoning_effort: "low" },
    "reasoning_effort",
    "unsupported_parameter",
  ],
  [
    "max_tokens on a reasoning model",
    { model: "o3", max_tokens: 5 },
    "max_tokens",
    "unsupported_parameter",
  ],
  [
    "a temperature on a reasoning model",
    { model: "gpt-5", temperature: 0 },
    "temperature",
    "unsupported_value",
  ],
])("a chat request with %s is refused", async (...[, changes, param, code]) => {
  await using stage = await startStage();
  const refused = await stage.call("POST", "/chat/completions", { json: { ...CHAT, ...changes } });
  expect(refused.status).toBe(400);
  expect(refused.json()).toMatchObject({ error: { type: "invalid_request_error", param, code } });
});

test("an unknown model is a 404, and so is one of another kind", async () => {
  await using stage = await startStage();
  const ask = (model: string) =>
    stage.call("POST", "/chat/completions", { json: { ...CHAT, model } });
  expect(await ask("gpt-99")).toMatchObject({ status: 404 });
  expect((await ask("gpt-99")).json()).toMatchObject({ error: { code: "model_not_found" } });
  expect(await ask("text-embedding-3-small")).toMatchObject({ status: 404 });
});

test("models of a test's own are known too", async () => {
  await using stage = await startStage({ models: [{ id: "openai/gpt-oss-20b", kind: "chat" }] });
  const { client } = stage;
  const reply = await client.chat.completions.create({ ...CHAT, model: "openai/gpt-oss-20b" });
  expect(reply.model).toBe("openai/gpt-oss-20b");
  const names: string[] = [];
  for await (const model of client.models.list()) names.push(model.id);
  expect(names).toContain("openai/gpt-oss-20b");
  expect((await client.models.retrieve("openai/gpt-oss-20b")).id).toBe("openai/gpt-oss-20b");
  await expect(client.models.retrieve("gpt-99")).rejects.toMatchObject({ status: 404 });
});

test.each<[string, string]>([
  ["/chat/completions", "CreateChatCompletionRequest"],
  ["/responses", "CreateResponse"],
  ["/embeddings", "CreateEmbeddingRequest"],
  ["/completions", "CreateCompletionRequest"],
  ["/moderations", "CreateModerationRequest"],
])("%s knows every parameter that OpenAI's schema has", async (path, schema) => {
  await using stage = await startStage();
  const names = specProperties("openai", schema);
  expect(names.length).toBeGreaterThan(1);
  const required = Object.fromEntries(
    ["model", "messages", "input", "prompt"]
      .filter((name) => names.includes(name))
      .map((name) => [name, "gpt-4o-mini"]),
  );
  for (const name of names) {
    const json = { ...required, [name]: null };
    const reply = await stage.call("POST", path, { json });
    expect(reply.text).not.toContain("Unknown parameter");
  }
});

test("a streamed chat says the same in pieces, and its usage if asked for", async () => {
  await using stage = await startStage();
  const whole = await stage.client.chat.completions.create(CHAT);
  const reply = await stage.call("POST", "/chat/completions", {
    json: { ...CHAT, stream: true, stream_options: { include_usage: true } },
  });
  expect(reply.headers.get("content-type")).toContain("text/event-stream");
  const events = reply.text
    .trimEnd()
    .split("\n\n")
    .map((event) => event.replace("data: ", ""));
  expect(events.pop()).toBe("[DONE]");
  const chunks = events.map((event): OpenAI.ChatCompletionChunk => JSON.parse(event));
  for (const chunk of chunks) {
    expect(specProblem("openai", "CreateChatCompletionStreamResponse", chunk)).toBeNull();
  }
  const said = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
  expect(said).toBe(messageOf(whole).message.content);
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
});

test("the official client reads a streamed tool call", async () => {
  await using stage = await startStage();
  const client = stage.client.withOptions({ fetch });
  const runner = client.chat.completions.stream({
    model: CHAT.model,
    messages: CHAT.messages,
    tools: [TOOL],
    tool_choice: "required",
  });
  const { choices } = await runner.finalChatCompletion();
  const [call] = choices[0]?.message.tool_calls ?? [];
  expect(call?.type === "function" ? call.function.name : null).toBe("save");
});

test("embeddings have the model's length or the one asked for, in floats or base64", async () => {
  await using stage = await startStage();
  const embed = async (changes: object) => {
    const json = { model: "text-embedding-3-small", input: ["a", "b", "a"], ...changes };
    const reply = await stage.call("POST", "/embeddings", { json });
    const body = reply.json() as OpenAI.CreateEmbeddingResponse;
    expect(specProblem("openai", "CreateEmbeddingResponse", { ...body, data: [] })).toBeNull();
    return body.data.map((item) => item.embedding);
  };
  const [a, b, again] = await embed({ dimensions: 8 });
  expect(a).toHaveLength(8);
  expect(again).toEqual(a);
  expect(b).not.toEqual(a);
  expect(Math.hypot(...(a ?? []))).toBeCloseTo(1, 5);
  const [coded] = await embed({ dimensions: 8, encoding_format: "base64" });
  const bytes = Buffer.from(String(coded), "base64");
  const floats = Array.from({ length: 8 }, (_, index) => bytes.readFloatLE(index * 4));
  expect(floats).toEqual(a);
  expect((await embed({}))[0]).toHaveLength(1_536);
  expect((await embed({ model: "text-embedding-3-large" }))[0]).toHaveLength(3_072);
  expect(await embed({ input: [1, 2, 3] })).toHaveLength(1);
  expect(await embed({ input: [[1, 2], [3]] })).toHaveLength(2);
});

test("the official client gets floats from the base64 that it asks for", async () => {
  await using stage = await startStage();
  // Base64 is not in the schema of the answer.
  const client = stage.client.withOptions({ fetch });
  const reply = await client.embeddings.create({
    model: "text-embedding-3-small",
    input: "ducks",
    dimensions: 4,
  });
  expect(reply.data[0]?.embedding).toHaveLength(4);
  expect(typeof reply.data[0]?.embedding[0]).toBe("number");
  expect(reply.usage.total_tokens).toBe(2);
});

test.each<[string, object, string | null]>([
  ["an empty string", { input: "" }, "input"],
  ["no input", { input: undefined }, "input"],
  ["2,049 inputs", { input: Array.from({ length: 2_049 }, () => "a") }, "input"],
  ["too long an input", { input: "x".repeat(40_000) }, "input"],
  ["too many dimensions", { dimensions: 1_537 }, "dimensions"],
  [
    "dimensions of a model that has none",
    { model: "text-embedding-ada-002", dimensions: 5 },
    "dimensions",
  ],
])("an embedding of %s is refused", async (_, changes, param) => {
  await using stage = await startStage();
  const json = { model: "text-embedding-3-small", input: "a", ...changes };
  const refused = await stage.call("POST", "/embeddings", { json });
  expect(refused.status).toBe(400);
  expect(refused.json()).toMatchObject({ error: { param } });
});

test("responses answer in text, in JSON and by calls, and repeat the request's settings", async () => {
  await using stage = await startStage();
  const { responses } = stage.client;
  const plain = await responses.create({
    model: "gpt-4o-mini",
    instructions: "Be brief.",
    input: [{ role: "user", content: [{ type: "input_text", text: "How are you?" }] }],
    temperature: 0.5,
    metadata: { a: "b" },
  });
  expect(plain.output_text).toContain("How are you?");
  expect(plain).toMatchObject({
    status: "completed",
    instructions: "Be brief.",
    temperature: 0.5,
    metadata: { a: "b" },
    model: "gpt-4o-mini-2024-07-18",
  });
  const json = await responses.create({
    model: "gpt-4o-mini",
    input: "x",
    text: { format: { type: "json_schema", name: "person", schema: SCHEMA, strict: true } },
  });
  const validate = new Ajv({ allowUnionTypes: true }).compile(SCHEMA);
  expect(validate(JSON.parse(json.output_text))).toBe(true);
  const called = await responses.create({
    model: "gpt-5",
    input: "x",
    tools: [{ type: "function", name: "save", parameters: SCHEMA, strict: true }],
    tool_choice: "required",
  });
  expect(called.output.map((item) => item.type)).toEqual(["reasoning", "function_call"]);
  const cut = await responses.create({ model: "gpt-4o-mini", input: "x", max_output_tokens: 16 });
  expect(cut).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
  });
  expect(stage.checkedReplies()).toBe(4);
});

test.each<[string, object, string]>([
  ["too small a limit", { max_output_tokens: 15 }, "max_output_tokens"],
  ["an unknown response before it", { previous_response_id: "resp_1" }, "previous_response_id"],
  ["an unknown parameter", { messages: [] }, "messages"],
  ["an unknown kind of item", { input: [{ type: "poem" }] }, "input[0].type"],
  [
    "an output without its call",
    { input: [{ type: "function_call_output", call_id: "c", output: "x" }] },
    "input",
  ],
  [
    "a chat's kind of part",
    { input: [{ role: "user", content: [{ type: "text", text: "x" }] }] },
    "input[0].content[0].type",
  ],
])("a response with %s is refused", async (_, changes, param) => {
  await using stage = await startStage();
  const json = { model: "gpt-4o-mini", input: "x", ...changes };
  const refused = await stage.call("POST", "/responses", { json });
  expect(refused.status).toBe(400);
  expect(refused.json()).toMatchObject({ error: { param } });
});

test("a streamed response says the same in pieces, as the official client reads them", async () => {
  await using stage = await startStage();
  const { client } = stage;
  const body = { model: "gpt-4o-mini", input: "How many apples?" };
  const whole = await client.responses.create(body);
  const stream = client.responses.stream(body);
  const types: string[] = [];
  for await (const { type } of stream) types.push(type);
  const streamed = await stream.finalResponse();
  expect(streamed.output_text).toBe(whole.output_text);
  expect(streamed.usage).toEqual(whole.usage);
  expect(types.filter((type) => type === "response.output_text.delta").length).toBeGreaterThan(3);
  expect([types[0], types.at(-1)]).toEqual(["response.created", "response.completed"]);
});

test("embeddings can't be streamed", async () => {
  await using stage = await startStage();
  const json = { model: "text-embedding-3-small", input: "x", stream: true };
  const refused = await stage.call("POST", "/embeddings", { json });
  expect(refused.status).toBe(400);
  expect(refused.json()).toMatchObject({ error: { param: "stream" } });
});

test("old completions and moderations answer too", async () => {
  await using stage = await startStage();
  const { client } = stage;
  const old = await client.completions.create({
    model: "gpt-3.5-turbo-instruct",
    prompt: ["a", "b"],
    echo: true,
  });
  expect(old.choices.map((choice) => choice.text.charAt(0))).toEqual(["a", "b"]);
  expect(old.choices[0]?.finish_reason).toBe("length");
  const judged = await client.moderations.create({ input: ["tea", "pure violence"] });
  expect(judged.results.map((result) => result.flagged)).toEqual([false, true]);
  expect(stage.checkedReplies()).toBe(2);
});
