import { expect, test } from "vitest";
import type { Stage } from "./stage.ts";
import { batchRequest, batchRequests, KEY, OLD_VERSION, readRows, startStage } from "./stage.ts";

const PATH = "/v1/messages/batches";

async function refusal(stage: Stage, body: string): Promise<unknown> {
  const reply = await stage.call("POST", PATH, { body });
  expect(stage.control.batches()).toEqual([]);
  expect(reply.headers.get("request-id")).toMatch(/^req_/);
  return { status: reply.status, body: reply.json() };
}

function invalid(message: unknown) {
  return {
    status: 400,
    body: {
      type: "error",
      error: { type: "invalid_request_error", message },
      request_id: expect.stringMatching(/^req_/),
    },
  };
}

function listOf(...requests: readonly unknown[]): string {
  return JSON.stringify({ requests });
}

const { params } = batchRequest("a");
const a = batchRequest("a");

test.each([
  [
    "a duplicate id",
    listOf(a, batchRequest("dup"), batchRequest("dup")),
    "requests: custom_id's must be unique within a batch. Duplicate custom_id found: dup",
  ],
  ["a missing id", listOf({ params }), "requests.0.custom_id: Field required"],
  [
    "an id of 65 characters",
    listOf(batchRequest("x".repeat(65))),
    "requests.0.custom_id: String should have at most 64 characters",
  ],
  [
    "an id with other characters",
    listOf(a, batchRequest("a b")),
    "requests.1.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
  ],
  [
    "an empty id",
    listOf(batchRequest("")),
    "requests.0.custom_id: String should have at least 1 character",
  ],
  [
    "a number as id",
    listOf({ custom_id: 1, params }),
    "requests.0.custom_id: Input should be a valid string",
  ],
  ["an empty list", listOf(), "requests: List should have at least 1 item after validation, not 0"],
  ["no list", "{}", "requests: Field required"],
  ["a list of another type", '{"requests": {"a": 1}}', "requests: Input should be a valid list"],
  ["a request that is none", listOf(a, 1), "requests.1: Input should be a valid dictionary"],
  ["a request without params", listOf({ custom_id: "a" }), "requests.0.params: Field required"],
  [
    "params of another type",
    listOf({ custom_id: "a", params: [] }),
    "requests.0.params: Input should be a valid dictionary",
  ],
  [
    "a further member of a request",
    listOf({ ...a, url: "/v1/messages" }),
    "requests.0.url: Extra inputs are not permitted",
  ],
  [
    "a further member of the body",
    JSON.stringify({ requests: [a], model: "x" }),
    "model: Extra inputs are not permitted",
  ],
  ["a body that is a list", "[]", "Input should be a valid dictionary"],
])("a batch with %s is refused at once", async (_title, body, message) => {
  await using stage = await startStage();
  expect(await refusal(stage, body)).toEqual(invalid(message));
});

test.each([
  ["", "nothing"],
  ["{", "an open object"],
  ['{"requests": [', "an open list"],
  ['{"requests": [{"custom_id": "a"', "an open request"],
  [`${listOf(a)}x`, "something after the end"],
  ['{"requests": [{"custom_id": a}]}', "a word that isn't quoted"],
  [listOf(a).replace("]}", ",]}"), "a comma too many in the list"],
  ['{"requests": [],}', "a comma too many in the object"],
  [`{"requests": [${JSON.stringify(a)} ${JSON.stringify(a)}]}`, "a comma too few"],
  [listOf({ params }, a).slice(0, -1), "a missing end after a bad request"],
  ["{requests: []}", "a name that isn't quoted"],
])("a body that isn't JSON is refused as such: %j, %s", async (body) => {
  await using stage = await startStage();
  expect(await refusal(stage, body)).toEqual(
    invalid(expect.stringMatching(/^The request body is not valid JSON: ./)),
  );
});

test("more requests than a batch may have are refused", async () => {
  await using stage = await startStage({ limits: { batchRequests: 3 } });
  expect(await refusal(stage, listOf(...batchRequests(4)))).toEqual(
    invalid("requests: List should have at most 3 items after validation, not 4"),
  );
  const created = await stage.client.messages.batches.create({ requests: batchRequests(3) });
  expect(created.request_counts.processing).toBe(3);
});

test.each(["with a length", "without a length"])("a body too large %s is a 413", async (kind) => {
  await using stage = await startStage({ limits: { batchBytes: 10_000 } });
  const text = listOf(...batchRequests(200));
  const body = kind === "with a length" ? text : new Blob([text]).stream();
  const reply = await stage.call("POST", PATH, { body });
  expect(reply.status).toBe(413);
  expect(reply.json()).toMatchObject({ error: { type: "request_too_large" } });
});

test("a batch of the largest number of requests is taken as it streams in", async () => {
  await using stage = await startStage({ speed: 0 });
  const one = JSON.stringify(batchRequest("ID"));
  let sent = 0;
  const body = new ReadableStream({
    pull: (controller) => {
      if (sent === 0) controller.enqueue(Buffer.from('{"requests": [\n'));
      let text = "";
      for (let count = 0; count < 1_000; count += 1) {
        text += `${sent === 0 ? "" : ","}${one.replace("ID", `r${sent}`)}`;
        sent += 1;
      }
      controller.enqueue(Buffer.from(text));
      if (sent < 100_000) return;
      controller.enqueue(Buffer.from("]}\n"));
      controller.close();
    },
  });
  const reply = await stage.call("POST", PATH, { body });
  expect(reply.json()).toMatchObject({ request_counts: { processing: 100_000 } });
});

test("a body may come in pieces of any size, with blanks and escapes anywhere", async () => {
  await using stage = await startStage();
  const content = 'quote " brace ] } comma , backslash \\ newline \n é €';
  const messages = [{ role: "user", content }];
  const requests = ["a", "b", "c"].map((id) => batchRequest(id, { messages }));
  const bytes = Buffer.from(`\n ${JSON.stringify({ requests }, null, 3)} \r\n`);
  for (const size of [1, 2, 7, 64]) {
    let at = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        controller.enqueue(bytes.subarray(at, at + size));
        at += size;
        if (at >= bytes.length) controller.close();
      },
    });
    const reply = await stage.call("POST", PATH, { body });
    expect(reply.json()).toMatchObject({ request_counts: { processing: 3 } });
  }
  const texts = new Set<string>();
  for (const { id } of stage.control.batches()) {
    await stage.control.complete(id);
    for (const { result } of await readRows(stage, id)) {
      const block = result.type === "succeeded" ? result.message.content[0] : undefined;
      texts.add(block?.type === "text" ? block.text : result.type);
    }
  }
  expect([...texts]).toEqual([expect.stringContaining('quote " brace ] } comma , backslash \\')]);
});

const ROWS: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ["missing messages", { messages: undefined }, "messages: Field required"],
  ["max_tokens 0", { max_tokens: 0 }, "max_tokens: must be greater than or equal to 1"],
  [
    "too many max_tokens",
    { max_tokens: 64_001 },
    "max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5-20251001",
  ],
  ["streaming", { stream: true }, '"stream=True" is not supported in the Message Batches API'],
  ["speed", { speed: "fast" }, "speed: Extra inputs are not permitted"],
  ["no max_tokens", { max_tokens: undefined }, "max_tokens: Field required"],
  ["no model", { model: undefined }, "model: Field required"],
  ["an unknown model", { model: "claude-x" }, "model: claude-x"],
];

test.each(ROWS)("a request with %s fails in its row only", async (_title, changes, message) => {
  await using stage = await startStage();
  const requests = [batchRequest("bad", changes), batchRequest("good")];
  const created = await stage.client.messages.batches.create({ requests });
  await stage.control.complete(created.id);
  const rows = await readRows(stage, created.id);
  const type = message === "model: claude-x" ? "not_found_error" : "invalid_request_error";
  expect(rows.find((row) => row.custom_id === "bad")?.result).toEqual({
    type: "errored",
    error: { type: "error", error: { type, message }, request_id: null },
  });
  expect(rows.find((row) => row.custom_id === "good")?.result.type).toBe("succeeded");
});

test("requests are held against the version in which the batch was made", async () => {
  await using stage = await startStage();
  const json = { requests: [batchRequest("a", { temperature: 1 })] };
  const results = [];
  for (const version of ["2023-06-01", "2026-10-21"]) {
    const headers = { "x-api-key": KEY, "anthropic-version": version };
    await stage.call("POST", PATH, { json, headers });
    const id = stage.control.batches().at(-1)?.id ?? "";
    await stage.control.complete(id);
    results.push((await readRows(stage, id))[0]?.result);
  }
  expect(results).toMatchObject([
    { type: "succeeded" },
    { error: { error: { message: "temperature: Not supported by anthropic-version 2026-10-21" } } },
  ]);
});

test("both ways to say who one is are taken, others are not", async () => {
  await using stage = await startStage();
  const statusOf = async (headers: Record<string, string>) =>
    (await stage.call("GET", PATH, { headers: { ...OLD_VERSION, ...headers } })).status;
  expect(await statusOf({ "x-api-key": KEY })).toBe(200);
  expect(await statusOf({ authorization: `Bearer ${KEY}` })).toBe(200);
  expect(await statusOf({ "x-api-key": "sk-ant-wrong" })).toBe(401);
  expect(await statusOf({ authorization: "Bearer sk-ant-wrong" })).toBe(401);
  const none = await stage.call("GET", PATH, { headers: OLD_VERSION });
  expect(none.status).toBe(401);
  expect(none.json()).toMatchObject({ error: { type: "authentication_error" } });
});

test.each([{}, { "anthropic-version": "2022-01-01" }])(
  "a call with %j as its version is refused",
  async (version) => {
    await using stage = await startStage();
    const headers = { "x-api-key": KEY, ...version };
    const reply = await stage.call("GET", PATH, { headers });
    expect(reply.status).toBe(400);
    expect(reply.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  },
);

test.each([
  ["GET", "/v1/none", 404],
  ["GET", "/messages", 404],
  ["PUT", PATH, 405],
])("%s %s is answered with %i", async (method, path, status) => {
  await using stage = await startStage();
  expect((await stage.call(method, path)).status).toBe(status);
});
