import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../src/core/errors.ts";
import type { ServerEvent, StreamedAnswer, SynchronousAnswer } from "../../src/core/provider.ts";
import { createHttp, type UpstreamHttp } from "../../src/providers/upstream.ts";
import {
  access,
  type Answer,
  createDeps,
  failure,
  never,
  reset,
  SECRET,
  sendJson,
  silence,
  startHost,
  type TestDeps,
} from "./http-host.ts";

const call = { operation: "messages.create", signal: never, body: '{"model":"m" }' };

function connect(deps: TestDeps, baseUrl: string): UpstreamHttp {
  const authorize = ({ key }: { readonly key: string | null }) => ({ "x-api-key": String(key) });
  return createHttp({ ...deps, provider: "anthropic", baseUrl, authorize })(access());
}

function sendEvents(...chunks: readonly string[]): Answer {
  return async (response) => {
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "request-id": "req_1",
    });
    for (const chunk of chunks) {
      response.write(chunk);
      await pause(1);
    }
    response.end();
  };
}

/** The events after which the connection breaks. */
function breakAfter(...chunks: readonly string[]): Answer {
  return async (response, request) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of chunks) response.write(chunk);
    await pause(20);
    request.socket.destroy();
  };
}

function streamed(answer: SynchronousAnswer | StreamedAnswer): AsyncIterable<ServerEvent> {
  if (answer.kind === "events") return answer.events;
  throw new Error(`it came whole: ${answer.body}`);
}

async function readAll(answer: SynchronousAnswer | StreamedAnswer): Promise<ServerEvent[]> {
  const all: ServerEvent[] = [];
  for await (const event of streamed(answer)) all.push(event);
  return all;
}

describe("an answer", () => {
  test.each([200, 201, 400, 401, 404, 429, 500, 529])("with %d comes as it is", async (status) => {
    await using deps = createDeps();
    const body = '{ "type":"any", "n": 1.0 }';
    const headers = { "request-id": "req_7", "retry-after": "7" };
    await using host = await startHost(sendJson(body, status, headers));
    expect(await connect(deps, host.url).answer("POST", "/messages", call)).toEqual({
      kind: "whole",
      status,
      requestId: "req_7",
      retryAfterSeconds: 7,
      body,
    });
    expect(host.seen).toMatchObject([{ method: "POST", url: "/v1/messages", body: call.body }]);
    expect(host.seen[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "x-api-key": SECRET,
    });
    expect(deps.calls).toMatchObject([{ operation: "messages.create", status }]);
  });

  test.each([
    { headers: { "x-request-id": "req_8" }, requestId: "req_8" },
    { headers: { "x-amzn-requestid": "9" }, requestId: "9" },
    { headers: {}, requestId: null },
  ])("of $headers has the request id $requestId", async ({ headers, requestId }) => {
    await using deps = createDeps();
    await using host = await startHost(sendJson({}, 200, headers));
    const answer = await connect(deps, host.url).answer("POST", "/messages", call);
    expect(answer).toMatchObject({ requestId, retryAfterSeconds: null });
  });

  test.each([
    JSON.stringify({ error: { message: `API key: "${SECRET}" is bad.` } }),
    JSON.stringify({ error: { message: `API key: ${SECRET}` } }),
    `<p>${SECRET} is bad.</p>`,
  ])("that repeats the key in its error is told without it: %s", async (said) => {
    await using deps = createDeps();
    await using host = await startHost(sendJson(said, 401));
    const { body } = await connect(deps, host.url).answer("POST", "/messages", call);
    expect(body).toBe(said.replace(SECRET, "[redacted]"));
  });

  test.each([
    {
      name: "a redirect",
      answer: sendJson("", 302, { location: "/elsewhere" }),
      words: "a redirect",
    },
    { name: "a reset", answer: reset, words: "broke during POST /messages" },
    {
      name: "another encoding",
      answer: sendJson("x", 200, { "content-encoding": "br" }),
      words: "content-encoding br",
    },
    {
      name: "a body cut short",
      answer: ((response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("{", () => response.destroy());
      }) satisfies Answer,
      words: "broke during POST /messages",
    },
  ])("is none after $name, and isn't asked for again", async ({ answer, words }) => {
    await using deps = createDeps();
    await using host = await startHost(answer);
    const error = await failure(connect(deps, host.url).answer("POST", "/messages", call));
    expect(error.code).toMatch(/^upstream_/);
    expect(error.message).toContain(words);
    expect(host.seen).toHaveLength(1);
  });

  test("that doesn't come is a timeout", async () => {
    await using deps = createDeps({ timeouts: { modelSeconds: 0.05 } });
    await using host = await startHost(silence);
    const error = await failure(connect(deps, host.url).answer("POST", "/messages", call));
    expect(error.code).toBe("upstream_timeout");
  });

  test("that isn't awaited any more ends with the reason of the abort", async () => {
    await using deps = createDeps();
    await using host = await startHost(silence);
    const reason = new GatewayError("client_closed", "Gone.");
    const controller = new AbortController();
    const asked = connect(deps, host.url).answer("POST", "/messages", {
      ...call,
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(reason), 20);
    expect(await failure(asked)).toBe(reason);
  });
});

describe("events", () => {
  const isEnd = ({ event }: ServerEvent) => event === "message_stop";
  const first = "event: message_start\ndata: {}\n\n";
  const last = "event: message_stop\ndata: {}\n\n";

  test("come one by one, up to the end", async () => {
    await using deps = createDeps();
    await using host = await startHost(sendEvents(first, "event: ping\nda", "ta: 1\n\n", last));
    const answer = await connect(deps, host.url).events("/messages", { ...call, isEnd });
    expect(answer).toMatchObject({ kind: "events", status: 200, requestId: "req_1" });
    expect(await readAll(answer)).toEqual([
      { event: "message_start", data: "{}" },
      { event: "ping", data: "1" },
      { event: "message_stop", data: "{}" },
    ]);
    expect(host.seen[0]?.headers).toMatchObject({ accept: "text/event-stream" });
  });

  test.each([
    { name: "an error", status: 429 },
    { name: "a host that doesn't stream", status: 200 },
  ])("of $name are the whole answer", async ({ status }) => {
    await using deps = createDeps();
    await using host = await startHost(sendJson('{"a":1}', status));
    const answer = await connect(deps, host.url).events("/messages", { ...call, isEnd });
    expect(answer).toMatchObject({ kind: "whole", status, body: '{"a":1}' });
  });

  test.each([
    { name: "the connection breaks", answer: breakAfter(first), words: "broke during" },
    { name: "the last event is missing", answer: sendEvents(first), words: "broke off" },
    {
      name: "the last event is cut",
      answer: sendEvents(first, "event: message_stop\nda"),
      words: "broke off",
    },
  ])("end with an error if $name", async ({ answer, words }) => {
    await using deps = createDeps();
    await using host = await startHost(answer);
    const events = streamed(await connect(deps, host.url).events("/messages", { ...call, isEnd }));
    const seen: ServerEvent[] = [];
    const reading = async () => {
      for await (const event of events) seen.push(event);
    };
    const error = await failure(reading());
    expect(error.code).toBe("upstream_unavailable");
    expect(error.message).toContain(words);
    expect(seen).toEqual([{ event: "message_start", data: "{}" }]);
  });

  test("need no last event where the provider marks none", async () => {
    await using deps = createDeps();
    await using host = await startHost(sendEvents("data: 1\n\n"));
    const answer = await connect(deps, host.url).events("/messages", call);
    expect(await readAll(answer)).toEqual([{ event: null, data: "1" }]);
  });

  test("end with the reason of the abort, and the host is let go", async () => {
    await using deps = createDeps();
    const closed = Promise.withResolvers<void>();
    await using host = await startHost((response) => {
      response.on("close", () => closed.resolve());
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(first);
    });
    const reason = new GatewayError("client_closed", "Gone.");
    const controller = new AbortController();
    const { signal } = controller;
    const answer = await connect(deps, host.url).events("/messages", { ...call, signal });
    const reading = async () => {
      for await (const _ of streamed(answer)) controller.abort(reason);
    };
    expect(await failure(reading())).toBe(reason);
    await closed.promise;
  });

  test("let go of the host when their reader stops", async () => {
    await using deps = createDeps();
    const closed = Promise.withResolvers<void>();
    await using host = await startHost((response) => {
      response.on("close", () => closed.resolve());
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(first);
    });
    const answer = await connect(deps, host.url).events("/messages", call);
    for await (const { event } of streamed(answer)) {
      expect(event).toBe("message_start");
      break;
    }
    await closed.promise;
  });
});
