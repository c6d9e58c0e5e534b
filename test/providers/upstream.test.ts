import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { once } from "node:events";
import { inspect } from "node:util";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { GatewayError } from "../../src/core/errors.ts";
import { createHttp, pathSegment, type UpstreamHttp } from "../../src/providers/upstream.ts";
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

const reply = z.looseObject({ id: z.string() });
const call = { operation: "things.retrieve", signal: never, reply };

function connect(
  deps: TestDeps,
  baseUrl: string,
  source: "configured" | "client" = "configured",
): UpstreamHttp {
  const authorize = ({ key }: { readonly key: string | null }) => ({
    authorization: `Bearer ${key}`,
  });
  return createHttp({ ...deps, provider: "openai", baseUrl, authorize })(access({ source }));
}

describe("an answer that isn't 2xx", () => {
  const said = {
    error: { message: "No such thing.", type: "invalid_request_error", param: "id", code: "gone" },
  };

  test.each([
    { status: 400, code: "upstream_rejected", notSent: true },
    { status: 401, code: "upstream_unauthorized", notSent: true },
    { status: 402, code: "upstream_rejected", notSent: true },
    { status: 403, code: "upstream_forbidden", notSent: true },
    { status: 404, code: "upstream_not_found", notSent: true },
    { status: 408, code: "upstream_timeout", notSent: true },
    { status: 409, code: "upstream_conflict", notSent: true },
    { status: 413, code: "upstream_too_large", notSent: true },
    { status: 415, code: "upstream_rejected", notSent: true },
    { status: 416, code: "range_not_satisfiable", notSent: true },
    { status: 422, code: "upstream_rejected", notSent: true },
    { status: 429, code: "upstream_rate_limited", notSent: true },
    { status: 500, code: "upstream_unavailable", notSent: undefined },
    { status: 502, code: "upstream_unavailable", notSent: undefined },
    { status: 503, code: "upstream_unavailable", notSent: undefined },
    { status: 529, code: "upstream_unavailable", notSent: undefined },
  ])("$status is $code and keeps what the provider said", async ({ status, code, notSent }) => {
    await using deps = createDeps({ retry: { attempts: 1 } });
    await using host = await startHost(sendJson(said, status));
    const error = await failure(connect(deps, host.url).json("POST", "/things", call));
    expect(error.code).toBe(code);
    expect(error.message).toContain("No such thing.");
    expect(error.details).toMatchObject({
      upstreamStatus: status,
      upstreamType: "invalid_request_error",
      reason: "gone",
      param: "id",
    });
    expect(error.details.notSent).toBe(notSent);
  });

  test.each([
    { body: { error: "plain words" }, message: "plain words" },
    { body: { message: "on top" }, message: "on top" },
    { body: { detail: "of a self-made host" }, message: "of a self-made host" },
    { body: { error: { message: "", code: 7 } }, message: "openai answered 400 to GET /things/1." },
    { body: "<html>Bad</html>", message: "openai answered 400 to GET /things/1." },
    { body: "", message: "openai answered 400 to GET /things/1." },
    { body: "null", message: "openai answered 400 to GET /things/1." },
    { body: [1], message: "openai answered 400 to GET /things/1." },
    { body: { error: { message: "y".repeat(9_000) } }, message: "y".repeat(2_000) },
    { body: "x".repeat(100_000), message: "openai answered 400 to GET /things/1." },
  ])("an error body of another shape is read as $message", async ({ body, message }) => {
    await using deps = createDeps();
    await using host = await startHost(sendJson(body, 400));
    const error = await failure(connect(deps, host.url).json("GET", "/things/1", call));
    expect(error.message).toBe(message);
  });

  test.each([
    { headers: { "retry-after": "7" }, seconds: 7 },
    { headers: { "retry-after-ms": "1500", "retry-after": "7" }, seconds: 1.5 },
    { headers: { "retry-after": "Sun, 22 Nov 2026 00:00:40 GMT" }, seconds: 40 },
    { headers: {}, seconds: undefined },
    { headers: { "retry-after": "soon" }, seconds: undefined },
  ])("of $headers it says to wait $seconds s", async ({ headers, seconds }) => {
    await using deps = createDeps({ retry: { attempts: 1 }, now: () => Date.UTC(2026, 10, 22) });
    await using host = await startHost(sendJson(said, 429, headers));
    const error = await failure(connect(deps, host.url).json("GET", "/things/1", call));
    expect(error.details.retryAfterSeconds).toBe(seconds);
  });

  test.each([
    { source: "configured", words: "refused the key that is configured" },
    { source: "client", words: "No key is configured for openai" },
  ] as const)("a 401 says whose key was refused: the $source one", async ({ source, words }) => {
    await using deps = createDeps();
    const body = { error: { message: `Incorrect API key provided: ${SECRET}. Get one.` } };
    await using host = await startHost(sendJson(body, 401));
    const error = await failure(connect(deps, host.url, source).json("GET", "/things/1", call));
    expect(error.message).toContain(words);
    expect(error.message).toContain("Get one.");
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
    expect(inspect(error, { depth: 9 })).not.toContain("verysecret");
  });

  test.each([301, 302, 303, 307, 308])("a %d redirect isn't followed", async (status) => {
    await using deps = createDeps();
    await using other = await startHost(sendJson({ id: "stolen" }));
    await using host = await startHost((response) => {
      response.writeHead(status, { location: `${other.url}/things/1` }).end();
    });
    const error = await failure(connect(deps, host.url).json("GET", "/things/1", call));
    expect(error.code).toBe("upstream_rejected");
    expect(error.message).toContain("base URL");
    expect(error.details.notSent).toBeUndefined();
    expect(other.seen).toEqual([]);
    expect(host.seen).toHaveLength(1);
  });
});

describe("a call without an answer", () => {
  test("proves that nothing was sent where no connection came about", async () => {
    await using deps = createDeps();
    const host = await startHost(silence);
    await host[Symbol.asyncDispose]();
    const error = await failure(connect(deps, host.url).json("POST", "/things", call));
    expect(error.code).toBe("upstream_unavailable");
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.details.notSent).toBe(true);
    expect(deps.calls).toHaveLength(3);
    expect(deps.calls[0]).toMatchObject({ status: null, operation: "things.retrieve" });
  });

  test("proves that nothing was sent where the host has no address", async () => {
    await using deps = createDeps({ retry: { attempts: 1 } });
    const error = await failure(connect(deps, "http://nowhere.invalid").json("POST", "/x", call));
    expect(error.code).toBe("upstream_unavailable");
    expect(error.details.notSent).toBe(true);
  });

  test("proves that nothing was sent where TLS couldn't be agreed on", async () => {
    await using deps = createDeps({ retry: { attempts: 1 } });
    await using host = await startHost(silence);
    const address = `https://127.0.0.1:${host.port}`;
    const error = await failure(connect(deps, address).json("POST", "/x", call));
    expect(error.code).toBe("upstream_unavailable");
    expect(error.details.notSent).toBe(true);
  });

  test("proves nothing after a reset, and isn't repeated where it creates", async () => {
    await using deps = createDeps();
    await using host = await startHost(reset);
    const error = await failure(
      connect(deps, host.url).json("POST", "/things", { ...call, body: { a: 1 } }),
    );
    expect(error.code).toBe("upstream_unavailable");
    expect(error.details.notSent).toBeUndefined();
    expect(host.seen).toHaveLength(1);
  });

  test.each([
    { name: "for its head", timeouts: { answerSeconds: 0.2 }, answer: silence },
    {
      name: "in the middle of its body",
      timeouts: { idleSeconds: 0.2 },
      answer: ((response) => {
        response.writeHead(200, { "content-length": "100" }).write('{"id":');
      }) satisfies Answer,
    },
    { name: "in all", timeouts: { jsonSeconds: 0.2 }, answer: silence },
  ])("times out when it is too long in coming: $name", async ({ timeouts, answer }) => {
    await using deps = createDeps({ timeouts });
    await using host = await startHost(answer);
    const error = await failure(connect(deps, host.url).json("POST", "/things", call));
    expect(error.code).toBe("upstream_timeout");
    expect(error.details.notSent).toBeUndefined();
    expect(host.seen).toHaveLength(1);
  });

  test("ends with the reason of the abort, at once and also while it waits to try again", async () => {
    await using deps = createDeps({
      retry: { firstDelayMilliseconds: 40_000, maxDelayMilliseconds: 40_000 },
    });
    const reason = new GatewayError("client_closed", "The client has gone.");
    await using silent = await startHost(silence);
    await using failing = await startHost(sendJson({}, 503));
    for (const host of [silent, failing]) {
      const controller = new AbortController();
      const work = connect(deps, host.url).json("GET", "/a", {
        ...call,
        signal: controller.signal,
      });
      await expect.poll(() => host.seen.length).toBe(1);
      controller.abort(reason);
      expect(await failure(work)).toBe(reason);
    }
  });
});

describe("an answer that can't be read", () => {
  test.each([
    {
      name: "no JSON",
      answer: sendJson("<html>Sign in to this network</html>"),
      words: "isn't JSON",
    },
    { name: "half of it", answer: sendJson('{"id": "a"'), words: "isn't JSON" },
    { name: "another shape", answer: sendJson({ object: "thing" }), words: "unexpected JSON: id" },
    { name: "nothing", answer: sendJson(""), words: "unexpected JSON" },
    { name: "too much", answer: sendJson(`{"id":"${"x".repeat(8_400_000)}"}`), words: "more than" },
    {
      name: "compressed",
      answer: sendJson("xyz", 200, { "content-encoding": "gzip" }),
      words: "content-encoding gzip",
    },
  ])("is upstream_unavailable: $name", async ({ answer, words }) => {
    await using deps = createDeps();
    await using host = await startHost(answer);
    const error = await failure(connect(deps, host.url).json("POST", "/things", call));
    expect(error.code).toBe("upstream_unavailable");
    expect(error.message).toContain(words);
    expect(error.details.notSent).toBeUndefined();
    expect(host.seen).toHaveLength(1);
  });

  test("is upstream_unavailable if the connection broke in its middle", async () => {
    await using deps = createDeps();
    await using host = await startHost((response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"id":', () => response.socket?.destroy());
    });
    const error = await failure(connect(deps, host.url).json("POST", "/things", call));
    expect(error.code).toBe("upstream_unavailable");
  });
});

describe("a call is tried again", () => {
  test.each([
    { name: "a GET after a 503", method: "GET", first: sendJson({}, 503), seen: 2 },
    { name: "a GET after a reset", method: "GET", first: reset, seen: 2 },
    { name: "a DELETE after a 500", method: "DELETE", first: sendJson({}, 500), seen: 2 },
    { name: "a POST after a 429", method: "POST", first: sendJson({}, 429), seen: 2 },
  ] as const)("$name", async ({ method, first, seen }) => {
    await using deps = createDeps();
    await using host = await startHost(first, sendJson({ id: "a" }));
    expect(await connect(deps, host.url).json(method, "/things/a", call)).toMatchObject({
      id: "a",
    });
    expect(host.seen).toHaveLength(seen);
    expect(deps.calls.at(-1)).toMatchObject({ provider: "openai", status: 200 });
  });

  test.each([
    { name: "a POST after a 503", method: "POST", first: sendJson({}, 503) },
    { name: "a POST after a reset", method: "POST", first: reset },
    { name: "a GET after a 404", method: "GET", first: sendJson({}, 404) },
    {
      name: "a GET asked to wait longer than 30 s",
      method: "GET",
      first: sendJson({}, 429, { "retry-after": "31" }),
    },
  ] as const)("but not $name", async ({ method, first }) => {
    await using deps = createDeps();
    await using host = await startHost(first, sendJson({ id: "a" }));
    await failure(connect(deps, host.url).json(method, "/things/a", call));
    expect(host.seen).toHaveLength(1);
  });

  test("three times at most", async () => {
    await using deps = createDeps();
    await using host = await startHost(sendJson({}, 500));
    await failure(connect(deps, host.url).json("GET", "/things/a", call));
    expect(host.seen).toHaveLength(3);
    expect(deps.calls.map((one) => one.status)).toEqual([500, 500, 500]);
  });
});

test("the path, the query, the headers and the body arrive as given", async () => {
  await using deps = createDeps();
  await using host = await startHost(sendJson({ id: "a" }));
  await connect(deps, `${host.url}/`).json("POST", `/things/${pathSegment("a/b ü")}`, {
    ...call,
    query: { limit: 3, after: "x&y", order: null },
    headers: { "x-extra": "1" },
    body: { a: "ü" },
  });
  const [seen] = host.seen;
  expect(seen?.url).toBe("/v1/things/a%2Fb%20%C3%BC?limit=3&after=x%26y");
  expect(seen?.body).toBe('{"a":"ü"}');
  expect(seen?.headers).toMatchObject({
    authorization: `Bearer ${SECRET}`,
    "content-type": "application/json",
    "content-length": "10",
    "accept-encoding": "identity",
    "x-extra": "1",
  });
});

test.each(["", ".", ".."])("an id of '%s' is not found rather than another path", (id) => {
  expect(() => pathSegment(id)).toThrow(expect.objectContaining({ code: "upstream_not_found" }));
});

describe("a streamed body", () => {
  const content = "0123456789".repeat(30_000);

  test("comes as it is", async () => {
    await using deps = createDeps();
    await using host = await startHost(sendJson(content));
    expect(await text(await connect(deps, host.url).stream("/content", call))).toBe(content);
  });

  test.each([
    { name: "a host that knows ranges", isPart: true },
    { name: "a host that sends everything", isPart: false },
  ])("with a range is exactly those bytes, from $name", async ({ isPart }) => {
    await using deps = createDeps();
    await using host = await startHost((response, request) => {
      if (!isPart) return response.end(content);
      expect(request.headers.range).toBe("bytes=100003-200006");
      const part = content.slice(100_003, 200_007);
      response.writeHead(206, { "content-range": `bytes 100003-200006/${content.length}` });
      return response.end(part);
    });
    const range = { start: 100_003, end: 200_006 };
    const stream = await connect(deps, host.url).stream("/content", { ...call, range });
    expect(await text(stream)).toBe(content.slice(100_003, 200_007));
  });

  test("is refused if the host sent another range", async () => {
    await using deps = createDeps({ retry: { attempts: 1 } });
    await using host = await startHost(sendJson("abc", 206, { "content-range": "bytes 0-2/9" }));
    const range = { start: 3, end: 5 };
    const error = await failure(connect(deps, host.url).stream("/content", { ...call, range }));
    expect(error.message).toContain("bytes 3-5");
  });

  test.each([
    { name: "of a known length", headers: { "content-length": "1000" } },
    { name: "of an unknown length", headers: {} },
  ])("that is cut off ends with an error, $name", async ({ headers }) => {
    await using deps = createDeps();
    await using host = await startHost((response) => {
      response.writeHead(200, headers);
      response.write("x".repeat(500), () => setTimeout(() => response.socket?.destroy(), 20));
    });
    const stream = await connect(deps, host.url).stream("/content", call);
    const error = await failure(text(stream));
    expect(error.code).toBe("upstream_unavailable");
    expect(host.seen).toHaveLength(1);
  });

  test("that stands still ends with a timeout", async () => {
    await using deps = createDeps({ timeouts: { idleSeconds: 0.2 } });
    await using host = await startHost((response) => {
      response.writeHead(200, { "content-length": "1000" }).write("x");
    });
    const error = await failure(text(await connect(deps, host.url).stream("/content", call)));
    expect(error.code).toBe("upstream_timeout");
  });

  test("waits for a slow reader longer than it would for the host", async () => {
    await using deps = createDeps({ timeouts: { idleSeconds: 0.2 } });
    const large = content.repeat(20);
    await using host = await startHost(sendJson(large));
    const stream = await connect(deps, host.url).stream("/content", call);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await text(stream)).toHaveLength(large.length);
  });

  test("lets go of the connection when its reader stops", async () => {
    await using deps = createDeps();
    let closed = false;
    await using host = await startHost((response) => {
      response.on("close", () => (closed = true));
      response.writeHead(200).write("x".repeat(1_000_000));
    });
    const stream = await connect(deps, host.url).stream("/content", call);
    stream.destroy();
    await expect.poll(() => closed).toBe(true);
  });

  test("ends with the reason when it is aborted", async () => {
    await using deps = createDeps();
    await using host = await startHost((response) => {
      response.writeHead(200, { "content-length": "1000" }).write("x");
    });
    const controller = new AbortController();
    const { signal } = controller;
    const stream = await connect(deps, host.url).stream("/content", { ...call, signal });
    const reason = new GatewayError("shutting_down", "Stopping.");
    const work = text(stream);
    controller.abort(reason);
    expect(await failure(work)).toBe(reason);
  });
});

describe("a streamed request", () => {
  const send = { ...call, contentType: "text/plain" };
  async function* pieces(...parts: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      if (part instanceof Error) throw part;
      yield Buffer.from(part);
    }
  }

  async function* unended(signal: AbortSignal) {
    yield Buffer.from("abc");
    await once(signal, "abort");
  }

  test.each([
    { bytes: 6, headers: { "content-length": "6" } },
    { bytes: null, headers: { "transfer-encoding": "chunked" } },
  ])("arrives whole with $headers", async ({ bytes, headers }) => {
    await using deps = createDeps();
    await using host = await startHost(sendJson({ id: "a" }));
    const body = () => pieces("abc", "déf".slice(0, 1), "ef");
    await connect(deps, host.url).send("POST", "/things", { ...send, bytes, body });
    expect(host.seen[0]).toMatchObject({ body: "abcdef", headers });
  });

  test("is sent anew after a 429, and not after a 500", async () => {
    await using deps = createDeps();
    await using host = await startHost(sendJson({}, 429), sendJson({}, 500));
    const body = () => pieces("abc");
    const error = await failure(
      connect(deps, host.url).send("POST", "/things", { ...send, bytes: 3, body }),
    );
    expect(error.code).toBe("upstream_unavailable");
    expect(host.seen.map((one) => one.body)).toEqual(["abc", "abc"]);
  });

  test("surely did nothing if its connection broke before it was whole", async () => {
    await using deps = createDeps({ retry: { attempts: 1 } });
    const server = createServer((request) => {
      request.once("data", () => request.socket.resetAndDestroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    async function* body() {
      yield Buffer.alloc(1_000);
      await new Promise((resolve) => setTimeout(resolve, 200));
      yield Buffer.alloc(1_000);
      await new Promise((resolve) => setTimeout(resolve, 200));
      yield Buffer.alloc(1_000);
    }
    const error = await failure(
      connect(deps, `http://127.0.0.1:${port}`).send("POST", "/a", { ...send, bytes: 3_000, body }),
    );
    server.close();
    expect(error.code).toBe("upstream_unavailable");
    expect(error.details.notSent).toBe(true);
  });

  test.each([
    { name: "and its source had ended", body: () => pieces("abc") },
    { name: "though its source hadn't ended", body: unended },
  ])(
    "may have done something if its connection broke after it was whole, $name",
    async ({ body }) => {
      await using deps = createDeps();
      await using host = await startHost(reset);
      const error = await failure(
        connect(deps, host.url).send("POST", "/things", { ...send, bytes: 3, body }),
      );
      expect(error.details.notSent).toBeUndefined();
      expect(host.seen).toHaveLength(1);
    },
  );

  test("of unknown length may have done something once the host has its last bytes", async () => {
    await using deps = createDeps({ retry: { attempts: 1 } });
    // Whoever parses as he reads acts upon them, before the body is said to have ended.
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        if (bytes.includes("last")) socket.resetAndDestroy();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const http = connect(deps, `http://127.0.0.1:${port}`);
    for (let round = 0; round < 20; round += 1) {
      const body = () => pieces("a".repeat(1_000_000), "last");
      const error = await failure(http.send("POST", "/a", { ...send, bytes: null, body }));
      expect([error.code, error.details.notSent]).toEqual(["upstream_unavailable", undefined]);
    }
    server.close();
  });

  test("may have done something if the host said yes before it was whole", async () => {
    await using deps = createDeps();
    const server = createServer((request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"id":', () => setTimeout(() => request.socket.destroy(), 50));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const http = connect(deps, `http://127.0.0.1:${port}`);
    const error = await failure(http.send("POST", "/a", { ...send, bytes: 9, body: unended }));
    server.close();
    expect(error.code).toBe("upstream_unavailable");
    expect(error.details.notSent).toBeUndefined();
  });

  test("ends at once when the host refuses it before it is whole", async () => {
    await using deps = createDeps();
    const server = createServer((_, response) => {
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: "Who are you?" } }));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    let isClosed = false;
    async function* body(signal: AbortSignal) {
      try {
        yield Buffer.alloc(1_000);
        await once(signal, "abort");
      } finally {
        isClosed = true;
      }
    }
    const work = connect(deps, `http://127.0.0.1:${port}`);
    const error = await failure(work.send("POST", "/a", { ...send, bytes: 1_000_000, body }));
    server.close();
    expect(error.code).toBe("upstream_unauthorized");
    expect(error.message).toContain("Who are you?");
    await expect.poll(() => isClosed).toBe(true);
  });

  test("fails with the error of its own source", async () => {
    await using deps = createDeps();
    await using host = await startHost(sendJson({ id: "a" }));
    const broken = new GatewayError("storage_unavailable", "The disk is gone.");
    const body = () => pieces("abc", broken);
    const work = connect(deps, host.url).send("POST", "/things", { ...send, bytes: 9, body });
    expect(await failure(work)).toBe(broken);
  });

  test("fails if its source is shorter than was said", async () => {
    await using deps = createDeps();
    await using host = await startHost(sendJson({ id: "a" }));
    const body = () => pieces("abc");
    const error = await failure(
      connect(deps, host.url).send("POST", "/things", { ...send, bytes: 9, body }),
    );
    expect(error.code).toBe("internal");
  });

  test("times out when the host takes nothing any more, or gives no answer", async () => {
    await using deps = createDeps({
      timeouts: { idleSeconds: 0.3, uploadAnswerSeconds: 0.3 },
      retry: { attempts: 1 },
    });
    await using host = await startHost(silence);
    const answered = await failure(
      connect(deps, host.url).send("POST", "/a", { ...send, bytes: 3, body: () => pieces("abc") }),
    );
    expect(answered.code).toBe("upstream_timeout");
    expect(answered.details.notSent).toBeUndefined();
    async function* stuck(signal: AbortSignal) {
      yield Buffer.from("abc");
      await new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new Error("source aborted"))),
      );
    }
    const idle = await failure(
      connect(deps, host.url).send("POST", "/a", { ...send, bytes: 9, body: stuck }),
    );
    expect(idle.code).toBe("upstream_timeout");
    expect(idle.details.notSent).toBe(true);
  });
});
