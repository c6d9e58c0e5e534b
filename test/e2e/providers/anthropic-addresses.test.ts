import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../../src/config/schema.ts";
import {
  idsOf,
  messageRequests,
  readRows,
  waitUntilEnded,
} from "../../support/anthropic-batches.ts";
import { send } from "../../support/anthropic-requests.ts";
import { startPathProxy } from "../../support/path-proxy.ts";
import { MODELS, startWorld, type World } from "../../support/world.ts";

/** A batch that has ended, made by a client that knows the gateway by this address. */
async function endedBatch(baseURL: string) {
  const { batches } = new Anthropic({ baseURL, apiKey: "any", maxRetries: 0 }).messages;
  const made = await batches.create({ requests: messageRequests(2, MODELS.anthropic) });
  const ended = await waitUntilEnded(batches, made.id);
  expect(idsOf(await readRows(batches, made.id))).toEqual(["line-1", "line-2"]);
  return ended;
}

const pathOf = (id: string) => `/v1/messages/batches/${id}/results`;

test("results are at the address that the client uses, host and mount prefix", async () => {
  await using world = await startWorld();
  const byAddress = await endedBatch(`${world.url}/anthropic`);
  expect(byAddress.results_url).toBe(`${world.url}/anthropic${pathOf(byAddress.id)}`);
  const local = world.url.replace("127.0.0.1", "localhost");
  const byName = await new Anthropic({
    baseURL: `${local}/anthropic`,
    apiKey: "any",
  }).messages.batches.retrieve(byAddress.id);
  expect(byName.results_url).toBe(`${local}/anthropic${pathOf(byAddress.id)}`);
});

test("results are below the public address that is configured, with its path", async () => {
  const started: World[] = [];
  await using proxy = await startPathProxy("/llm/gateway", () => started[0]?.url ?? "");
  await using world = await startWorld({ config: { publicUrl: proxy.url } });
  started.push(world);
  const ended = await endedBatch(`${proxy.url}/anthropic`);
  expect(ended.results_url).toBe(`${proxy.url}/anthropic${pathOf(ended.id)}`);
});

test("relative results work for clients behind any path", async () => {
  const started: World[] = [];
  await using proxy = await startPathProxy("/llm", () => started[0]?.url ?? "");
  await using world = await startWorld({ config: { publicUrl: "relative" } });
  started.push(world);
  for (const base of [world.url, proxy.url]) {
    const ended = await endedBatch(`${base}/anthropic`);
    expect(ended.results_url).toBe(pathOf(ended.id));
  }
});

test.each([
  { trust: ["loopback"], headers: { "x-forwarded-proto": "https" }, origin: "https://host.test" },
  {
    trust: ["loopback"],
    headers: { "x-forwarded-proto": "https", "x-forwarded-host": "api.example.com" },
    origin: "https://api.example.com",
  },
  { trust: [], headers: { "x-forwarded-proto": "https" }, origin: "http://host.test" },
  {
    trust: ["10.0.0.0/8"],
    headers: { "x-forwarded-proto": "https", "x-forwarded-host": "evil.example.com" },
    origin: "http://host.test",
  },
] satisfies readonly {
  readonly trust: ConfigInput["trustedProxies"];
  readonly headers: Readonly<Record<string, string>>;
  readonly origin: string;
}[])("behind $trust with $headers results are at $origin", async ({ trust, headers, origin }) => {
  await using world = await startWorld({ config: { trustedProxies: trust } });
  const { id } = await endedBatch(`${world.url}/anthropic`);
  const { body } = await send(world.url, {
    method: "GET",
    path: `/v1/messages/batches/${id}`,
    headers: { host: "host.test", ...headers },
  });
  expect(body).toMatchObject({ results_url: `${origin}/anthropic${pathOf(id)}` });
});
