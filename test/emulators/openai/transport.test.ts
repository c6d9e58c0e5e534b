import OpenAI, { APIConnectionError } from "openai";
import { expect, test } from "vitest";
import { sendCommand } from "../../../src/emulators/control-routes.ts";
import { chatLine, createBatch, KEY, startStage, uploadLines } from "./stage.ts";

test.each<[string, string | null, string | null]>([
  ["no key", null, null],
  ["an unknown key", "sk-wrong-0000-9999", "invalid_api_key"],
])("a call with %s is a 401", async (_, key, code) => {
  await using stage = await startStage();
  const refused = await stage.call("GET", "/files", { key });
  expect(refused.status).toBe(401);
  expect(refused.json()).toEqual({
    error: { message: expect.any(String), type: "invalid_request_error", param: null, code },
  });
  expect(refused.text).not.toContain("sk-wrong-0000-9999");
});

test.each([
  ["GET", "/nothing", 404],
  ["GET", "/files/", 404],
  ["GET", "/files//content", 404],
  ["PUT", "/files", 405],
  ["POST", "/files/file-x", 405],
])("%s %s is a %i in OpenAI's shape", async (method, path, status) => {
  await using stage = await startStage();
  const refused = await stage.call(method, path);
  expect(refused.status).toBe(status);
  expect(Object.keys((refused.json() as { error: object }).error).toSorted()).toEqual([
    "code",
    "message",
    "param",
    "type",
  ]);
});

test("an id is decoded after the path was split", async () => {
  await using stage = await startStage();
  const refused = await stage.call("GET", "/files/a%2Fcontent");
  expect(refused.text).toContain("No such File object: a/content");
});

test("every answer has the headers that clients look at", async () => {
  await using stage = await startStage();
  const list = await stage.client.files.list().withResponse();
  expect(list.request_id).toMatch(/^req_/);
  expect(list.response.headers.get("openai-version")).toBe("2020-10-01");
  expect(list.response.headers.get("openai-processing-ms")).toMatch(/^\d+$/);
  for (const what of ["limit", "remaining", "reset"]) {
    for (const unit of ["requests", "tokens"]) {
      expect(list.response.headers.get(`x-ratelimit-${what}-${unit}`)).not.toBeNull();
    }
  }
  const refused = await stage.call("GET", "/files/none");
  expect(refused.headers.get("x-request-id")).toMatch(/^req_/);
});

test.each([
  ["no JSON", "{"],
  ["an array", "[]"],
  ["nesting too deep", "[".repeat(200_000)],
])("a body that is %s is a 400", async (_, body) => {
  await using stage = await startStage();
  const headers = { "content-type": "application/json" };
  const refused = await stage.call("POST", "/batches", { body, headers });
  expect(refused.status).toBe(400);
  expect(refused.text).toContain("We could not parse the JSON body");
});

test("a call may announce JSON and send nothing", async () => {
  await using stage = await startStage();
  const created = await createBatch(stage, [chatLine("a")]);
  const headers = { "content-type": "application/json" };
  expect((await stage.call("POST", `/batches/${created.id}/cancel`, { headers })).status).toBe(200);
  const path = `/files/${created.input_file_id}`;
  expect((await stage.call("DELETE", path, { headers })).status).toBe(200);
});

test("the journal has the client's organization and project, and never its key", async () => {
  await using stage = await startStage();
  const client = new OpenAI({
    apiKey: KEY,
    baseURL: stage.url,
    organization: "org-1",
    project: "proj-1",
  });
  await client.batches.create({
    input_file_id: "file-x",
    endpoint: "/v1/responses",
    completion_window: "24h",
  });
  const [entry] = stage.control.journal();
  expect(entry).toMatchObject({
    method: "POST",
    path: "/v1/batches",
    headers: { "openai-organization": "org-1", "openai-project": "proj-1" },
    status: 200,
  });
  expect(JSON.parse(entry?.body ?? "")).toMatchObject({ input_file_id: "file-x" });
  expect(JSON.stringify(stage.control.journal())).not.toContain(KEY);
});

test("the official client retries what a fault refused, and the second try is performed", async () => {
  await using stage = await startStage();
  const client = new OpenAI({ apiKey: KEY, baseURL: stage.url, maxRetries: 2 });
  for (const status of [409, 429, 500, 503]) {
    stage.control.inject({ kind: "status", status, retryAfterSeconds: 0 });
    expect((await client.files.list()).data).toEqual([]);
  }
  const statuses = stage.control.journal().map((entry) => entry.status);
  expect(statuses).toEqual([409, 200, 429, 200, 500, 200, 503, 200]);
});

test.each([
  [429, { type: "requests", code: "rate_limit_exceeded" }],
  [401, { type: "invalid_request_error", code: "invalid_api_key" }],
  [503, { type: "server_error", code: null }],
])("a fault of %i is worded as OpenAI does", async (status, error) => {
  await using stage = await startStage();
  stage.control.inject({ kind: "status", status, method: "GET", path: "/files$" });
  await expect(stage.client.files.list()).rejects.toMatchObject({ status, ...error });
});

test("a lost reply was performed: the batch is there, and its client doesn't know", async () => {
  await using stage = await startStage();
  const input = await uploadLines(stage, [chatLine("a")]);
  const create = () =>
    stage.client.batches.create({
      input_file_id: input.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      metadata: { token: "t1" },
    });
  stage.control.inject({ kind: "lostReply", method: "POST", path: "^/v1/batches$" });
  await expect(create()).rejects.toThrow(APIConnectionError);
  expect(stage.control.batches()).toMatchObject([{ metadata: { token: "t1" } }]);
  stage.control.inject({ kind: "reset", method: "POST", path: "^/v1/batches$" });
  await expect(create()).rejects.toThrow(APIConnectionError);
  expect(stage.control.batches()).toHaveLength(1);
});

test("an upload whose connection breaks in the middle leaves no file", async () => {
  await using stage = await startStage();
  stage.control.inject({ kind: "reset", afterBytes: 100_000 });
  await expect(uploadLines(stage, ["x".repeat(500_000)])).rejects.toThrow(APIConnectionError);
  expect(stage.control.files()).toEqual([]);
});

test("content that is cut off is shorter than it says, and the client notices", async () => {
  await using stage = await startStage();
  const file = await uploadLines(stage, ["x".repeat(300_000)]);
  stage.control.inject({ kind: "cutOff", afterBytes: 200_000, path: "/content$" });
  const content = await stage.client.files.content(file.id);
  await expect(content.text()).rejects.toThrow("terminated");
  expect((await (await stage.client.files.content(file.id)).text()).length).toBe(300_001);
});

test("another process steers the same emulator over HTTP", async () => {
  await using stage = await startStage();
  const { controlUrl } = stage.emulator;
  const created = await createBatch(stage, [chatLine("a"), chatLine("b"), chatLine("c")]);
  await sendCommand(controlUrl, "failLine", "b", { status: 503 });
  expect(await sendCommand(controlUrl, "run", created.id, 1)).toBe("in_progress");
  expect(await sendCommand(controlUrl, "advance", created.id)).toBe("finalizing");
  expect(await sendCommand(controlUrl, "complete", created.id)).toBe("completed");
  expect(await sendCommand(controlUrl, "batches")).toEqual([
    { id: created.id, state: "completed", lines: 3, metadata: null },
  ]);
  expect(await sendCommand(controlUrl, "files")).toHaveLength(3);
  await sendCommand(controlUrl, "setSpeed", 100);
  expect(await sendCommand(controlUrl, "speed")).toBe(100);
  await expect(sendCommand(controlUrl, "setSpeed", "fast")).rejects.toThrow("setSpeed");
  await expect(sendCommand(controlUrl, "complete", "batch_none")).rejects.toThrow("batch_none");
});

test("two emulators share nothing, and a closed one leaves its port free", async () => {
  const first = await startStage();
  await using second = await startStage();
  await uploadLines(first, ["{}"]);
  expect(second.control.files()).toEqual([]);
  const port = Number(new URL(first.url).port);
  await first[Symbol.asyncDispose]();
  await using third = await startStage({ port });
  expect(new URL(third.url).port).toBe(String(port));
  expect(third.control.files()).toEqual([]);
});

test("closing while batches run ends cleanly", async () => {
  const stage = await startStage({ speed: 50 });
  const created = await createBatch(
    stage,
    Array.from({ length: 500 }, (_, index) => chatLine(`${index}`)),
  );
  await stage.control.run(created.id, 5);
  await stage[Symbol.asyncDispose]();
  expect(stage.control.batches()).toMatchObject([{ state: "in_progress" }]);
});
