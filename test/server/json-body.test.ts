import { describe, expect, test } from "vitest";
import { parseJsonBody } from "../../src/server/json-body.ts";
import { measureJson } from "../../src/server/json-shape.ts";
import { startServer } from "./start-server.ts";

const limits = { jsonDepth: 64, jsonValues: 1000 };
const parse = (text: string | Buffer) => parseJsonBody(Buffer.from(text), limits);

describe("a body that is refused as invalid_request", () => {
  test.each<[name: string, body: string | Buffer, message: string]>([
    ["cut off", '{"a":', "isn't valid JSON"],
    ["two values", "{} {}", "isn't valid JSON"],
    ["a comment", "{} // hello", "isn't valid JSON"],
    ["NaN", "NaN", "isn't valid JSON"],
    ["a trailing comma", '{"a":1,}', "isn't valid JSON"],
    ["a raw control character", '{"a":"\u0001"}', "isn't valid JSON"],
    ["a NUL byte", '{"a":1}\u0000', "isn't valid JSON"],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22]), "must be UTF-8"],
    ["UTF-16", Buffer.from('{"a":1}', "utf16le"), "isn't valid JSON"],
    ["half a surrogate in UTF-8", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), "must be UTF-8"],
    ["65 arrays", "[".repeat(65) + "]".repeat(65), "nests 65 levels deep; at most 64 are taken"],
    ["100,000 arrays", "[".repeat(100_000) + "]".repeat(100_000), "nests 100000 levels deep"],
    ["100,000 objects", '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000), "nests 100000 levels"],
    ["100,000 arrays, never closed", "[".repeat(100_000), "nests 100000 levels deep"],
    ["depth behind a quote that is escaped", String.raw`["\\\"",` + "[".repeat(70), "nests 71"],
    ["very many empty objects", `[${"{},".repeat(2000)}{}]`, "values; at most 1000 are taken"],
    ["very many numbers", `[${"1,".repeat(2000)}1]`, "values; at most 1000 are taken"],
    ["a key __proto__", '{"__proto__":{"admin":true}}', "must not have the key __proto__"],
    [
      "a key __proto__ deep inside",
      '{"a":[{"b":{"__proto__":1}}]}',
      "must not have the key __proto__",
    ],
    ["a key __proto__ in disguise", String.raw`{"\u005f_pro\u0074o__":1}`, "must not have the key"],
  ])("%s", (_, body, message) => {
    expect(() => parse(body)).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe("a body that is read", () => {
  test.each<[name: string, body: string, value: unknown]>([
    ["nothing", "", undefined],
    ["white space", " \r\n\t", undefined],
    ["a byte order mark", '\uFEFF{"a":1}', { a: 1 }],
    ["64 arrays", "[".repeat(64) + "]".repeat(64), expect.any(Array)],
    ["brackets inside a text", JSON.stringify("[".repeat(100_000)), "[".repeat(100_000)],
    [
      "brackets behind escaped quotes",
      JSON.stringify({ a: '\\"[[{{'.repeat(1000) }),
      { a: '\\"[[{{'.repeat(1000) },
    ],
    ["__proto__ as a value", '{"a":"__proto__"}', { a: "__proto__" }],
    [
      "a schema with a property constructor",
      '{"constructor":{"type":"string"}}',
      { constructor: { type: "string" } },
    ],
    ["a number beyond all", '{"a":1e999}', { a: Infinity }],
    ["a number of 100,000 digits", "9".repeat(100_000), Infinity],
    ["a lone surrogate, escaped", String.raw`"\ud800"`, "\ud800"],
    ["the same key twice", '{"a":1,"a":2}', { a: 2 }],
  ])("%s", (_, body, value) => {
    expect(parse(body)).toEqual(value);
  });
});

test("the shape of a text is what parsing it gives", () => {
  const depthOf = (value: unknown): number =>
    typeof value === "object" && value !== null
      ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
      : 0;
  const values = [1, "[{", [], {}, [[], [1, [2]]], { a: { 'b"\\': ["]"] } }, [["\\"], '"']];
  for (const value of values) {
    expect(measureJson(Buffer.from(JSON.stringify(value))).depth).toBe(depthOf(value));
  }
});

describe("over the wire", () => {
  const json = { "content-type": "application/json" };
  const routes: NonNullable<Parameters<typeof startServer>[0]>["routes"] = (app) => {
    app.post("/echo", ({ body }, reply) => reply.send({ body: body ?? "none" }));
    app.delete("/files/:id", ({ body }, reply) => reply.send({ body: body ?? "none" }));
    app.get("/files", ({ body }, reply) => reply.send({ body: body ?? "none" }));
  };

  test("the empty bodies that SDKs send with a JSON content type are none", async () => {
    await using server = await startServer({ routes });
    const none = { body: "none" };
    const echo = `${server.url}/loud/echo`;
    const file = `${server.url}/loud/files/x`;
    const answers = [
      await fetch(echo, { method: "POST", headers: json }),
      await fetch(echo, { method: "POST", headers: json, body: "" }),
      await fetch(echo, { method: "POST" }),
      await fetch(file, { method: "DELETE", headers: json }),
      await fetch(file, { method: "DELETE" }),
      await fetch(`${server.url}/loud/files`, { headers: json }),
    ];
    for (const answer of answers) expect([answer.status, await answer.json()]).toEqual([200, none]);
    const body = JSON.stringify({ provider: "bedrock" });
    const withBody = await fetch(file, { method: "DELETE", headers: json, body });
    expect(await withBody.json()).toEqual({ body: { provider: "bedrock" } });
  });

  test("a charset and capital letters in the content type don't matter", async () => {
    await using server = await startServer({ routes });
    for (const type of [
      "application/json; charset=utf-8",
      "Application/JSON",
      "application/json;charset=UTF-8",
    ]) {
      const headers = { "content-type": type };
      const answer = await fetch(`${server.url}/loud/echo`, {
        method: "POST",
        headers,
        body: "[1]",
      });
      expect([type, await answer.json()]).toEqual([type, { body: [1] }]);
    }
  });

  test("100,000 levels are a 400 in the dialect's shape, and the server goes on", async () => {
    await using server = await startServer({ routes });
    const body = "[".repeat(100_000) + "]".repeat(100_000);
    const answer = await fetch(`${server.url}/loud/echo`, { method: "POST", headers: json, body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      loud: expect.objectContaining({ code: "invalid_request" }),
    });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  test("a body over the limit gets its 413 although it is still being sent", async () => {
    await using server = await startServer({ routes, config: { limits: { jsonBytes: 2048 } } });
    const body = JSON.stringify("x".repeat(8 * 1024 * 1024));
    const chunked = new ReadableStream({
      start(controller) {
        for (let at = 0; at < body.length; at += 65_536) {
          controller.enqueue(Buffer.from(body.slice(at, at + 65_536)));
        }
        controller.close();
      },
    });
    const bodies: RequestInit[] = [{ body }, { body: chunked, duplex: "half" }];
    for (const init of bodies) {
      const request = { ...init, method: "POST", headers: json };
      const answer = await fetch(`${server.url}/loud/echo`, request);
      expect(answer.status).toBe(413);
      expect(await answer.json()).toEqual({ loud: expect.objectContaining({ code: "too_large" }) });
    }
  });
});
