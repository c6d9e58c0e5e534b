import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import OpenAI, {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  toFile,
} from "openai";
import { request } from "undici";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { openaiDialect } from "../../../src/dialects/openai/openai.ts";
import { type DialectHost, NOW, startDialectHost } from "../../support/dialect-host.ts";
import { newBatch } from "../../support/memory-gateway.ts";

let host: DialectHost;

beforeEach(async () => {
  host = await startDialectHost([openaiDialect]);
});

afterEach(async () => {
  await host[Symbol.asyncDispose]();
});

function client(prefix = "/openai/v1", maxRetries = 0): OpenAI {
  return new OpenAI({ baseURL: `${host.url}${prefix}`, apiKey: "sk-test", maxRetries });
}

const LINES = '{"custom_id":"a"}\n{"custom_id":"b"}\n';
const lines = () => toFile(Buffer.from(LINES), "lines.jsonl", { type: "application/jsonl" });

async function upload(openai = client()): Promise<OpenAI.FileObject> {
  return openai.files.create({ file: await lines(), purpose: "batch" });
}

test.each(["/openai", "/openai/v1", "/v1", "/openai/v1/"])(
  "under %s a file goes up, is found, read and deleted",
  async (prefix) => {
    const openai = client(prefix);
    const file = await upload(openai);
    expect(file).toMatchObject({ object: "file", bytes: LINES.length, status: "processed" });
    expect(await openai.files.retrieve(file.id)).toEqual(file);
    expect(await openai.files.waitForProcessing(file.id)).toEqual(file);
    expect(await (await openai.files.content(file.id)).text()).toBe(LINES);
    expect(await openai.files.delete(file.id)).toEqual({
      id: file.id,
      object: "file",
      deleted: true,
    });
    expect(host.gateway.contents.size).toBe(0);
  },
);

test("a file that is streamed from a disk, without a length, arrives whole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-"));
  const path = join(folder, "streamed.jsonl");
  const bytes = Buffer.alloc(3_000_000, LINES);
  await writeFile(path, bytes);
  const file = await client().files.create({
    file: createReadStream(path),
    purpose: "batch",
    expires_after: { anchor: "created_at", seconds: 3600 },
  });
  await rm(folder, { recursive: true });
  expect(file).toMatchObject({ filename: "streamed.jsonl", bytes: bytes.length });
  expect(file.expires_at).toBe(file.created_at + 3600);
  expect([...host.gateway.contents.values()][0]?.equals(bytes)).toBe(true);
});

test("lists are paged to their end, in either order", async () => {
  const openai = client();
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push((await upload(openai)).id);
  const seen: string[] = [];
  for await (const file of openai.files.list({ limit: 2 })) seen.push(file.id);
  expect(seen).toEqual(ids.toReversed());
  seen.length = 0;
  for await (const file of openai.files.list({ limit: 3, order: "asc" })) seen.push(file.id);
  expect(seen).toEqual(ids);
  const page = await openai.files.list({ purpose: "vision" });
  expect(page.data).toEqual([]);
  expect(page.hasNextPage()).toBe(false);
});

test("a batch of a file is made, found, listed and cancelled", async () => {
  const openai = client();
  const file = await upload(openai);
  const batch = await openai.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    metadata: { team: "a" },
    output_expires_after: { anchor: "created_at", seconds: 86_400 },
  });
  expect(batch).toMatchObject({
    object: "batch",
    status: "validating",
    input_file_id: file.id,
    metadata: { team: "a" },
    request_counts: { total: 0, completed: 0, failed: 0 },
  });
  expect(host.gateway.calls.at(-1)?.argument).toMatchObject({ outputExpiresAfterSeconds: 86_400 });
  expect(await openai.batches.retrieve(batch.id)).toEqual(batch);
  const listed: string[] = [];
  for await (const each of openai.batches.list({ limit: 1 })) listed.push(each.id);
  expect(listed).toEqual([batch.id]);
  expect(await openai.batches.cancel(batch.id)).toMatchObject({ status: "cancelling" });
});

test("what only the gateway knows can be said in every call", async () => {
  const openai = client();
  const requests = [{ custom_id: "a", params: { model: "claude" } }];
  const extra = { provider: "anthropic", requests, model: "claude", output_s3_uri: "s3://b/p" };
  const batch = await openai.batches.create({
    input_file_id: "",
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    ...extra,
  });
  expect(host.gateway.calls.at(-1)).toMatchObject({
    operation: "createBatch",
    argument: {
      input: { kind: "content", content: { lines: 1 } },
      model: "claude",
      options: { output_s3_uri: "s3://b/p" },
    },
    call: { namedProviders: ["anthropic"], defaultProvider: "openai", dialect: "openai" },
  });
  const both = { ...extra, input_file_id: "file-1", endpoint: "/v1/chat/completions" } as const;
  await openai.batches.create({ ...both, completion_window: "24h" });
  expect(host.gateway.calls.pop()).toMatchObject({
    argument: { input: { kind: "content", content: { lines: 1 } } },
  });
  await openai.batches.retrieve(batch.id, { query: { provider: "bedrock" } });
  await openai.batches.cancel(batch.id, { body: { provider: "gemini" } });
  await openai.batches.retrieve(batch.id, { headers: { "x-model-provider": "openai" } });
  const named = host.gateway.calls.slice(1).map(({ call }) => call.namedProviders);
  expect(named).toEqual([["bedrock"], ["gemini"], ["openai"]]);
});

test("a large file goes up in parts", async () => {
  const openai = client();
  const upload = await openai.uploads.create({
    filename: "big.jsonl",
    purpose: "batch",
    bytes: LINES.length * 2,
    mime_type: "application/jsonl",
  });
  expect(upload).toMatchObject({ object: "upload", status: "pending", file: null });
  const parts = [
    await openai.uploads.parts.create(upload.id, { data: await lines() }),
    await openai.uploads.parts.create(upload.id, { data: await lines() }),
  ];
  expect(parts[0]).toMatchObject({ object: "upload.part", upload_id: upload.id });
  const completed = await openai.uploads.complete(upload.id, {
    part_ids: parts.map(({ id }) => id),
  });
  expect(completed.status).toBe("completed");
  const content = await openai.files.content(completed.file?.id ?? "");
  expect(await content.text()).toBe(LINES + LINES);
  const other = await openai.uploads.create({
    filename: "x.png",
    purpose: "vision",
    bytes: 1,
    mime_type: "image/png",
  });
  expect(await openai.uploads.cancel(other.id)).toMatchObject({ status: "cancelled" });
});

test("errors are the SDK's own, with message, type, param and code", async () => {
  const openai = client();
  await expect(openai.files.retrieve("file-x")).rejects.toMatchObject({
    constructor: NotFoundError,
    status: 404,
    message: "404 No such File object: file-x",
    type: "invalid_request_error",
    param: "id",
    code: null,
    requestID: expect.any(String),
  });
  await expect(openai.batches.retrieve("batch_x")).rejects.toThrow(
    "404 No batch found with id 'batch_x'.",
  );
  await expect(
    openai.batches.create({
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      input_file_id: "",
    }),
  ).rejects.toMatchObject({
    constructor: BadRequestError,
    message: "400 Missing required parameter: 'input_file_id'.",
    param: "input_file_id",
    code: "missing_required_parameter",
  });
  await expect(openai.files.retrieve("")).rejects.toThrow("404");
  const stranger = new OpenAI({ baseURL: `${host.url}/v1`, apiKey: "sk-refused", maxRetries: 0 });
  await expect(stranger.files.list()).rejects.toMatchObject({
    constructor: AuthenticationError,
    code: "invalid_api_key",
  });
});

test("cancelling a batch that has ended is refused once, and not tried again by the SDK", async () => {
  host.gateway.batches.set("b1", { ...newBatch("b1", NOW), state: "completed" });
  await expect(client("/v1", 2).batches.cancel("batch_b1")).rejects.toMatchObject({
    constructor: ConflictError,
    message: "409 Cannot cancel a batch with status 'completed'.",
  });
  expect(host.gateway.calls).toHaveLength(1);
});

test("what may pass is tried again by the SDK", async () => {
  const file = await upload();
  host.gateway.calls.length = 0;
  host.gateway.failNext(new GatewayError("stale", "Someone else was faster."));
  expect(await client("/v1", 1).files.retrieve(file.id)).toMatchObject({ id: file.id });
  expect(host.gateway.calls).toHaveLength(2);
});

test("an error that isn't ours is a 500 that tells nothing, and isn't tried again", async () => {
  host.gateway.failNext(new Error("password=hunter2"));
  const failure: unknown = await client("/v1", 2)
    .files.list()
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ constructor: InternalServerError, type: "server_error" });
  expect(String(failure)).not.toContain("hunter2");
  expect(host.gateway.calls).toHaveLength(1);
});

test("a client that goes away while it uploads leaves nothing", async () => {
  const abort = new AbortController();
  async function* body() {
    yield Buffer.from(
      '--b\r\nContent-Disposition: form-data; name="file"; filename="x.jsonl"\r\n\r\n',
    );
    for (;;) {
      yield Buffer.alloc(65_536, LINES);
      await new Promise(setImmediate);
    }
  }
  const sent = request(`${host.url}/v1/files`, {
    method: "POST",
    headers: { "content-type": "multipart/form-data; boundary=b" },
    body: Readable.from(body()),
    signal: abort.signal,
  }).catch(() => "aborted");
  await vi.waitFor(() => expect(host.gateway.contents.size).toBe(1));
  abort.abort();
  expect(await sent).toBe("aborted");
  await vi.waitFor(() => expect(host.gateway.contents.size).toBe(0));
  expect(host.gateway.calls).toEqual([]);
});
