import { expect, test } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { ANN_KEY, UNKNOWN_KEY } from "../support/secrets.ts";
import { twoTenants } from "../support/tenants.ts";

const limits = { requestsPerMinute: 3 };
const VERSION = { "anthropic-version": "2023-06-01" };

test("who sends too many requests to an open gateway is told in the dialect's words how long to wait, whatever key it makes up", async () => {
  let now = Date.now();
  await using gateway = await startGateway({ config: { limits }, now: () => now });
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(gateway.url + path, { headers: { ...VERSION, ...headers } });
  for (let sent = 0; sent < 3; sent += 1) {
    const answer = await ask("/v1/files", { authorization: `Bearer made-up-${sent}` });
    expect(answer.status).toBe(200);
  }
  const openai = await ask("/v1/files", { authorization: "Bearer another" });
  expect([openai.status, openai.headers.get("retry-after")]).toEqual([429, "20"]);
  expect(await openai.json()).toEqual({
    error: {
      message: "This address may send 3 requests a minute. Try again shortly.",
      type: "requests",
      param: null,
      code: "rate_limit_exceeded",
    },
  });
  const anthropic = await ask("/anthropic/v1/messages/batches", { "x-api-key": "another" });
  expect([anthropic.status, anthropic.headers.get("retry-after")]).toEqual([429, "20"]);
  expect(await anthropic.json()).toMatchObject({
    type: "error",
    error: { type: "rate_limit_error" },
  });
  // No proxy is trusted, so nobody's word on where a request came from counts.
  expect((await ask("/v1/files", { "x-forwarded-for": "10.9.8.7" })).status).toBe(429);
  expect((await ask("/healthz")).status).toBe(200);
  now += 20_000;
  expect((await ask("/v1/files")).status).toBe(200);
  expect((await ask("/v1/files")).status).toBe(429);
});

test("addresses are those that a trusted proxy tells, and each has its own share", async () => {
  await using gateway = await startGateway({
    config: { limits, trustedProxies: ["loopback"] },
    now: () => 1_000,
  });
  const ask = async (address: string) =>
    (await fetch(`${gateway.url}/v1/files`, { headers: { "x-forwarded-for": address } })).status;
  for (const [address, status] of [
    ["10.0.0.1", 200],
    // What the client itself wrote before the proxy's word means nothing.
    ["1.2.3.4, 10.0.0.1", 200],
    ["5.6.7.8, 10.0.0.1", 200],
    ["9.9.9.9, 10.0.0.1", 429],
    ["10.0.0.2", 200],
    ["2001:db8::1", 200],
    ["2001:db8::2", 200],
    ["2001:db8:0:0:9::", 200],
    ["2001:db8::3", 429],
    ["2001:db8:0:1::3", 200],
  ] as const) {
    expect([address, await ask(address)]).toEqual([address, status]);
  }
});

test("keys of the gateway aren't held to it, and guesses at one are", async () => {
  await using gateway = await startGateway({ config: { ...twoTenants(), limits } });
  const ask = async (key: string) =>
    (await fetch(`${gateway.url}/v1/files`, { headers: { "x-api-key": key } })).status;
  for (let sent = 0; sent < 5; sent += 1) expect(await ask(ANN_KEY)).toBe(200);
  const guesses = [];
  for (let sent = 0; sent < 5; sent += 1) guesses.push(await ask(UNKNOWN_KEY + sent));
  expect(guesses).toEqual([401, 401, 401, 429, 429]);
  expect(await ask(ANN_KEY)).toBe(200);
});

test("without a limit there is none", async () => {
  await using gateway = await startGateway();
  const asked = Array.from({ length: 200 }, () => fetch(`${gateway.url}/v1/files`));
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200]));
});
