import { describe, expect, test } from "vitest";
import type { SynchronousCalls, SynchronousRequest } from "../../../src/core/provider.ts";
import { createGeminiProvider } from "../../../src/providers/gemini/gemini.ts";
import {
  access,
  createDeps,
  failure,
  never,
  reset,
  sendJson,
  type TestDeps,
} from "../http-host.ts";
import { type GeminiStage, startGeminiStage } from "./gemini-stage.ts";
import { startGeminiHost } from "./request-check.ts";

const contents = [{ role: "user", parts: [{ text: "Say hello to everybody in this room." }] }];

const chat: SynchronousRequest = {
  endpoint: "/v1/chat/completions",
  model: "gemini-2.5-flash",
  variant: null,
  body: JSON.stringify({ contents }),
};

function callsOf(stage: GeminiStage): SynchronousCalls {
  const { calls } = stage.provider.connect(stage.access, {});
  if (calls === undefined) throw new Error("the provider answers nothing at once");
  return calls;
}

function connect(deps: TestDeps, baseUrl: string): SynchronousCalls {
  const options = { name: "gemini", apiKey: null, passThrough: true, baseUrl };
  const { calls } = createGeminiProvider(options, deps).connect(access(), {});
  if (calls === undefined) throw new Error("the provider answers nothing at once");
  return calls;
}

describe("one request", () => {
  const content = { parts: [{ text: "Hello." }] };
  const model = "models/gemini-embedding-001";

  test.each([
    { request: chat, method: "generateContent", shows: "candidates" },
    {
      request: { ...chat, endpoint: "/v1/embeddings", model, body: JSON.stringify({ content }) },
      method: "embedContent",
      shows: "embedding",
    },
    {
      request: {
        ...chat,
        endpoint: "/v1/embeddings",
        model,
        body: JSON.stringify({ requests: [{ model, content }] }),
      },
      method: "batchEmbedContents",
      shows: "embeddings",
    },
  ])("is answered by $method", async ({ request, method, shows }) => {
    await using stage = await startGeminiStage();
    const answer = await callsOf(stage).send(request, never);
    expect(answer).toMatchObject({ kind: "whole", status: 200, retryAfterSeconds: null });
    expect(JSON.parse(answer.body)).toHaveProperty(shows);
    const [sent] = stage.emulator.control.journal();
    expect(sent?.path).toMatch(new RegExp(`:${method}$`));
    expect(sent?.body).toBe(request.body);
  });

  test("that is refused is answered as Google answers it", async () => {
    await using stage = await startGeminiStage();
    const answer = await callsOf(stage).send({ ...chat, model: "gemini-unknown" }, never);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { status: "NOT_FOUND" } });
  });

  test.each([
    { headers: {}, seconds: 36 },
    { headers: { "retry-after": "40" }, seconds: 40 },
  ])("that comes too early says to wait $seconds seconds", async ({ headers, seconds }) => {
    await using deps = createDeps();
    const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "36s" }];
    const error = { code: 429, status: "RESOURCE_EXHAUSTED", message: "Slower.", details };
    await using host = await startGeminiHost(sendJson({ error }, 429, headers));
    const calls = connect(deps, host.url);
    expect(await calls.send(chat, never)).toMatchObject({ retryAfterSeconds: seconds });
    expect(await calls.stream(chat, never)).toMatchObject({
      kind: "whole",
      status: 429,
      retryAfterSeconds: seconds,
    });
    expect(host.seen).toHaveLength(2);
  });

  test("isn't sent twice when its answer is lost", async () => {
    await using deps = createDeps();
    await using host = await startGeminiHost(reset);
    expect((await failure(connect(deps, host.url).send(chat, never))).code).toBe(
      "upstream_unavailable",
    );
    expect(host.seen).toHaveLength(1);
  });

  test("needs a model", async () => {
    await using deps = createDeps();
    const calls = connect(deps, "http://127.0.0.1:9");
    for (const work of [
      calls.send({ ...chat, model: null }, never),
      calls.stream({ ...chat, model: null }, never),
    ]) {
      expect((await failure(work)).code).toBe("invalid_request");
    }
  });
});

describe("one request as a stream", () => {
  test("is answered piece by piece, and the pieces make the whole", async () => {
    await using stage = await startGeminiStage();
    const calls = callsOf(stage);
    const answer = await calls.stream(chat, never);
    if (answer.kind !== "events") throw new Error("it came whole");
    const pieces: string[] = [];
    for await (const { event, data } of answer.events) {
      expect(event).toBeNull();
      pieces.push(textOf(data));
    }
    expect(pieces.length).toBeGreaterThan(1);
    const whole = await calls.send(chat, never);
    expect(pieces.join("")).toBe(textOf(whole.body));
    expect(stage.emulator.control.journal()[0]?.query).toBe("alt=sse");
  });

  test("that is refused comes whole", async () => {
    await using stage = await startGeminiStage();
    const answer = await callsOf(stage).stream({ ...chat, model: "gemini-unknown" }, never);
    expect(answer).toMatchObject({ kind: "whole", status: 404 });
  });

  test("of an embedding comes whole", async () => {
    await using stage = await startGeminiStage();
    const body = JSON.stringify({ content: { parts: [{ text: "Hello." }] } });
    const request = { ...chat, endpoint: "/v1/embeddings", model: "gemini-embedding-001", body };
    expect(await callsOf(stage).stream(request, never)).toMatchObject({
      kind: "whole",
      status: 200,
    });
  });
});

function textOf(json: string): string {
  const { candidates } = JSON.parse(json);
  return candidates[0].content.parts.map((part: { text?: string }) => part.text ?? "").join("");
}
