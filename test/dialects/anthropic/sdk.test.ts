import { Readable } from "node:stream";
import Anthropic, {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  toFile,
} from "@anthropic-ai/sdk";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { anthropicDialect } from "../../../src/dialects/anthropic/anthropic.ts";
import { type DialectHost, NOW, startDialectHost } from "../../support/dialect-host.ts";
import { newBatch } from "../../support/memory-gateway.ts";
import { specProblem } from "../../support/specs.ts";

let host: DialectHost;

beforeEach(async () => {
  host = await startDialectHost([anthropicDialect]);
});

afterEach(async () => {
  await host[Symbol.asyncDispose]();
});

interface ClientOptions {
  readonly maxRetries?: number;
  readonly provider?: string;
  readonly key?: string;
}

function client({ maxRetries = 0, provider, key = "sk-test" }: ClientOptions = {}): Anthropic {
  return new Anthropic({
    baseURL: `${host.url}/anthropic`,
    apiKey: key,
    maxRetries,
    ...(provider === undefined ? {} : { defaultHeaders: { "x-model-provider": provider } }),
  });
}

const params = {
  model: "claude-haiku-4-5",
  max_tokens: 100,
  messages: [{ role: "user", content: "What is 2+2?\n" }],
} as const;
const requests = [
  { custom_id: "request-1", params: { ...params, messages: [...params.messages] } },
  { custom_id: "request_2", params: { ...params, messages: [...params.messages] } },
];
const ROWS =
  '{"custom_id":"request-1","result":{"type":"expired"}}\n{"custom_id":"request_2","result":{"type":"canceled"}}\n';

function end(id: string, changes: object = {}): void {
  for (const [key, batch] of host.gateway.batches) {
    if (`msgbatch_${key}` !== id) continue;
    const counts = { total: 2, completed: 2, failed: 0 };
    const times = { ...batch.times, completedAt: NOW };
    host.gateway.batches.set(key, { ...batch, state: "completed", counts, times, ...changes });
  }
}

/** Both namespaces have the same calls. */
const NAMESPACES = {
  stable: (anthropic: Anthropic) => anthropic.messages.batches,
  beta: (anthropic: Anthropic) => anthropic.beta.messages.batches,
};
const names = Object.keys(NAMESPACES) as (keyof typeof NAMESPACES)[];

describe.each(names)("batches of the %s namespace", (name) => {
  const batchesOf = (options?: ClientOptions) =>
    NAMESPACES[name](client(options)) as Anthropic["messages"]["batches"];

  test("a batch is made, found, listed, cancelled, read and deleted", async () => {
    const batches = batchesOf();
    const made = await batches.create({ requests });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^msgbatch_/),
      type: "message_batch",
      processing_status: "in_progress",
      request_counts: { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      created_at: "2026-01-02T03:04:05.678Z",
      expires_at: "2026-01-03T03:04:05.678Z",
      ended_at: null,
      cancel_initiated_at: null,
      archived_at: null,
      results_url: null,
    });
    expect(specProblem("anthropic", "MessageBatch", made)).toBeNull();
    const [lines] = host.gateway.contents.values();
    expect(lines?.toString()).toBe(requests.map((each) => `${JSON.stringify(each)}\n`).join(""));
    expect(host.gateway.calls[0]).toMatchObject({
      operation: "createBatch",
      argument: {
        input: { kind: "content", content: { lines: 2 } },
        endpoint: "/v1/chat/completions",
        completionWindow: "24h",
        model: null,
      },
      call: { dialect: "anthropic", format: "anthropic", defaultProvider: "anthropic" },
    });
    expect(await batches.retrieve(made.id)).toEqual(made);
    const listed = await batches.list();
    expect(listed.data).toEqual([made]);
    await expect(batches.results(made.id)).rejects.toThrow("No batch `results_url`");
    await expect(batches.delete(made.id)).rejects.toMatchObject({
      constructor: BadRequestError,
      type: "invalid_request_error",
      message: expect.stringContaining("In progress batches cannot be deleted."),
    });
    expect(await batches.cancel(made.id)).toMatchObject({
      processing_status: "canceling",
      cancel_initiated_at: "2026-01-02T03:04:05.678Z",
    });
    end(made.id);
    const ended = await batches.retrieve(made.id);
    expect(ended).toMatchObject({
      processing_status: "ended",
      ended_at: "2026-01-02T03:04:05.678Z",
      request_counts: { processing: 0, succeeded: 2 },
      results_url: `${host.url}/anthropic/v1/messages/batches/${made.id}/results`,
    });
    expect(specProblem("anthropic", "MessageBatch", ended)).toBeNull();
    host.gateway.openNext(Readable.from([Buffer.from(ROWS)]));
    const rows: unknown[] = [];
    for await (const row of await batches.results(made.id)) rows.push(row);
    expect(rows).toEqual(
      ROWS.trimEnd()
        .split("\n")
        .map((row) => JSON.parse(row)),
    );
    await expect(batches.cancel(made.id)).rejects.toMatchObject({
      constructor: BadRequestError,
      message: expect.stringContaining("has already ended and cannot be canceled."),
    });
    expect(await batches.delete(made.id)).toEqual({ id: made.id, type: "message_batch_deleted" });
    await expect(batches.retrieve(made.id)).rejects.toMatchObject({
      constructor: NotFoundError,
      type: "not_found_error",
      message: expect.stringContaining(`Message Batch ${made.id} not found.`),
    });
  });

  test("the provider is named once on the client, and in the body beside the requests", async () => {
    const made = await batchesOf({ provider: "openai" }).create({ requests });
    end(made.id);
    host.gateway.openNext(Readable.from([Buffer.from(ROWS)]));
    await batchesOf({ provider: "openai" }).results(made.id);
    const own = { provider: "gemini", model: "gemini-2.5-flash", output_s3_uri: "s3://b/p" };
    await batchesOf().create({ requests, ...own });
    const calls = host.gateway.calls.map(({ operation, call }) => [operation, call.namedProviders]);
    expect(calls).toEqual([
      ["createBatch", ["openai"]],
      ["retrieveBatch", ["openai"]],
      ["openResults", ["openai"]],
      ["createBatch", ["gemini"]],
    ]);
    expect(host.gateway.calls.at(-1)?.argument).toMatchObject({
      model: "gemini-2.5-flash",
      options: { output_s3_uri: "s3://b/p" },
    });
  });

  test("250 batches are paged to their end, forwards and backwards", async () => {
    const ids: string[] = [];
    for (let count = 0; count < 250; count += 1) {
      const id = `b${String(count).padStart(3, "0")}`;
      host.gateway.batches.set(id, newBatch(id, NOW));
      ids.push(`msgbatch_${id}`);
    }
    const newestFirst = ids.toReversed();
    const seen: string[] = [];
    for await (const each of batchesOf().list({ limit: 40 })) seen.push(each.id);
    expect(seen).toEqual(newestFirst);
    const back: string[] = [];
    const pages: string[][] = [];
    const first = await batchesOf().list({ limit: 40, before_id: ids[0] ?? "" });
    for await (const page of first.iterPages()) {
      pages.push(page.data.map(({ id }) => id));
      back.unshift(...page.data.map(({ id }) => id));
    }
    expect(pages).toHaveLength(7);
    expect(pages[0]).toEqual(newestFirst.slice(209, 249));
    expect(back).toEqual(newestFirst.slice(0, 249));
    const all = await batchesOf().list({ limit: 1000 });
    expect([all.data.length, all.has_more, all.first_id, all.last_id]).toEqual([
      250,
      false,
      newestFirst[0],
      newestFirst.at(-1),
    ]);
    const { data, has_more, first_id, last_id } = all;
    const body = { data, has_more, first_id, last_id };
    expect(specProblem("anthropic", "ListResponse_MessageBatch_", body)).toBeNull();
  });
});

describe.each([
  { name: "stable", filesOf: (anthropic: Anthropic) => anthropic.files },
  {
    name: "beta",
    filesOf: (anthropic: Anthropic) => anthropic.beta.files,
  },
])("files of the $name namespace", ({ filesOf }) => {
  const files = () => filesOf(client());
  const upload = (filename: string, text = "This is a test file.") =>
    files().upload({ file: new File([text], filename, { type: "text/plain" }) });

  test("a file goes up, is found, read and deleted", async () => {
    const made = await upload("test_upload.txt");
    expect(made).toMatchObject({
      id: expect.stringMatching(/^file_/),
      type: "file",
      filename: "test_upload.txt",
      mime_type: "text/plain",
      size_bytes: 20,
      size: 20,
      created_at: "2026-01-02T03:04:05.678Z",
      downloadable: true,
      expires_at: null,
    });
    expect(specProblem("anthropic", "BetaFileMetadataSchema", made)).toBeNull();
    expect(host.gateway.calls[0]?.argument).toMatchObject({ purpose: "user_data" });
    expect(await files().retrieveMetadata(made.id)).toEqual(made);
    expect(await (await files().download(made.id)).text()).toBe("This is a test file.");
    expect(await files().delete(made.id)).toEqual({ id: made.id, type: "file_deleted" });
    expect(host.gateway.contents.size).toBe(0);
    await expect(files().retrieveMetadata(made.id)).rejects.toMatchObject({
      constructor: NotFoundError,
      type: "not_found_error",
      message: expect.stringContaining(`File not found: ${made.id}`),
    });
  });

  test("lines are for batches, and a lifetime and the gateway's own fields come along", async () => {
    const file = await toFile(Buffer.from("{}\n"), "batch_input.jsonl", {
      type: "application/jsonl",
    });
    const own = { provider: "bedrock", storage_config: { s3: { bucket: "b", prefix: "p" } } };
    const made = await files().upload({ file, expires_in_seconds: 3600, ...own });
    expect(made.expires_at).toBe("2026-01-02T04:04:05.678Z");
    expect(host.gateway.calls[0]).toMatchObject({
      argument: {
        purpose: "batch",
        expiresAfterSeconds: 3600,
        options: { storage_config: { s3: { bucket: "b", prefix: "p" } } },
      },
      call: { namedProviders: ["bedrock"] },
    });
  });

  test("250 files are paged to their end, by token and by id in both directions", async () => {
    const ids: string[] = [];
    for (let count = 0; count < 250; count += 1) {
      ids.push((await upload(`f${count}.txt`, String(count))).id);
    }
    const newestFirst = ids.toReversed();
    const seen: string[] = [];
    for await (const file of files().list({ limit: 60 })) seen.push(file.id);
    expect(seen).toEqual(newestFirst);
    // The generation of SDKs before it pages so, over the same answers.
    const page = (query: Record<string, string | number>) =>
      client().get<OldPage>("/v1/files", { query });
    const forward: string[] = [];
    let after: OldPage = await page({ limit: 60 });
    forward.push(...after.data.map(({ id }) => id));
    while (after.has_more) {
      after = await page({ limit: 60, after_id: after.last_id });
      forward.push(...after.data.map(({ id }) => id));
    }
    expect(forward).toEqual(newestFirst);
    expect(specProblem("anthropic", "BetaFileListResponse", after)).toBeNull();
    const backward: string[] = [];
    let before: OldPage = await page({ limit: 60, before_id: ids[0] ?? "" });
    backward.unshift(...before.data.map(({ id }) => id));
    while (before.has_more) {
      before = await page({ limit: 60, before_id: before.first_id });
      backward.unshift(...before.data.map(({ id }) => id));
    }
    expect(backward).toEqual(newestFirst.slice(0, 249));
  });

  test("a list can be that of some ids; those that stand for nothing are left out", async () => {
    const [first, , third] = [await upload("a.txt"), await upload("b.txt"), await upload("c.txt")];
    const ids = [first.id, "file_gone", third.id, first.id];
    const page = await files().list({ ids });
    expect(page.data.map(({ id }) => id).toSorted()).toEqual([first.id, third.id].toSorted());
    expect(page.next_page).toBeNull();
    expect(page.hasNextPage()).toBe(false);
  });
});

interface OldPage {
  readonly data: readonly { readonly id: string }[];
  readonly has_more: boolean;
  readonly first_id: string;
  readonly last_id: string;
}

describe("errors", () => {
  test("are the SDK's own, with their type and the id of the request", async () => {
    const failure: unknown = await client()
      .messages.batches.retrieve("msgbatch_x")
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      constructor: NotFoundError,
      status: 404,
      type: "not_found_error",
      apiMessage: "Message Batch msgbatch_x not found.",
      requestID: expect.stringMatching(/^req_/),
    });
    const { requestID, error } = failure as NotFoundError;
    expect(error).toMatchObject({ type: "error", request_id: requestID });
    await expect(client({ key: "sk-refused" }).messages.batches.list()).rejects.toMatchObject({
      constructor: AuthenticationError,
      type: "authentication_error",
    });
  });

  test("results of a batch that isn't there, or has none yet, are two different 404s", async () => {
    host.gateway.batches.set("b1", newBatch("b1", NOW));
    const results = (id: string) => client().get(`/v1/messages/batches/${id}/results`);
    await expect(results("msgbatch_b1")).rejects.toMatchObject({
      status: 404,
      apiMessage: "Message Batch msgbatch_b1 has no available results.",
    });
    await expect(results("msgbatch_b2")).rejects.toMatchObject({
      status: 404,
      apiMessage: "Message Batch msgbatch_b2 not found.",
    });
  });

  test("what may pass is tried again by the SDK, what can't is not", async () => {
    host.gateway.batches.set("b1", newBatch("b1", NOW));
    host.gateway.failNext(new GatewayError("stale", "Someone else was faster."));
    const found = await client({ maxRetries: 1 }).messages.batches.retrieve("msgbatch_b1");
    expect(found.id).toBe("msgbatch_b1");
    expect(host.gateway.calls).toHaveLength(2);
    host.gateway.failNext(new Error("password=hunter2"));
    const failure: unknown = await client({ maxRetries: 2 })
      .messages.batches.list()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ constructor: InternalServerError, type: "api_error" });
    expect(String(failure)).not.toContain("hunter2");
    expect(host.gateway.calls).toHaveLength(3);
  });
});

test("a client that leaves amid its results closes the stream", async () => {
  host.gateway.batches.set("b1", { ...newBatch("b1", NOW), state: "completed" });
  const source = new Readable({ read() {} });
  source.push(ROWS);
  host.gateway.openNext(source);
  for await (const row of await client().messages.batches.results("msgbatch_b1")) {
    expect(row.custom_id).toBe("request-1");
    break;
  }
  await vi.waitFor(() => expect(source.destroyed).toBe(true));
});

test("results that break off are an error to the client, not an end", async () => {
  host.gateway.batches.set("b1", { ...newBatch("b1", NOW), state: "completed" });
  const source = new Readable({ read() {} });
  source.push(ROWS);
  host.gateway.openNext(source);
  const rows: string[] = [];
  const read = async () => {
    for await (const row of await client().messages.batches.results("msgbatch_b1")) {
      rows.push(row.custom_id);
      if (rows.length === 2) source.destroy(new Error("the disk is gone"));
    }
  };
  await expect(read()).rejects.toThrow("terminated");
  expect(rows).toEqual(["request-1", "request_2"]);
});
