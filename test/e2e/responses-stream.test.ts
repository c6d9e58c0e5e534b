import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MODELS, type ProviderName, startWorld, type World } from "../support/world.ts";

type Body = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Event = OpenAI.Responses.ResponseStreamEvent;

let world: World;
let client: OpenAI;
beforeAll(async () => {
  world = await startWorld();
  client = world.openai();
});
afterAll(() => world.close());

const WEATHER = {
  type: "function",
  name: "weather",
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
} as const;
const SCHEMA = {
  type: "object",
  properties: { count: { type: "integer" } },
  required: ["count"],
  additionalProperties: false,
};

const TARGETS: readonly { readonly provider: ProviderName; readonly model: string }[] = [
  { provider: "openai", model: "gpt-4o-mini" },
  { provider: "openai", model: "o4-mini" },
  { provider: "anthropic", model: "claude-sonnet-4-5-20250929" },
  { provider: "gemini", model: "gemini-2.5-flash" },
  { provider: "bedrock", model: "anthropic.claude-sonnet-4-5-20250929-v1:0" },
  { provider: "bedrock", model: "amazon.nova-lite-v1:0" },
  { provider: "bedrock", model: "openai.gpt-oss-120b-1:0" },
];

const ASKED: readonly { readonly what: string; readonly body: Omit<Body, "model"> }[] = [
  { what: "a text", body: { input: "How many apples?", max_output_tokens: 400 } },
  { what: "a text cut short", body: { input: "How many apples?", max_output_tokens: 16 } },
  {
    what: "a call",
    body: { input: "How is it in Rome?", tools: [WEATHER], tool_choice: "required" },
  },
  {
    what: "JSON by a schema",
    body: {
      input: "How many apples?",
      text: { format: { type: "json_schema", name: "apples", schema: SCHEMA, strict: true } },
    },
  },
];

const CASES = TARGETS.flatMap((target) => ASKED.map((asked) => ({ ...target, ...asked })));

function bodyOf(model: string, provider: ProviderName, body: Omit<Body, "model">): Body {
  return Object.assign({ model, ...body }, { provider });
}

/** What differs from answer to answer, and what the SDK adds. */
function comparable({ output, status, incomplete_details, usage }: OpenAI.Responses.Response) {
  const items = output.map((item) => {
    const { id: _, ...rest } = item;
    if (rest.type === "function_call") {
      const { call_id: _call, ...call } = rest;
      return { ...call, parsed_arguments: undefined };
    }
    if (rest.type !== "message") return rest;
    return { ...rest, content: rest.content.map((part) => ({ ...part, parsed: undefined })) };
  });
  return { items, status, incomplete_details, usage };
}

async function streamed(body: Body) {
  const { stream: _, ...request } = body;
  const stream = client.responses.stream(request);
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return { events, response: await stream.finalResponse() };
}

describe("a response that is streamed", () => {
  test.each(CASES)("is $what by $provider, $model, as it is whole", async (target) => {
    const body = bodyOf(target.model, target.provider, target.body);
    const { events, response } = await streamed(body);
    expect(comparable(response)).toEqual(comparable(await client.responses.create(body)));
    checkEvents(events, response);
  });

  test("brings thinking as summaries, and its proof", async () => {
    const body = bodyOf("claude-sonnet-4-5-20250929", "anthropic", {
      input: "How many apples?",
      max_output_tokens: 4_000,
      reasoning: { effort: "medium", summary: "auto" },
      include: ["reasoning.encrypted_content"],
    });
    const { events, response } = await streamed(body);
    expect(comparable(response)).toEqual(comparable(await client.responses.create(body)));
    checkEvents(events, response);
    expect(response.output.map((item) => item.type)).toEqual(["reasoning", "message"]);
    expect(events.map((event) => event.type)).toContain("response.reasoning_summary_text.delta");
    expect(response.output[0]).toMatchObject({
      summary: [{ type: "summary_text", text: expect.stringContaining("The question is") }],
      encrypted_content: expect.any(String),
    });
    const next = await client.responses.create({
      ...body,
      input: [
        { role: "user", content: "How many apples?" },
        ...(response.output as OpenAI.Responses.ResponseInput),
        { role: "user", content: "And now?" },
      ],
    });
    expect(next.output_text).not.toBe("");
  });

  test("comes with the SDK's own iterator over raw events", async () => {
    const body = bodyOf(MODELS.anthropic, "anthropic", { input: "Hello" });
    const types: string[] = [];
    for await (const { type } of await client.responses.create({ ...body, stream: true })) {
      types.push(type);
    }
    expect(types.slice(0, 5)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
    ]);
    expect(types.slice(-4)).toEqual([
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
  });

  test("that its provider refuses is a refusal with its status", async () => {
    const { control } = world.emulators.anthropic;
    control.inject({ kind: "status", method: "POST", path: "/messages$", status: 429, times: 1 });
    const body = bodyOf(MODELS.anthropic, "anthropic", { input: "Hello" });
    await expect(client.responses.create({ ...body, stream: true })).rejects.toMatchObject({
      status: 429,
    });
    control.clearFaults();
  });

  test("that breaks off is an error, and no end", async () => {
    world.emulators.bedrock.control.failStreams(1);
    const body = bodyOf(MODELS.bedrock, "bedrock", { input: "Hello" });
    const types: string[] = [];
    const read = async () => {
      for await (const { type } of await client.responses.create({ ...body, stream: true })) {
        types.push(type);
      }
    };
    await expect(read()).rejects.toThrow("Too many tokens");
    expect(types).toContain("response.created");
    expect(types).not.toContain("response.completed");
  });
});

/** Numbers count up, what is added is done once, and what is done is what the response holds. */
function checkEvents(events: readonly Event[], { output }: OpenAI.Responses.Response) {
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  const added = events.filter((event) => event.type === "response.output_item.added");
  const done = events.filter((event) => event.type === "response.output_item.done");
  expect(added.map((event) => event.output_index)).toEqual(output.map((_, index) => index));
  expect(new Set(done.map((event) => event.item.id))).toEqual(
    new Set(added.map((event) => event.item.id)),
  );
  expect(done).toHaveLength(added.length);
  for (const [index, item] of output.entries()) {
    expect(done.find((event) => event.output_index === index)?.item.id).toBe(item.id);
  }
  const deltas = new Map<string, string>();
  const whole = new Map<string, string>();
  for (const event of events) {
    if ("delta" in event && "item_id" in event && typeof event.delta === "string") {
      deltas.set(event.item_id, (deltas.get(event.item_id) ?? "") + event.delta);
    }
    if (event.type === "response.output_text.done") whole.set(event.item_id, event.text);
    if (event.type === "response.reasoning_summary_text.done") {
      whole.set(event.item_id, event.text);
    }
    if (event.type === "response.function_call_arguments.done") {
      whole.set(event.item_id, event.arguments);
    }
  }
  expect(whole.size).toBeGreaterThan(0);
  expect(whole).toEqual(deltas);
}
