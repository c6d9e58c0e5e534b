import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Readable } from "node:stream";
import { Client, request } from "undici";
import { GatewayError } from "../../../src/core/errors.ts";
import { anthropicDialect } from "../../../src/dialects/anthropic/anthropic.ts";
import { type Sent, send } from "../../support/anthropic-requests.ts";
import { type DialectHost, NOW, startDialectHost } from "../../support/dialect-host.ts";
import { newBatch } from "../../support/memory-gateway.ts";
import { specProblem } from "../../support/specs.ts";

let host: DialectHost;

beforeAll(async () => {
  host = await startDialectHost([anthropicDialect], {
    limits: { batchBytes: 6_000_000, lineBytes: 2_000_000, jsonDepth: 20 },
  });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

const PATH = "/v1/messages/batches";
const item = (id: unknown, more: object = {}) => ({ custom_id: id, params: {}, ...more });
const batch = (...items: readonly unknown[]) => ({ requests: items });
const deep = (levels: number) =>
  `{"requests":[{"custom_id":"a","params":${'{"a":'.repeat(levels)}1${"}".repeat(levels)}}]}`;
const notJson = (reason: string) => `The request body is not valid JSON: ${reason}`;

interface Refusal extends Omit<Sent, "path"> {
  readonly what: string;
  readonly message: string;
  readonly status?: number;
  readonly type?: string;
  readonly path?: string;
}

const CREATES: readonly Refusal[] = [
  { what: "no body", body: "", message: notJson("unexpected end of data after byte 0") },
  {
    what: "a body that is cut off",
    body: '{"requests":[{"custom_id":"a","params":{}}',
    message: notJson("unexpected end of data after byte 42"),
  },
  {
    what: "a body that is broken after its requests",
    body: '{"requests":[{"custom_id":"a","params":{}}]]',
    message: notJson("unexpected ']' at byte 43"),
  },
  {
    what: "a body that is broken and wrong: that it is broken counts",
    body: '{"requests":[{"custom_id":"?","params":{}}] x',
    message: notJson("unexpected 'x' at byte 44"),
  },
  { what: "text", body: "hello", message: notJson("unexpected 'h' at byte 0") },
  {
    what: "two bodies",
    body: '{"requests":[{"custom_id":"a","params":{}}]}{}',
    message: notJson("unexpected '{' at byte 44"),
  },
  {
    what: "bytes that aren't UTF-8",
    body: Buffer.from('{"requests":[{"custom_id":"\xff"}]}', "latin1"),
    message: notJson("it is not UTF-8"),
  },
  { what: "deep nesting", body: deep(18), message: notJson("it nests more than 20 levels deep") },
  { what: "a list as the body", json: [], message: "Input should be a valid dictionary" },
  { what: "no requests", json: {}, message: "requests: Field required" },
  {
    what: "empty requests",
    json: batch(),
    message: "requests: List should have at least 1 item after validation, not 0",
  },
  {
    what: "requests that are an object",
    json: { requests: {} },
    message: "requests: Input should be a valid list",
  },
  {
    what: "requests that are null",
    json: { requests: null },
    message: "requests: Input should be a valid list",
  },
  {
    what: "requests that come twice",
    body: '{"requests":[{"custom_id":"a","params":{}}],"requests":[]}',
    message: "requests: Field is given more than once",
  },
  {
    what: "a request that is text",
    json: batch(item("a"), "b"),
    message: "requests.1: Input should be a valid dictionary",
  },
  {
    what: "a missing custom_id",
    json: batch({ params: {} }),
    message: "requests.0.custom_id: Field required",
  },
  {
    what: "a custom_id that is a number",
    json: batch(item("a"), item("b"), item(5)),
    message: "requests.2.custom_id: Input should be a valid string",
  },
  {
    what: "an empty custom_id",
    json: batch(item("")),
    message: "requests.0.custom_id: String should have at least 1 character",
  },
  {
    what: "a long custom_id",
    json: batch(item("x".repeat(65))),
    message: "requests.0.custom_id: String should have at most 64 characters",
  },
  {
    what: "a very long custom_id",
    json: batch(item("x".repeat(100_000))),
    message: "requests.0.custom_id: String should have at most 64 characters",
  },
  {
    what: "a custom_id of other characters",
    json: batch(item("a.b")),
    message: "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
  },
  {
    what: "a custom_id with a line break at its end",
    json: batch(item("ab\n")),
    message: "requests.0.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
  },
  {
    what: "a custom_id that comes twice",
    json: batch(item("dup"), item("x"), item("dup")),
    message: "requests: custom_id's must be unique within a batch. Duplicate custom_id found: dup",
  },
  {
    what: "a custom_id that comes twice, escaped once",
    body: '{"requests":[{"custom_id":"dup","params":{}},{"custom_id":"\\u0064up","params":{}}]}',
    message: "requests: custom_id's must be unique within a batch. Duplicate custom_id found: dup",
  },
  {
    what: "missing params",
    json: batch(item("a"), item("b"), item("c"), { custom_id: "d" }),
    message: "requests.3.params: Field required",
  },
  {
    what: "params that are a list",
    json: batch(item("a", { params: [] })),
    message: "requests.0.params: Input should be a valid dictionary",
  },
  {
    what: "an unknown field of a request",
    json: batch(item("a", { method: "POST" })),
    message: "requests.0.method: Extra inputs are not permitted",
  },
  {
    what: "a field of a request that comes twice",
    body: '{"requests":[{"custom_id":"a","params":{},"custom_id":"b"}]}',
    message: "requests.0.custom_id: Field is given more than once",
  },
  {
    what: "an unknown field beside the requests",
    json: { ...batch(item("a")), metadata: {} },
    message: "metadata: Extra inputs are not permitted",
  },
  {
    what: "a field __proto__ beside the requests",
    body: '{"__proto__":{},"requests":[{"custom_id":"a","params":{}}]}',
    message: "__proto__: Extra inputs are not permitted",
  },
  {
    what: "a provider that is a number",
    json: { ...batch(item("a")), provider: 5 },
    message: "provider: Input should be a valid string",
  },
  {
    what: "a bucket that isn't named",
    json: { ...batch(item("a")), storage_config: { s3: {} } },
    message: "storage_config.s3.bucket: Field required",
  },
  {
    what: "100,001 requests",
    json: batch(...Array.from({ length: 100_001 }, (_, index) => item(`r${index}`))),
    message: "requests: List should have at most 100000 items after validation, not 100001",
  },
  {
    what: "a request that is too large",
    json: batch(item("a"), item("b", { params: { text: "x".repeat(2_000_000) } })),
    status: 413,
    type: "request_too_large",
    message: "Request exceeds the maximum size: requests.1 is larger than 2000000 bytes.",
  },
  {
    what: "too much beside the requests",
    json: { ...batch(item("a")), model: "x".repeat(1_100_000) },
    status: 413,
    type: "request_too_large",
    message:
      "Request exceeds the maximum size: what stands beside 'requests' is larger than 1048576 bytes.",
  },
  {
    what: "a body that says it is too large",
    json: batch(item("a", { params: { text: "x".repeat(6_000_000) } })),
    status: 413,
    type: "request_too_large",
    message: "Request exceeds the maximum size: a batch may have at most 6000000 bytes.",
  },
  {
    what: "another content type",
    body: "requests=",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    status: 415,
    message: expect.stringContaining("send application/json"),
  },
  {
    what: "a call without a version",
    json: batch(item("a")),
    headers: { "anthropic-version": "" },
    message: "anthropic-version: header is required",
  },
  {
    what: "a version that there isn't",
    json: batch(item("a")),
    headers: { "anthropic-version": "2023-06-02" },
    message: 'anthropic-version: "2023-06-02" is not a valid version',
  },
];

const OTHERS: readonly Refusal[] = [
  {
    what: "a limit of 0",
    method: "GET",
    path: `${PATH}?limit=0`,
    message: "limit: Input should be greater than or equal to 1",
  },
  {
    what: "a limit of 1001",
    method: "GET",
    path: `${PATH}?limit=1001`,
    message: "limit: Input should be less than or equal to 1000",
  },
  {
    what: "a limit that is a word",
    method: "GET",
    path: `${PATH}?limit=all`,
    message: "limit: Input should be a valid integer, unable to parse string as an integer",
  },
  {
    what: "two cursors",
    method: "GET",
    path: `${PATH}?after_id=a&before_id=b`,
    message: "Only one of `before_id` and `after_id` may be set.",
  },
  {
    what: "a cursor that stands for nothing",
    method: "GET",
    path: `${PATH}?before_id=msgbatch_x`,
    status: 404,
    type: "not_found_error",
    message: "before_id: Invalid cursor 'msgbatch_x'",
  },
  {
    what: "a page that isn't one of ours",
    method: "GET",
    path: `${PATH}?page=2`,
    message: "page: Invalid page token",
  },
  {
    what: "an unknown field of a cancel",
    path: `${PATH}/msgbatch_1/cancel`,
    json: { reason: "none" },
    message: "reason: Extra inputs are not permitted",
  },
  {
    what: "an id that can't be one",
    method: "GET",
    path: `${PATH}/%00`,
    status: 404,
    type: "not_found_error",
    message: "Message Batch \0 not found.",
  },
  {
    what: "results of a batch that there isn't",
    method: "GET",
    path: `${PATH}/msgbatch_x/results`,
    status: 404,
    type: "not_found_error",
    message: "Message Batch msgbatch_x not found.",
  },
  {
    what: "a delete of a batch that there isn't",
    method: "DELETE",
    path: `${PATH}/msgbatch_x`,
    status: 404,
    type: "not_found_error",
    message: "Message Batch msgbatch_x not found.",
  },
  {
    what: "a path that there isn't",
    method: "GET",
    path: "/v1/party",
    status: 404,
    type: "not_found_error",
    message: "Invalid URL (GET /anthropic/v1/party)",
  },
  {
    what: "a path that lacks its id",
    method: "GET",
    path: `${PATH}/`,
    status: 404,
    type: "not_found_error",
    message: "Invalid URL (GET /anthropic/v1/messages/batches/)",
  },
];

/** Every shape of error but the newest is in the specification. */
const NOT_IN_SPEC: ReadonlySet<string> = new Set(["request_too_large"]);

test.each([...CREATES, ...OTHERS])(
  "$what is refused in Anthropic's words, and nothing is left",
  async ({ status = 400, type = "invalid_request_error", message, path = PATH, ...sent }) => {
    const answer = await send(host.url, { path, ...sent });
    expect(answer.body).toEqual({
      type: "error",
      error: { type, message },
      request_id: answer.headers["request-id"],
    });
    expect(answer.status).toBe(status);
    expect(answer.headers["request-id"]).toMatch(/^req_/);
    if (!NOT_IN_SPEC.has(type)) {
      // oxlint-disable-next-line vitest/no-conditional-expect -- the type is the table's, not the answer's.
      expect(specProblem("anthropic", "ErrorResponse", answer.body)).toBeNull();
    }
    const { contents, files, batches } = host.gateway;
    expect([contents.size, files.size, batches.size]).toEqual([0, 0, 0]);
  },
);

test("a body of unknown length is let in up to the limit, and refused beyond it", async () => {
  async function* body() {
    yield '{"requests":[';
    for (let count = 0; ; count += 1) {
      yield `{"custom_id":"r${count}","params":{"text":"${"x".repeat(60_000)}"}},`;
      await new Promise(setImmediate);
    }
  }
  const answer = request(`${host.url}/anthropic${PATH}`, {
    method: "POST",
    headers: { "anthropic-version": "2026-10-21", "content-type": "application/json" },
    body: Readable.from(body()),
  });
  await expect(answer.then(({ statusCode }) => statusCode)).resolves.toBe(413);
  expect(host.gateway.contents.size).toBe(0);
});

describe("what the gateway refuses", () => {
  test("an unknown provider is an invalid request, and its lines are gone", async () => {
    host.gateway.failNext(
      new GatewayError("unknown_provider", "There is no provider 'x'.", { param: "provider" }),
    );
    const answer = await send(host.url, {
      path: PATH,
      json: batch(item("a")),
      headers: { "x-model-provider": "x" },
    });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { type: "invalid_request_error", message: "There is no provider 'x'." } },
    });
    expect(host.gateway.calls.at(-1)?.call.namedProviders).toEqual(["x"]);
    expect(host.gateway.contents.size).toBe(0);
  });

  test("after a failure that is no refusal the lines stay: the batch may be there and read them", async () => {
    host.gateway.failNext(new GatewayError("storage_unavailable", "The database is gone."));
    const answer = await send(host.url, { path: PATH, json: batch(item("a")) });
    expect(answer).toMatchObject({ status: 503, body: { error: { type: "api_error" } } });
    expect(host.gateway.contents.size).toBe(1);
    host.gateway.contents.clear();
  });

  test("a key that may not come in is refused before its requests are read", async () => {
    const seen = host.gateway.calls.length;
    const answer = await send(host.url, {
      path: PATH,
      body: "not read",
      headers: { "x-api-key": "sk-refused" },
    });
    expect(answer).toMatchObject({
      status: 401,
      body: { error: { type: "authentication_error" } },
    });
    expect(host.gateway.calls).toHaveLength(seen);
  });
});

test("a batch that runs has no results, can't be deleted; one that has ended can't be cancelled", async () => {
  host.gateway.batches.set("b1", { ...newBatch("b1", NOW), state: "in_progress" });
  host.gateway.batches.set("b2", { ...newBatch("b2", NOW), state: "expired" });
  const answers = [
    await send(host.url, { method: "GET", path: `${PATH}/msgbatch_b1/results` }),
    await send(host.url, { method: "DELETE", path: `${PATH}/msgbatch_b1` }),
    await send(host.url, { path: `${PATH}/msgbatch_b2/cancel` }),
  ];
  host.gateway.batches.clear();
  expect(answers.map(({ status, body }) => [status, body])).toMatchObject([
    [404, { error: { message: "Message Batch msgbatch_b1 has no available results." } }],
    [
      400,
      {
        error: {
          message: "In progress batches cannot be deleted. Consider canceling the batch instead.",
        },
      },
    ],
    [
      400,
      {
        error: {
          message: "Message Batch msgbatch_b2 has already ended and cannot be canceled.",
        },
      },
    ],
  ]);
});

test("a client that goes away amid its requests leaves nothing", async () => {
  const abort = new AbortController();
  async function* body() {
    yield '{"requests":[';
    for (let count = 0; ; count += 1) {
      yield `{"custom_id":"r${count}","params":{}},`;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const seen = host.gateway.calls.length;
  const sent = request(`${host.url}/anthropic${PATH}`, {
    method: "POST",
    headers: { "anthropic-version": "2023-06-01", "content-type": "application/json" },
    body: Readable.from(body()),
    signal: abort.signal,
  }).catch(() => "aborted");
  await vi.waitFor(() => expect(host.gateway.contents.size).toBe(1));
  abort.abort();
  expect(await sent).toBe("aborted");
  await vi.waitFor(() => expect(host.gateway.contents.size).toBe(0));
  expect(host.gateway.calls).toHaveLength(seen);
});

test("a refused body is read to its end, so that its connection serves the next request", async () => {
  const client = new Client(host.url);
  let connections = 0;
  client.on("connect", () => {
    connections += 1;
  });
  const statuses: number[] = [];
  for (const id of ["a.b", "c d", "e"]) {
    const answer = await client.request({
      method: "POST",
      path: `/anthropic${PATH}`,
      headers: { "anthropic-version": "2023-06-01", "content-type": "application/json" },
      body: JSON.stringify(batch(item(id, { params: { text: "x".repeat(1e6) } }))),
    });
    await answer.body.dump();
    statuses.push(answer.statusCode);
  }
  await client.close();
  host.gateway.contents.clear();
  expect(statuses).toEqual([400, 400, 200]);
  expect(connections).toBe(1);
});
