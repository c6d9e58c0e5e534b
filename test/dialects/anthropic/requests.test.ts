import { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import type { ConfigInput } from "../../../src/config/schema.ts";
import { anthropicDialect } from "../../../src/dialects/anthropic/anthropic.ts";
import { send } from "../../support/anthropic-requests.ts";
import { type DialectHost, NOW, startDialectHost } from "../../support/dialect-host.ts";
import { newBatch, newFile } from "../../support/memory-gateway.ts";

let host: DialectHost | null = null;

async function start(config: Partial<ConfigInput> = {}): Promise<DialectHost> {
  host = await startDialectHost([anthropicDialect], config);
  return host;
}

afterEach(async () => {
  await host?.[Symbol.asyncDispose]();
  host = null;
});

test.each([
  { what: "x-api-key", headers: { "x-api-key": "sk-1" }, key: "sk-1" },
  { what: "a bearer", headers: { "x-api-key": "", authorization: "Bearer sk-2" }, key: "sk-2" },
  { what: "both", headers: { "x-api-key": "sk-1", authorization: "Bearer sk-2" }, key: "sk-1" },
  { what: "neither", headers: { "x-api-key": "" }, key: null },
])("$what brings the key $key", async ({ headers, key }) => {
  const { url, gateway } = await start();
  expect(await send(url, { method: "GET", path: "/v1/files", headers })).toMatchObject({
    status: 200,
  });
  expect(gateway.calls[0]?.call.client.key).toBe(key);
});

test("every place that names a provider is heard; the version and betas travel, secrets don't", async () => {
  const { url, gateway } = await start();
  const answer = await send(url, {
    path: "/v1/messages/batches?beta=true&provider=gemini",
    json: { provider: "bedrock", requests: [{ custom_id: "a", params: {} }] },
    headers: {
      "x-model-provider": "anthropic, openai",
      "anthropic-version": "2026-10-21",
      "anthropic-beta": "foo-2025,message-batches-2024-09-24",
      cookie: "c",
    },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers["request-id"]).toBe(answer.headers["x-request-id"]);
  const call = gateway.calls[0]?.call;
  expect(call?.namedProviders).toEqual(["anthropic", "openai", "bedrock", "gemini"]);
  expect(call?.headers).toMatchObject({
    "anthropic-version": "2026-10-21",
    "anthropic-beta": "foo-2025,message-batches-2024-09-24",
  });
  expect(JSON.stringify(call?.headers)).not.toMatch(/sk-test|cookie/);
});

test("a body that is printed over several lines is one line a request, its own bytes otherwise", async () => {
  const { url, gateway } = await start();
  const body = `{
  "requests": [
    {"custom_id": "a", "params": {"temperature": 1.00,
      "n": 12345678901234567890, "text": "é\\n"}},
    { "params" : {"custom_id":"x"}, "custom_id" : "b" }
  ],
  "model": null
}`;
  const answer = await send(url, { path: "/v1/messages/batches", body });
  expect(answer.status).toBe(200);
  expect([...gateway.contents.values()].map(String)).toEqual([
    `{"custom_id": "a", "params": {"temperature": 1.00,       "n": 12345678901234567890, "text": "é\\n"}}\n{ "params" : {"custom_id":"x"}, "custom_id" : "b" }\n`,
  ]);
});

test("100,000 requests are taken", async () => {
  const { url, gateway } = await start();
  const requests = Array.from({ length: 100_000 }, (_, index) => ({
    custom_id: `request-${index}`,
    params: { model: "m", max_tokens: 1, messages: [] },
  }));
  expect(await send(url, { path: "/v1/messages/batches", json: { requests } })).toMatchObject({
    status: 200,
  });
  expect(gateway.calls[0]?.argument).toMatchObject({ input: { content: { lines: 100_000 } } });
});

test("models filter lists, and what else is in a query is let pass", async () => {
  const { url, gateway } = await start();
  for (const path of ["/v1/files", "/v1/messages/batches"]) {
    const query = "?beta=true&model=claude&scope_id=s&limit=5";
    expect(await send(url, { method: "GET", path: path + query })).toMatchObject({
      status: 200,
      body: { data: [], has_more: false, first_id: null, last_id: null, next_page: null },
    });
  }
  expect(gateway.calls.map(({ argument }) => argument)).toEqual(
    Array.from({ length: 2 }, () => ({ after: null, limit: 5, order: "desc", model: "claude" })),
  );
});

describe("the address of results", () => {
  const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": "public.example" };
  const path = "/v1/messages/batches/msgbatch_b1/results";

  test.each([
    {
      what: "as the request came",
      config: {},
      headers: { host: "gw.test:81" },
      url: `http://gw.test:81/anthropic${path}`,
    },
    {
      what: "not what a stranger forwards",
      config: {},
      headers: { host: "gw.test", ...forwarded },
      url: `http://gw.test/anthropic${path}`,
    },
    {
      what: "what a trusted proxy forwards",
      config: { trustedProxies: ["127.0.0.1"] },
      headers: { host: "gw.test", ...forwarded },
      url: `https://public.example/anthropic${path}`,
    },
    {
      what: "the public address, with its path",
      config: { publicUrl: "https://api.example/llm/" },
      headers: { host: "gw.test" },
      url: `https://api.example/llm/anthropic${path}`,
    },
    {
      what: "relative to the client's own",
      config: { publicUrl: "relative" },
      headers: {},
      url: path,
    },
  ])("is $what", async ({ config, headers, url }) => {
    const { url: address, gateway } = await start(config);
    gateway.batches.set("b1", { ...newBatch("b1", NOW), state: "completed" });
    const sent = { method: "GET", path: "/v1/messages/batches/msgbatch_b1", headers };
    expect((await send(address, sent)).body).toMatchObject({ results_url: url });
  });
});

test("a file's content comes with its length, a name and ranges", async () => {
  const { url, gateway } = await start();
  gateway.contents.set("x", Buffer.from("[1,2,3,4]"));
  gateway.files.set("f1", { ...newFile("f1", NOW), blob: "x", filename: "é.jsonl", sha256: "abc" });
  const get = (headers: Readonly<Record<string, string>> = {}) =>
    send(url, { method: "GET", path: "/v1/files/file_f1/content", headers });
  expect(await get()).toMatchObject({
    status: 200,
    text: "[1,2,3,4]",
    headers: {
      "content-type": "application/jsonl",
      "content-length": "9",
      "content-disposition": `attachment; filename="_.jsonl"; filename*=UTF-8''%C3%A9.jsonl`,
      etag: '"abc"',
    },
  });
  expect(await get({ range: "bytes=1-1" })).toMatchObject({ status: 206, text: "1" });
  expect(await get({ range: "bytes=9-" })).toMatchObject({
    status: 416,
    headers: { "content-range": "bytes */9" },
    body: { type: "error", error: { type: "invalid_request_error" } },
  });
});

test("results are lines of JSON, as they come", async () => {
  const { url, gateway } = await start();
  gateway.batches.set("b1", { ...newBatch("b1", NOW), state: "completed" });
  gateway.openNext(Readable.from([Buffer.from('{"a":'), Buffer.from("1}\n")]));
  const path = "/v1/messages/batches/msgbatch_b1/results";
  expect(await send(url, { method: "GET", path })).toMatchObject({
    status: 200,
    text: '{"a":1}\n',
    headers: { "content-type": "application/x-jsonl", "x-content-type-options": "nosniff" },
  });
});
