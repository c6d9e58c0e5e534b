import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import type { Submission, Upstream } from "../../../src/core/provider.ts";
import { createAnthropicProvider } from "../../../src/providers/anthropic/anthropic.ts";
import {
  access,
  createDeps,
  failure,
  never,
  SECRET,
  sendJson,
  type TestDeps,
} from "../http-host.ts";
import { messageOf, startAnthropicStage } from "./anthropic-stage.ts";
import { startAnthropicHost } from "./request-check.ts";

const wire = {
  id: "msgbatch_1",
  type: "message_batch",
  processing_status: "in_progress",
  request_counts: { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
  created_at: "2026-11-20T10:00:00Z",
  expires_at: "2026-11-21T10:00:00Z",
  ended_at: null,
  cancel_initiated_at: null,
  archived_at: null,
  results_url: null,
};
const CREATED = Date.UTC(2026, 10, 20, 10);

function connect(
  deps: TestDeps,
  baseUrl: string,
  headers: Readonly<Record<string, string>> = {},
): Upstream {
  const options = { name: "anthropic", baseUrl, apiKey: SECRET, passThrough: true };
  return createAnthropicProvider(options, deps).connect(access({ headers }), {});
}

function submissionOf(lines: string, changes: Partial<Submission> = {}): Submission {
  const content = Buffer.from(lines);
  return {
    token: "part0001",
    endpoint: "/v1/messages",
    model: null,
    variant: null,
    lines: lines.split("\n").filter((line) => line.trim() !== "").length,
    bytes: content.length,
    open: async () => Readable.from([content], { objectMode: false }),
    inputNativeId: null,
    ownInput: false,
    completionWindow: "24h",
    metadata: null,
    options: {},
    submittingAt: CREATED,
    ...changes,
  };
}

function lineOf(customId: string): string {
  return JSON.stringify({ custom_id: customId, params: messageOf(`What is ${customId}?`) });
}

describe("what is sent to make a batch", () => {
  test.each([
    { name: "LF", input: `${lineOf("a")}\n${lineOf("b")}\n` },
    { name: "CRLF and no last newline", input: `${lineOf("a")}\r\n${lineOf("b")}` },
    { name: "a BOM and blank lines", input: `\u{FEFF}\n${lineOf("a")}\n\n \r\n${lineOf("b")}\n\n` },
  ])("is each line as it is, with $name", async ({ input }) => {
    await using deps = createDeps();
    await using host = await startAnthropicHost(sendJson(wire));
    const job = await connect(deps, host.url).submit(submissionOf(input), never);
    expect(job).toEqual({ id: "msgbatch_1", data: {} });
    const [request] = host.seen;
    expect(request).toMatchObject({ method: "POST", url: "/v1/messages/batches" });
    expect(request?.headers["content-length"]).toBe(String(Buffer.byteLength(request?.body ?? "")));
    expect(JSON.parse(request?.body ?? "")).toEqual({
      requests: [lineOf("a"), lineOf("b")].map((line) => JSON.parse(line)),
    });
  });

  test("flows as the provider takes it, and is never whole in memory", async () => {
    const lines = 20_000;
    const line = Buffer.from(`${lineOf("r").padEnd(1_023)}\n`);
    let produced = 0;
    async function* source() {
      for (let count = 0; count < lines; count += 16) {
        produced += 16 * line.length;
        yield Buffer.concat(Array.from({ length: 16 }, () => line));
      }
    }
    let producedUnread = 0;
    let received = 0;
    const take = async (request: IncomingMessage) => {
      // Nothing is read until no more comes.
      let isStill = false;
      while (!isStill) {
        const before = produced;
        await pause(100);
        isStill = produced > 0 && produced === before;
      }
      producedUnread = produced;
      for await (const chunk of request) received += Buffer.isBuffer(chunk) ? chunk.length : 0;
    };
    const server = createServer({ highWaterMark: 16 * 1024 }, (request, response) => {
      void take(request).then(() => response.end(JSON.stringify(wire)));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    await using deps = createDeps();
    const part = submissionOf("", {
      lines,
      bytes: lines * line.length,
      open: async () => Readable.from(source(), { objectMode: false }),
    });
    await connect(deps, `http://127.0.0.1:${port}/`).submit(part, never);
    server.close();
    expect(received).toBe(lines * line.length + '{"requests":[]}'.length);
    // What sockets hold is the system's; all of it would be 20 MiB.
    expect(producedUnread).toBeLessThan(part.bytes / 2);
  });

  test("is 20,000 requests at the provider, each with its result", async () => {
    await using stage = await startAnthropicStage();
    const ids = Array.from({ length: 20_000 }, (_, index) => `r${index}`);
    const upstream = stage.provider.connect(stage.access, {});
    const part = submissionOf(ids.map((id) => `${lineOf(id)}\r\n`).join(""), {
      submittingAt: stage.now(),
    });
    const job = await upstream.submit(part, never);
    expect(await upstream.poll(job, never)).toMatchObject({
      kind: "running",
      counts: { total: 20_000, completed: 0, failed: 0 },
    });
    await stage.finish();
    const seen = new Set<string>();
    for await (const part of upstream.collect(job, never)) {
      expect(part).toMatchObject({ role: "output", nativeId: null });
      const rows = (await text(await part.open(never))).trimEnd().split("\n");
      for (const row of rows) seen.add(stage.readResult(row).customId);
    }
    expect(seen).toEqual(new Set(ids));
  });

  test("made nothing if its lines can't be read", async () => {
    await using stage = await startAnthropicStage();
    const gone = new GatewayError("storage_unavailable", "The disk is gone.");
    const open = async () => Promise.reject(gone);
    const upstream = stage.provider.connect(stage.access, {});
    const part = submissionOf(`${lineOf("a")}\n`, { open, submittingAt: stage.now() });
    const error = await failure(upstream.submit(part, never));
    expect(error).toMatchObject({ code: "storage_unavailable", details: { notSent: true } });
    expect(await upstream.find(part, never)).toEqual({ kind: "absent" });
  });

  test.each([500, 529])("isn't sent again by itself after a %d", async (status) => {
    await using deps = createDeps();
    await using host = await startAnthropicHost(sendJson({}, status));
    const part = submissionOf(`${lineOf("a")}\n`);
    const error = await failure(connect(deps, host.url).submit(part, never));
    expect(error.details.notSent).toBeUndefined();
    expect(host.seen).toHaveLength(1);
  });
});

describe("the headers of every call", () => {
  test.each([
    { name: "none", sent: {}, arrives: { "anthropic-version": "2023-06-01" } },
    {
      name: "a newer version",
      sent: { "anthropic-version": "2026-10-21" },
      arrives: { "anthropic-version": "2026-10-21" },
    },
    {
      name: "a version that is none",
      sent: { "anthropic-version": "latest" },
      arrives: { "anthropic-version": "2023-06-01" },
    },
    {
      name: "betas, workspace and profile",
      sent: {
        "anthropic-beta": "a-1,b-2",
        "anthropic-workspace-id": "wrkspc_1",
        "anthropic-user-profile-id": "uprof_1",
      },
      arrives: {
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "a-1,b-2",
        "anthropic-workspace-id": "wrkspc_1",
        "anthropic-user-profile-id": "uprof_1",
      },
    },
    {
      name: "others, and a key of its own",
      sent: { cookie: "no", "x-api-key": "sk-other", "openai-project": "p" },
      arrives: { "anthropic-version": "2023-06-01" },
    },
  ])("for a client with $name", async ({ sent, arrives }) => {
    await using deps = createDeps();
    await using host = await startAnthropicHost(sendJson(wire));
    await connect(deps, host.url, sent).poll({ id: "msgbatch_1", data: {} }, never);
    const headers = host.seen[0]?.headers ?? {};
    const vendors = Object.entries(headers).filter(([name]) => /^anthropic-|^openai-/.test(name));
    expect(Object.fromEntries(vendors)).toEqual(arrives);
    expect(headers).toMatchObject({ "x-api-key": SECRET });
    expect(headers).not.toHaveProperty("cookie");
  });
});

describe("a job whose maker didn't hear of it", () => {
  const others = { ...wire, request_counts: { ...wire.request_counts, processing: 3 } };
  const old = { ...wire, id: "msgbatch_0", created_at: "2026-11-20T09:58:59Z" };
  const two = submissionOf(`${lineOf("a")}\n${lineOf("b")}\n`);
  const found = { kind: "found", job: { id: "msgbatch_1", data: {} }, isGuess: true };

  test.each([
    { name: "none at all", data: [], expected: { kind: "absent" } },
    { name: "one of that size", data: [wire], expected: found },
    { name: "one that ended", data: [ended("msgbatch_1")], expected: found },
    { name: "another size only", data: [others], expected: { kind: "absent" } },
    { name: "an older one only", data: [old], expected: { kind: "absent" } },
    { name: "one beside others", data: [others, wire, old], expected: found },
    { name: "two of that size", data: [wire, ended("msgbatch_2")], expected: { kind: "unknown" } },
    {
      name: "one that isn't counted",
      data: [{ ...wire, request_counts: null }],
      expected: { kind: "unknown" },
    },
    { name: "one without a time", data: [{ ...wire, created_at: null }], expected: found },
    {
      name: "one that a clock a little behind made",
      data: [{ ...wire, created_at: "2026-11-20T09:59:01Z" }],
      expected: found,
    },
  ])("with $name is $expected.kind", async ({ data, expected }) => {
    await using deps = createDeps();
    await using host = await startAnthropicHost(sendJson({ data, has_more: false, last_id: null }));
    expect(await connect(deps, host.url).find(two, never)).toEqual(expected);
  });

  test("is looked for page by page, and no further than to what is older", async () => {
    await using deps = createDeps();
    await using host = await startAnthropicHost(
      sendJson({ data: [others], has_more: true, first_id: "x", last_id: "msgbatch_7" }),
      sendJson({ data: [wire, old], has_more: true, first_id: "x", last_id: "msgbatch_0" }),
    );
    expect(await connect(deps, host.url).find(two, never)).toEqual(found);
    expect(host.seen.map((request) => request.url)).toEqual([
      "/v1/messages/batches?limit=1000",
      "/v1/messages/batches?limit=1000&after_id=msgbatch_7",
    ]);
  });
});

describe("results", () => {
  test("come from the configured host, whatever the batch says", async () => {
    await using deps = createDeps();
    await using elsewhere = await startAnthropicHost(sendJson(""));
    await using host = await startAnthropicHost((response, _, { url }) => {
      const isResults = url.endsWith("/results");
      const results_url = `${elsewhere.url}/v1/messages/batches/msgbatch_1/results`;
      response.end(isResults ? '{"custom_id":"a"}\n' : JSON.stringify({ ...wire, results_url }));
    });
    const parts: string[] = [];
    const job = { id: "msgbatch_1", data: {} };
    for await (const part of connect(deps, host.url).collect(job, never)) {
      parts.push(await text(await part.open(never)));
    }
    expect(parts).toEqual(['{"custom_id":"a"}\n']);
    expect(host.seen.at(-1)?.url).toBe("/v1/messages/batches/msgbatch_1/results");
    expect(elsewhere.seen).toEqual([]);
  });

  test("that aren't there are upstream_not_found", async () => {
    await using stage = await startAnthropicStage();
    const upstream = stage.provider.connect(stage.access, {});
    const job = await upstream.submit(submissionOf(`${lineOf("a")}\n`), never);
    const errors: GatewayError[] = [];
    for await (const part of upstream.collect(job, never)) {
      errors.push(await failure(part.open(never)));
    }
    expect(errors).toMatchObject([{ code: "upstream_not_found" }]);
    expect(errors[0]?.message).toContain("has no available results");
  });
});

describe("a cancel that is refused", () => {
  const refusal = { type: "error", error: { type: "conflict_error", message: "It has ended." } };

  test.each([400, 409])("with %d is none if the job has ended", async (status) => {
    await using deps = createDeps();
    await using host = await startAnthropicHost(
      sendJson(refusal, status),
      sendJson(ended("msgbatch_1")),
    );
    await connect(deps, host.url).cancel({ id: "msgbatch_1", data: {} }, never);
    expect(host.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST /v1/messages/batches/msgbatch_1/cancel",
      "GET /v1/messages/batches/msgbatch_1",
    ]);
  });

  test.each([
    { status: 409, code: "upstream_conflict" },
    { status: 404, code: "upstream_not_found" },
  ])("with $status is an error if it hasn't", async ({ status, code }) => {
    await using deps = createDeps();
    await using host = await startAnthropicHost(sendJson(refusal, status), sendJson(wire));
    const job = { id: "msgbatch_1", data: {} };
    const error = await failure(connect(deps, host.url).cancel(job, never));
    expect(error).toMatchObject({ code, message: "It has ended." });
  });
});

test("the list of jobs is walked page by page, newest first", async () => {
  await using stage = await startAnthropicStage();
  const upstream = stage.provider.connect(stage.access, {});
  const { jobs } = upstream;
  if (jobs === undefined) throw new Error("the provider lists no jobs");
  const made: string[] = [];
  for (const id of ["a", "b", "c"]) {
    made.unshift((await upstream.submit(submissionOf(`${lineOf(id)}\n`), never)).id);
  }
  const first = await jobs.list({ after: null, limit: 2 }, never);
  expect(first.items.map(({ job }) => job.id)).toEqual(made.slice(0, 2));
  expect(first.next).toBe(made[1]);
  const second = await jobs.list({ after: first.next, limit: 2 }, never);
  expect(second.items.map(({ job }) => job.id)).toEqual(made.slice(2));
  expect(second.next).toBeNull();
  expect(second.items[0]).toMatchObject({
    endpoint: "/v1/chat/completions",
    inputNativeId: null,
    completionWindow: "24h",
    metadata: null,
    report: { kind: "running", counts: { total: 1 } },
  });
});

function ended(id: string) {
  const request_counts = { ...wire.request_counts, processing: 0, succeeded: 2 };
  return { ...wire, id, processing_status: "ended", request_counts, ended_at: wire.expires_at };
}
