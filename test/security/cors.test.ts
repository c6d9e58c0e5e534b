import { afterAll, beforeAll, expect, test } from "vitest";
import { chatLines } from "../support/batches.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";

const APP = "https://app.example.com";

let gateway: RunningGateway;

beforeAll(async () => {
  gateway = await startGateway({ config: { corsOrigins: [APP] } });
});

afterAll(() => gateway?.close());

const preflight = (origin: string, headers = "authorization, x-stainless-lang") =>
  fetch(`${gateway.url}/v1/files`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": headers,
    },
  });

test("a page of an origin that is named may use the gateway", async () => {
  const asked = await preflight(APP);
  expect([asked.status, await asked.text()]).toEqual([204, ""]);
  expect(Object.fromEntries(asked.headers)).toMatchObject({
    "access-control-allow-origin": APP,
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": "authorization, x-stainless-lang",
    vary: "origin",
  });
  const made = await upload({ origin: APP });
  expect(made.status).toBe(200);
  expect(made.headers.get("access-control-allow-origin")).toBe(APP);
  expect(made.headers.get("access-control-expose-headers")).toContain("retry-after");
  // Whoever has cookies for the gateway's host, they are nothing to it.
  expect(made.headers.has("access-control-allow-credentials")).toBe(false);
});

test.each([
  "https://app.example.com.evil.test",
  "https://evil.app.example.com",
  "http://app.example.com",
  "https://app.example.com:8443",
  "HTTPS://APP.EXAMPLE.COM",
  "null",
  "*",
  "https://evil.test, https://app.example.com",
])("one of %s may not, and what it sends isn't done", async (origin) => {
  const asked = await preflight(origin);
  expect([asked.status, asked.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  const before = await gateway.openai().files.list();
  const refused = await upload({ origin });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    error: { code: "origin_not_allowed", message: expect.stringContaining("cors_origins") },
  });
  expect((await gateway.openai().files.list()).data).toHaveLength(before.data.length);
  const read = await fetch(`${gateway.url}/v1/files`, { headers: { origin } });
  expect([read.status, read.headers.get("access-control-allow-origin")]).toEqual([200, null]);
  expect(read.headers.get("vary")).toBe("origin");
});

test("names of headers that are no names aren't sent back", async () => {
  const asked = await preflight(APP, "x y; z");
  expect([asked.status, asked.headers.get("access-control-allow-headers")]).toEqual([204, null]);
});

test("a page of the gateway's own host needs no leave", async () => {
  expect((await upload({ origin: gateway.url })).status).toBe(200);
});

/** As any page can have a browser send it, without asking first. */
function upload(headers: Readonly<Record<string, string>>): Promise<Response> {
  const form = new FormData();
  form.append("purpose", "batch");
  form.append("file", new Blob([chatLines(1)]), "a.jsonl");
  return fetch(`${gateway.url}/v1/files`, { method: "POST", headers, body: form });
}
