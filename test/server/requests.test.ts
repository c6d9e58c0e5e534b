import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { GatewayError } from "../../src/core/errors.ts";
import { exchange } from "../support/raw-http.ts";
import { startServer } from "./start-server.ts";

const parameters = z.object({ id: z.string() });

function routes(app: FastifyInstance): void {
  app.get("/files", async () => ({ list: true }));
  app.get("/files/:id", ({ params }, reply) => reply.send(parameters.parse(params)));
  app.get("/files/:id/content", ({ params }, reply) => reply.send(parameters.parse(params)));
  app.post("/echo", ({ body }, reply) => reply.send({ body: body ?? null }));
  app.get("/address", async ({ protocol, host, ip }) => ({ protocol, host, ip }));
  app.get("/refused", async () => {
    throw new GatewayError("conflict", "That is taken.");
  });
  app.get("/broken", async () => {
    throw new TypeError("cannot read 'secret plan' of undefined");
  });
  app.get("/thrown", async () => {
    // Libraries throw what they like.
    // oxlint-disable-next-line typescript/only-throw-error
    throw "just words of a library";
  });
}

/** The very request line, without what a client library makes of it. */
async function get(url: string, path: string, headers: readonly string[] = []) {
  const head = [`GET ${path} HTTP/1.1`, "host: gateway", "connection: close", ...headers];
  const answer = await exchange(url, Buffer.from(`${head.join("\r\n")}\r\n\r\n`));
  const body: unknown = JSON.parse(answer.body.toString());
  return { ...answer, body };
}

describe("a request id", () => {
  test("of the client is kept if it can do no harm, and else made anew", async () => {
    await using server = await startServer({ routes });
    const kept = await get(server.url, "/loud/files", ["x-request-id: my-id.7:a"]);
    expect(kept.headers["x-request-id"]).toBe("my-id.7:a");
    for (const bad of ["a b", "<script>", "x".repeat(129), ""]) {
      const { headers } = await get(server.url, "/loud/files", [`x-request-id: ${bad}`]);
      expect(headers["x-request-id"]).toMatch(/^req_[0-9a-f]{24}$/);
    }
  });

  test.each([
    "/loud/files",
    "/loud/refused",
    "/loud/broken",
    "/nowhere",
    "/loud/files/%zz",
    "/healthz",
  ])("is on the answer to %s, with nosniff, and in the log", async (path) => {
    await using server = await startServer({ routes, config: { log: { level: "debug" } } });
    const { headers } = await get(server.url, path);
    expect(headers["x-request-id"]).toMatch(/^req_/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    const served = server.lines.filter((line) => line.includes('"message":"served"'));
    expect(served).toHaveLength(1);
    expect(served[0]).toContain(headers["x-request-id"]);
  });
});

describe("an id in a path is decoded after the path is split", () => {
  test.each([
    [
      "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job%2Fabc",
      "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abc",
    ],
    ["s3:%2F%2Fbucket%2Fpre%2Fx.jsonl", "s3://bucket/pre/x.jsonl"],
    ["S3%3A%2f%2Fb", "S3://b"],
    ["a%25b", "a%b"],
    ["a%252Fb", "a%2Fb"],
    ["%C3%A9%20x", "é x"],
    ["a@b:c", "a@b:c"],
    ["a%3Fb%23c", "a?b#c"],
    ["..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"],
    ["x".repeat(4096), "x".repeat(4096)],
  ])("%s", async (path, id) => {
    await using server = await startServer({ routes });
    expect((await get(server.url, `/loud/v1/files/${path}`)).body).toEqual({ id });
    expect((await get(server.url, `/loud/files/${path}/content?x=1`)).body).toEqual({ id });
  });
});

describe("a path that leads nowhere is a 404 in the shape of the nearest dialect", () => {
  test.each([
    ["/loud/nothing", "loud"],
    ["/loud", "loud"],
    ["/loud/v1/files/a/b", "loud"],
    ["/loud/files/", "loud"],
    ["/loud/v1/files/", "loud"],
    ["/loud/files//content", "loud"],
    ["/loud//files", "loud"],
    ["/quiet/files", "quiet"],
    ["/quiet", "quiet"],
    [`/loud/files/${"x".repeat(4097)}`, "loud"],
  ])("%s", async (path, dialect) => {
    await using server = await startServer({ routes });
    const { status, headers, body } = await get(server.url, path);
    expect(status).toBe(404);
    expect(headers["x-rendered-by"]).toBe(dialect);
    expect(body).toEqual({ [dialect]: expect.objectContaining({ code: "not_found" }) });
  });

  test.each(["/", "/louder/files", "/quietly", "/loudv1"])("%s: no dialect's", async (path) => {
    await using server = await startServer({ routes });
    const { status, body } = await get(server.url, path);
    expect(status).toBe(404);
    expect(body).toMatchObject({
      type: "error",
      error: {
        type: "invalid_request_error",
        message: `Invalid URL (GET ${path})`,
        param: null,
        code: null,
      },
    });
  });

  test("whatever the method and the content type are", async () => {
    await using server = await startServer({ routes });
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await fetch(`${server.url}/loud/nothing`, {
        method,
        headers: { "content-type": "multipart/form-data; boundary=x" },
        ...(method === "OPTIONS" ? {} : { body: "--x--" }),
      });
      expect([method, answer.status]).toEqual([method, 404]);
    }
  });
});

test.each(["/loud/files/%zz", "/loud/files/%C3", "/loud/%"])(
  "%s isn't UTF-8: 400",
  async (path) => {
    await using server = await startServer({ routes });
    const { status, body } = await get(server.url, path);
    expect(status).toBe(400);
    expect(body).toEqual({ loud: expect.objectContaining({ code: "invalid_request" }) });
  },
);

describe("what a route throws", () => {
  test("is rendered by its dialect", async () => {
    await using server = await startServer({ routes });
    const { status, body } = await get(server.url, "/loud/refused", ["x-request-id: r1"]);
    expect(status).toBe(409);
    expect(body).toEqual({
      loud: { code: "conflict", message: "That is taken.", requestId: "r1" },
    });
  });

  test.each([
    ["/loud/broken", "secret plan"],
    ["/loud/thrown", "words of a library"],
  ])(
    "shows the client nothing of a fault of ours (%s), and the log all of it",
    async (path, words) => {
      await using server = await startServer({ routes });
      const { status, body } = await get(server.url, path, ["x-request-id: r2"]);
      expect(status).toBe(500);
      expect(body).toEqual({
        loud: { code: "internal", message: expect.stringContaining("r2"), requestId: "r2" },
      });
      expect(JSON.stringify(body)).not.toContain(words);
      expect(server.lines.find((line) => line.includes(words))).toContain('"requestId":"r2"');
    },
  );
});

test.each([
  ["text/plain", "x"],
  ["application/xml", "<x/>"],
  ["not a type", "x"],
  ["multipart/form-data; boundary=x", "--x--\r\n"],
])("a body of type %s, which no route reads, is a 415", async (type, body) => {
  await using server = await startServer({ routes });
  const answer = await fetch(`${server.url}/loud/echo`, {
    method: "POST",
    headers: { "content-type": type },
    body,
  });
  expect(answer.status).toBe(415);
  expect(await answer.json()).toEqual({
    loud: expect.objectContaining({ code: "unsupported_media_type" }),
  });
});

describe("forwarded headers", () => {
  const forwarded = [
    "x-forwarded-proto: https",
    "x-forwarded-host: public.example",
    "x-forwarded-for: 9.9.9.9",
  ];

  test("are believed from trusted proxies", async () => {
    await using server = await startServer({ routes, config: { trustedProxies: ["loopback"] } });
    expect((await get(server.url, "/loud/address", forwarded)).body).toEqual({
      protocol: "https",
      host: "public.example",
      ip: "9.9.9.9",
    });
  });

  test.each([[[]], [["10.0.0.0/8"]]])(
    "are not believed with trusted proxies %j",
    async (trustedProxies) => {
      await using server = await startServer({ routes, config: { trustedProxies } });
      expect((await get(server.url, "/loud/address", forwarded)).body).toEqual({
        protocol: "http",
        host: "gateway",
        ip: "127.0.0.1",
      });
    },
  );
});
