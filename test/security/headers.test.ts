import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chatLines, uploadLines } from "../support/batches.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { exchange } from "../support/raw-http.ts";
import { everyRoute, type Route } from "../support/routes.ts";
import { ANN_KEY } from "../support/secrets.ts";
import { twoTenants } from "../support/tenants.ts";

/** What a browser needs to hear of bytes that aren't its own. */
const EXPECTED = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;

const ROUTES = await everyRoute();
const EVIL = "https://evil.test";

let gateway: RunningGateway;
let fileId = "";

beforeAll(async () => {
  gateway = await startGateway({ config: twoTenants() });
  fileId = (await uploadLines(gateway.openai({ apiKey: ANN_KEY }), chatLines(2))).id;
});

afterAll(() => gateway?.close());

test("there are the routes of both dialects under every prefix, and the operator's", () => {
  expect(ROUTES.length).toBeGreaterThan(60);
  for (const prefix of ["/openai/", "/openai/v1/", "/v1/", "/anthropic/"]) {
    expect(ROUTES.filter(({ path }) => path.startsWith(prefix)).length).toBeGreaterThan(8);
  }
  expect(ROUTES.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["/healthz", "/readyz", "/metrics"]),
  );
});

const SENDERS = [
  ["with a key", { "x-api-key": ANN_KEY }],
  ["without one", {}],
  ["for a page of another origin", { "x-api-key": ANN_KEY, origin: EVIL }],
] as const;

describe.each(SENDERS)("asked %s", (_who, headers) => {
  test.each(ROUTES)("$method $path tells browsers to do nothing with it", async (route) => {
    const answer = await ask(route, headers);
    expectSafe(answer);
    const isOpen = /^\/(?:healthz|readyz|metrics)$/.test(route.path);
    expect(answer.status === 401).toBe(!("x-api-key" in headers) && !isOpen);
    const isWriting = !/^(?:GET|HEAD)$/.test(route.method);
    expect((await answer.text()).includes("cors_origins")).toBe("origin" in headers && isWriting);
    expect(answer.status).toBeLessThan(500);
  });
});

describe("a preflight", () => {
  const paths = [...new Set(ROUTES.map(({ path }) => path))];
  test.each(paths)("of %s is refused, for CORS is off", async (path) => {
    const answer = await fetch(gateway.url + path.replace(":id", fileId), {
      method: "OPTIONS",
      headers: {
        origin: EVIL,
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-api-key",
      },
    });
    expectSafe(answer);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("cors_origins");
  });
});

describe("bytes that a client stored", () => {
  test.each(["/v1", "/anthropic/v1"])("come as a download from %s, and no page", async (prefix) => {
    const answer = await ask({ method: "GET", path: `${prefix}/files/:id/content` }, SENDERS[0][1]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment;/);
    expect(answer.headers.get("content-type")).toBe("application/jsonl");
    expectSafe(answer);
  });
});

test("a streamed answer is kept nowhere either", async () => {
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": ANN_KEY },
    body: JSON.stringify({
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: "Hi" }],
      stream: true,
    }),
  });
  expect(await answer.text()).toContain("data: [DONE]");
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    ...EXPECTED,
    "cache-control": "no-cache, no-store",
  });
});

test.each([
  ["what isn't HTTP", "nonsense\r\n\r\n", 400],
  ["an unknown expectation", "GET /v1/files HTTP/1.1\r\nhost: x\r\nexpect: 200\r\n\r\n", 417],
  ["headers that are too large", `GET / HTTP/1.1\r\nx: ${"h".repeat(50_000)}\r\n\r\n`, 431],
  ["a path of no route", "GET /nope HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 404],
  ["a bad path", "GET /v1/files/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400],
])("so does the answer to %s", async (_what, bytes, status) => {
  const answer = await exchange(gateway.url, Buffer.from(bytes));
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject(EXPECTED);
});

function ask({ method, path }: Route, headers: Readonly<Record<string, string>>) {
  return fetch(gateway.url + path.replace(":id", fileId || "file-x"), {
    method,
    headers: { "anthropic-version": "2023-06-01", ...headers },
    // Never the bytes that other tests download.
    ...(method === "DELETE" ? { body: '{"provider":"nobody"}' } : {}),
  });
}

function expectSafe(answer: Response): void {
  const said = Object.fromEntries(answer.headers);
  expect(said).toMatchObject(EXPECTED);
  expect(Object.keys(said).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  expect(said).not.toHaveProperty("x-powered-by");
  expect(said).not.toHaveProperty("server");
}
