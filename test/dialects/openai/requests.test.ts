import { afterEach, beforeEach, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { openaiDialect } from "../../../src/dialects/openai/openai.ts";
import { type DialectHost, startDialectHost } from "../../support/dialect-host.ts";
import { send } from "../../support/openai-refusals.ts";

let host: DialectHost;

beforeEach(async () => {
  host = await startDialectHost([openaiDialect]);
});

afterEach(async () => {
  await host[Symbol.asyncDispose]();
});

const file = { name: "file", filename: "lines.jsonl", type: "application/jsonl", value: "{}\n" };
const purpose = { name: "purpose", value: "batch" };
const created = { name: "expires_after[anchor]", value: "created_at" };
const seconds = (value: string) => ({ name: "expires_after[seconds]", value });

const upload = {
  filename: "x.jsonl",
  purpose: "batch",
  bytes: 1,
  mime_type: "application/jsonl",
};

test("a file that the gateway refuses is not kept", async () => {
  host.gateway.failNext(
    new GatewayError("unknown_provider", "There is no provider 'x'.", { param: "provider" }),
  );
  const answer = await send(host.url, {
    path: "/files",
    form: [file, purpose, { name: "provider", value: "x" }],
  });
  expect(answer.status).toBe(400);
  expect(host.gateway.contents.size).toBe(0);
});

test("a key that may not come in is refused before its file is read", async () => {
  const answer = await send(host.url, {
    path: "/files",
    form: [file, purpose],
    headers: { authorization: "Bearer sk-refused" },
  });
  expect(answer.status).toBe(401);
  expect(answer.body).toMatchObject({
    error: { code: "invalid_api_key", type: "invalid_request_error" },
  });
  expect(host.gateway.calls).toEqual([]);
});

test.each([
  { header: "Bearer sk-test", key: "sk-test" },
  { header: "bearer  sk-test ", key: "sk-test" },
  { header: "Basic dXNlcg==", key: null },
  { header: "Bearer ", key: null },
])("'$header' brings the key $key", async ({ header, key }) => {
  await send(host.url, { method: "GET", path: "/files", headers: { authorization: header } });
  expect(host.gateway.calls[0]?.call.client.key).toBe(key);
});

test("every place that names a provider is heard, and secrets don't travel with the headers", async () => {
  await send(host.url, {
    path: "/files?provider=gemini",
    form: [file, purpose, { name: "provider", value: "bedrock" }],
    headers: { "x-model-provider": "anthropic, openai", "openai-project": "p", cookie: "c" },
  });
  const call = host.gateway.calls[0]?.call;
  expect(call?.namedProviders).toEqual(["anthropic", "openai", "bedrock", "gemini"]);
  expect(call?.headers).toMatchObject({ "openai-project": "p" });
  expect(JSON.stringify(call?.headers)).not.toMatch(/sk-test|cookie/);
});

test.each([
  {
    how: "in brackets",
    fields: [
      { name: "storage_config[s3][bucket]", value: "b" },
      { name: "storage_config[s3][prefix]", value: "p/q" },
      { name: "storage_config[s3][endpoint]", value: "http://elsewhere.example" },
    ],
  },
  {
    how: "as JSON in one field",
    fields: [{ name: "storage_config", value: ' {"s3":{"bucket":"b","prefix":"p/q"}}' }],
  },
])("where a file is to be kept can be said $how", async ({ fields }) => {
  const answer = await send(host.url, {
    path: "/files",
    form: [...fields, file, purpose, created, seconds("3600")],
  });
  expect(answer.status).toBe(200);
  expect(host.gateway.calls[0]?.argument).toMatchObject({
    expiresAfterSeconds: 3600,
    options: { storage_config: { s3: { bucket: "b", prefix: "p/q" } } },
  });
  expect(JSON.stringify(host.gateway.calls[0]?.argument)).not.toContain("elsewhere");
});

test("the name of a file comes without its path, in a form and in an upload", async () => {
  const form = await send(host.url, {
    path: "/files",
    form: [{ ...file, filename: "../../x.jsonl" }, purpose],
  });
  expect(form.body).toMatchObject({ filename: "x.jsonl" });
  const parts = await send(host.url, {
    path: "/uploads",
    json: { ...upload, filename: "/etc/y.jsonl" },
  });
  expect(parts.body).toMatchObject({ filename: "y.jsonl" });
});
