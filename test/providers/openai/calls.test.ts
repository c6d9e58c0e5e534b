import { describe, expect, test } from "vitest";
import { z } from "zod";
import type {
  ServerEvent,
  SynchronousCalls,
  SynchronousRequest,
} from "../../../src/core/provider.ts";
import { access, createDeps, failure, never, sendJson } from "../http-host.ts";
import { createOpenAIProvider } from "../../../src/providers/openai/openai.ts";
import { type OpenAIStage, startOpenAIStage } from "./openai-stage.ts";
import { startOpenAIHost } from "./request-check.ts";

const messages = [{ role: "user", content: "Say hello." }];

const REQUESTS = [
  ["/v1/chat/completions", { model: "gpt-4o-mini", messages }, "chat.completion"],
  ["/v1/responses", { model: "gpt-4o-mini", input: "Say hello." }, "response"],
  ["/v1/embeddings", { model: "text-embedding-3-small", input: "hello" }, "list"],
] as const;

function requestOf(endpoint: string, body: object): SynchronousRequest {
  return { endpoint, model: null, variant: null, body: JSON.stringify(body) };
}

const chat = (extra: object = {}) =>
  requestOf("/v1/chat/completions", { model: "gpt-4o-mini", messages, ...extra });

function callsOf({ provider, access }: Pick<OpenAIStage, "provider" | "access">): SynchronousCalls {
  const { calls } = provider.connect(access, {});
  if (calls === undefined) throw new Error("the provider has no calls");
  return calls;
}

describe("a call that is answered whole", () => {
  test.each(REQUESTS)("goes to %s below the base URL", async (endpoint, body, object) => {
    await using stage = await startOpenAIStage();
    const answer = await callsOf(stage).send(requestOf(endpoint, body), never);
    expect(answer).toMatchObject({ kind: "whole", status: 200, retryAfterSeconds: null });
    expect(answer.requestId).toMatch(/^req_/);
    expect(JSON.parse(answer.body)).toMatchObject({ object });
    expect(stage.emulator.control.journal().map(({ path }) => path)).toEqual([endpoint]);
  });

  test("is sent as it was written, to the last digit", async () => {
    await using host = await startOpenAIHost(sendJson({ ok: true }));
    const text = `{ "model": "gpt-4o-mini", "temperature": 1.0, "seed": 9007199254740993, "messages": [{"role": "user", "content": "\\u00e9 \\"stream\\""}] }`;
    await using deps = createDeps();
    const provider = createOpenAIProvider(
      {
        name: "host",
        baseUrl: host.url,
        apiKey: "sk-a",
        passThrough: false,
        files: false,
        batches: false,
      },
      deps,
    );
    await callsOf({ provider, access: access() }).send({ ...chat(), body: text }, never);
    expect(host.seen.map(({ body }) => body)).toEqual([text]);
  });

  test("asks for no stream, whatever its body says", async () => {
    await using stage = await startOpenAIStage();
    const request = chat({ stream: true, stream_options: { include_usage: true } });
    const answer = await callsOf(stage).send(request, never);
    expect(JSON.parse(answer.body)).toMatchObject({ object: "chat.completion" });
  });

  test("gives what the provider says of an error, and sends nothing twice", async () => {
    await using stage = await startOpenAIStage();
    const { control } = stage.emulator;
    control.inject({ kind: "status", status: 429, retryAfterSeconds: 7 });
    control.inject({ kind: "lostReply" });
    const calls = callsOf(stage);
    const busy = await calls.send(chat(), never);
    expect(busy).toMatchObject({ kind: "whole", status: 429, retryAfterSeconds: 7 });
    expect(JSON.parse(busy.body)).toHaveProperty("error.message");
    expect((await failure(calls.send(chat(), never))).code).toBe("upstream_unavailable");
    const unknown = await calls.send(chat({ model: "gpt-none" }), never);
    expect(unknown.status).toBe(404);
    expect(control.journal()).toHaveLength(3);
  });

  test.each([
    "/v1/../admin",
    "/v2/chat/completions",
    "chat/completions",
    "/v1/files?purpose=batch",
  ])("to %s is refused before it is sent", async (endpoint) => {
    await using stage = await startOpenAIStage();
    const calls = callsOf(stage);
    const error = await failure(calls.send({ ...chat(), endpoint }, never));
    expect(error).toMatchObject({ code: "invalid_request", details: { notSent: true } });
    expect(stage.emulator.control.journal()).toEqual([]);
    await calls.send(chat(), never);
  });
});

async function allOf(events: AsyncIterable<ServerEvent>): Promise<readonly ServerEvent[]> {
  const all: ServerEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const chunk = z.looseObject({ object: z.literal("chat.completion.chunk") });

describe("a call that is answered piece by piece", () => {
  test("gives the provider's events, with the one that ends them", async () => {
    await using stage = await startOpenAIStage();
    const answer = await callsOf(stage).stream(chat({ stream: true }), never);
    if (answer.kind !== "events") throw new Error("it came whole");
    const events = await allOf(answer.events);
    expect(events.length).toBeGreaterThan(2);
    expect(events.at(-1)).toEqual({ event: null, data: "[DONE]" });
    for (const { data } of events.slice(0, -1)) chunk.parse(JSON.parse(data));
  });

  test("comes whole where it is an error", async () => {
    await using stage = await startOpenAIStage();
    const answer = await callsOf(stage).stream(chat({ stream: true, model: "gpt-none" }), never);
    expect(answer).toMatchObject({ kind: "whole", status: 404 });
  });

  test("ends with an error where it was cut off", async () => {
    await using stage = await startOpenAIStage();
    stage.emulator.control.inject({ kind: "cutOff", afterBytes: 200 });
    const answer = await callsOf(stage).stream(chat({ stream: true }), never);
    if (answer.kind !== "events") throw new Error("it came whole");
    expect((await failure(allOf(answer.events))).code).toBe("upstream_unavailable");
  });

  test("of a response ends with the event that says how it went", async () => {
    const sse = 'event: response.created\ndata: {}\n\nevent: response.completed\ndata: {"a":1}\n\n';
    await using host = await startOpenAIHost((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(sse);
    });
    await using deps = createDeps();
    const provider = createOpenAIProvider(
      {
        name: "host",
        baseUrl: host.url,
        apiKey: null,
        passThrough: true,
        files: false,
        batches: false,
      },
      deps,
    );
    const request = requestOf("/v1/responses", { model: "gpt-4o-mini", input: "a", stream: true });
    const answer = await callsOf({ provider, access: access() }).stream(request, never);
    if (answer.kind !== "events") throw new Error("it came whole");
    const events = await allOf(answer.events);
    expect(events.map(({ event }) => event)).toEqual(["response.created", "response.completed"]);
  });
});
