import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { JobRef } from "../../../src/core/batch.ts";
import type { Submission, Upstream } from "../../../src/core/provider.ts";
import { createGeminiProvider } from "../../../src/providers/gemini/gemini.ts";
import { access, createDeps, failure, never, sendJson, type TestDeps } from "../http-host.ts";
import { jobOf, startGeminiStage, submissionOf } from "./gemini-stage.ts";
import { startGeminiHost } from "./request-check.ts";

function connect(deps: TestDeps, baseUrl: string): Upstream {
  const options = { name: "gemini", apiKey: null, passThrough: true, baseUrl };
  return createGeminiProvider(options, deps).connect(access(), {});
}

async function collect(upstream: Upstream, job: JobRef): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const part of upstream.collect(job, never)) {
    lines.push(...(await text(await part.open(never))).split("\n"));
  }
  return lines.filter((line) => line !== "");
}

const inline: Submission = {
  token: "part0001",
  endpoint: "/v1/chat/completions",
  model: "gemini-2.5-flash",
  variant: null,
  lines: 1,
  bytes: 100,
  open: async () => Promise.reject(new Error("not needed")),
  inputNativeId: "files/in",
  ownInput: false,
  completionWindow: "24h",
  metadata: null,
  options: {},
  submittingAt: Date.parse("2026-11-20T10:00:00Z"),
};

describe("a batch", () => {
  test.each([
    { model: "gemini-2.5-flash", url: "/v1beta/models/gemini-2.5-flash:batchGenerateContent" },
    { model: "models/gemini-x", url: "/v1beta/models/gemini-x:batchGenerateContent" },
    { model: "tunedModels/mine", url: "/v1beta/tunedModels/mine:batchGenerateContent" },
    { model: "a:b", url: "/v1beta/models/a%3Ab:batchGenerateContent" },
    {
      model: "gemini-embedding-001",
      endpoint: "/v1/embeddings",
      url: "/v1beta/models/gemini-embedding-001:asyncBatchEmbedContent",
    },
  ])("of $model is made at $url", async ({ url, ...changes }) => {
    await using deps = createDeps();
    await using host = await startGeminiHost(sendJson({ name: "batches/1" }));
    const job = await connect(deps, host.url).submit({ ...inline, ...changes }, never);
    expect(job).toEqual({ id: "batches/1", data: {} });
    expect(host.seen[0]).toMatchObject({ method: "POST", url });
    expect(JSON.parse(host.seen[0]?.body ?? "")).toEqual({
      batch: {
        displayName: "crossbatch-part-part0001",
        inputConfig: { fileName: "files/in" },
      },
    });
  });

  test("needs a model, and isn't sent without", async () => {
    await using deps = createDeps();
    const work = connect(deps, "http://127.0.0.1:9").submit({ ...inline, model: null }, never);
    expect(await failure(work)).toMatchObject({
      code: "invalid_request",
      details: { param: "model", notSent: true },
    });
  });

  test("isn't sent again where nobody knows whether it was made", async () => {
    await using deps = createDeps();
    await using host = await startGeminiHost(sendJson({}, 503));
    const error = await failure(connect(deps, host.url).submit(inline, never));
    expect(error.details.notSent).toBeUndefined();
    expect(host.seen).toHaveLength(1);
  });

  test("with one malformed line isn't made, and Google's words say which line", async () => {
    await using stage = await startGeminiStage();
    const upstream = stage.provider.connect(stage.access, {});
    const lines = [stage.line("a"), '{"key": "b", "request": {"messages": []}}'];
    const part = await submissionOf(stage, lines);
    const error = await failure(upstream.submit(part, never));
    expect(error).toMatchObject({ code: "upstream_rejected", details: { notSent: true } });
    expect(error.message).toContain("Line 2");
    expect(await stage.jobsMade()).toBe(0);
  });

  test("of embeddings is run and listed as such", async () => {
    await using stage = await startGeminiStage();
    const upstream = stage.provider.connect(stage.access, {});
    const request = { content: { parts: [{ text: "Hello." }] }, outputDimensionality: 8 };
    const part = await submissionOf(stage, [JSON.stringify({ key: "a", request })], {
      endpoint: "/v1/embeddings",
      model: "gemini-embedding-001",
    });
    const job = await upstream.submit(part, never);
    await stage.finish();
    const [line, ...more] = await collect(upstream, job);
    expect(more).toEqual([]);
    expect(JSON.parse(line ?? "")).toMatchObject({ key: "a", response: { embedding: {} } });
    expect(await upstream.jobs?.retrieve(job.id, never)).toMatchObject({
      endpoint: "/v1/embeddings",
      inputNativeId: part.inputNativeId,
      completionWindow: "24h",
      metadata: null,
    });
  });

  test("that has succeeded before its output is there is finalizing, and loses no result", async () => {
    await using stage = await startGeminiStage();
    stage.emulator.control.delayOutput(2);
    const upstream = stage.provider.connect(stage.access, {});
    const job = await upstream.submit(await submissionOf(stage, [stage.line("a")]), never);
    await stage.finish();
    const states: string[] = [];
    for (let look = 0; look < 3; look += 1) {
      const report = await upstream.poll(job, never);
      states.push(report.kind === "running" ? report.state : report.outcome);
    }
    expect(states).toEqual(["finalizing", "finalizing", "completed"]);
    expect(await collect(upstream, job)).toHaveLength(1);
  });

  test("that Google fails says why", async () => {
    await using stage = await startGeminiStage();
    const upstream = stage.provider.connect(stage.access, {});
    const job = await upstream.submit(await submissionOf(stage, [stage.line("a")]), never);
    await stage.emulator.control.failBatch(job.id, "The input has gone.");
    expect(await upstream.poll(job, never)).toMatchObject({
      kind: "ended",
      outcome: "failed",
      errors: [{ code: "INTERNAL", message: "The input has gone." }],
      times: { failedAt: expect.any(Number) },
    });
    expect(await collect(upstream, job)).toEqual([]);
  });

  test("that isn't there can't be cancelled", async () => {
    await using stage = await startGeminiStage();
    const { upstream, job } = await jobOf(stage, ["a"]);
    await upstream.files?.delete(`files/batch-${job.id.replace("batches/", "")}`, never);
    expect((await failure(upstream.cancel(job, never))).code).toBe("upstream_not_found");
  });
});

describe("a batch without a file", () => {
  test("carries its lines in the call, as they were written, and answers in it", async () => {
    await using stage = await startGeminiStage();
    const upstream = stage.provider.connect(stage.access, {});
    const contents = [{ role: "user", parts: [{ text: "Say ü." }] }];
    const request = JSON.stringify({ contents }).replace("}", "} ");
    const lines = [`{"key":"a\\u0000","request":${request}}`, "", `  {"request":${request}}\r`];
    const part = await submissionOf(stage, lines, { inputNativeId: null });
    const job = await upstream.submit(part, never);
    const create = stage.emulator.control.journal().find(({ path }) => path.includes(":batch"));
    expect(create?.body).toContain(`{"request":${request},"metadata":{"key":"a\\u0000"}}`);
    expect(create?.body).toContain(`{"request":${request}}]`);
    expect(await upstream.find(part, never)).toEqual({ kind: "found", job });
    await stage.finish();
    expect(await upstream.poll(job, never)).toMatchObject({
      outcome: "completed",
      outputNativeId: null,
    });
    const rows = (await collect(upstream, job)).map((line) => JSON.parse(line));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual({ key: "a\u0000", response: expect.anything() });
    expect(rows[1]).toEqual({ response: expect.anything() });
    const listed = await upstream.jobs?.list({ after: null, limit: 10 }, never);
    expect(listed?.items[0]).toMatchObject({
      report: { outcome: "completed" },
      inputNativeId: null,
    });
  });

  test("may have more results than other answers may be long", async () => {
    await using deps = createDeps();
    const row = { response: { text: "x".repeat(1024 * 1024) } };
    const rows = Array.from({ length: 9 }, (_, key) => ({ ...row, metadata: { key: `${key}` } }));
    const output = { inlinedResponses: { inlinedResponses: rows } };
    const metadata = { state: "BATCH_STATE_SUCCEEDED", output };
    await using host = await startGeminiHost(sendJson({ name: "batches/1", metadata, done: true }));
    const upstream = connect(deps, host.url);
    const job = { id: "batches/1", data: {} };
    expect(await upstream.poll(job, never)).toMatchObject({ outcome: "completed" });
    const lines = await collect(upstream, job);
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      rows.map(({ response, metadata: { key } }) => ({ key, response })),
    );
  });

  test.each([
    { lines: 1, bytes: 20_000_000 },
    { lines: 400_000, bytes: 10_000_000 },
  ])("of $lines lines and $bytes bytes is too large", async (size) => {
    await using deps = createDeps();
    const part = { ...inline, ...size, inputNativeId: null };
    const error = await failure(connect(deps, "http://127.0.0.1:9").submit(part, never));
    expect(error).toMatchObject({ code: "too_large", details: { notSent: true } });
  });
});

describe("a lost job is looked for", () => {
  const batch = (name: string, minutes: number, displayName = "another") => ({
    name: `batches/${name}`,
    metadata: {
      displayName,
      createTime: new Date(inline.submittingAt + minutes * 60_000).toISOString(),
    },
  });
  const page = (operations: readonly object[], nextPageToken?: string) =>
    sendJson({ operations, nextPageToken });
  const ours = batch("ours", 0, "crossbatch-part-part0001");

  test.each([
    {
      what: "on every page",
      answers: [page([batch("1", 9)], "t"), page([batch("2", 1), ours])],
      expected: { kind: "found", job: { id: "batches/ours", data: {} } },
    },
    {
      what: "to the end of the list",
      answers: [page([batch("1", 9)])],
      expected: { kind: "absent" },
    },
    { what: "in an empty list", answers: [sendJson({})], expected: { kind: "absent" } },
    {
      what: "among those that are young enough",
      answers: [page([batch("1", 9), batch("2", -60)], "t")],
      expected: { kind: "absent" },
    },
    {
      what: "further where the list isn't newest first",
      answers: [page([batch("1", -70), batch("2", -60)], "t"), page([ours])],
      expected: { kind: "found", job: { id: "batches/ours", data: {} } },
    },
    {
      what: "by its whole name",
      answers: [page([batch("1", 1, "crossbatch-part-part00011")])],
      expected: { kind: "absent" },
    },
  ])("$what", async ({ answers, expected }) => {
    await using deps = createDeps();
    await using host = await startGeminiHost(...answers);
    expect(await connect(deps, host.url).find(inline, never)).toEqual(expected);
    expect(host.seen).toHaveLength(answers.length);
  });

  test("again where the list has gaps: they prove nothing", async () => {
    await using deps = createDeps();
    await using host = await startGeminiHost(sendJson({ unreachable: ["locations/x"] }));
    const error = await failure(connect(deps, host.url).find(inline, never));
    expect(error).toMatchObject({ code: "upstream_unavailable", retryable: true });
  });
});

test("jobs are listed page by page, after a token and after a job", async () => {
  await using stage = await startGeminiStage();
  const upstream = stage.provider.connect(stage.access, {});
  const { jobs } = upstream;
  if (jobs === undefined) throw new Error("the provider lists no jobs");
  const ids: string[] = [];
  for (const token of ["one", "two", "three"]) {
    const part = await submissionOf(stage, [stage.line("a")], { token });
    ids.unshift((await upstream.submit(part, never)).id);
  }
  const first = await jobs.list({ after: null, limit: 2 }, never);
  expect(first.items.map(({ job }) => job.id)).toEqual(ids.slice(0, 2));
  for (const after of [first.next, ids[1] ?? null]) {
    const rest = await jobs.list({ after, limit: 2 }, never);
    expect(rest.items.map(({ job }) => job.id)).toEqual(ids.slice(2));
    expect(rest.next).toBeNull();
  }
});
