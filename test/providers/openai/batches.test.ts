import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { ResultPart, Submission, Upstream } from "../../../src/core/provider.ts";
import {
  createOpenAIProvider,
  type OpenAIProviderOptions,
} from "../../../src/providers/openai/openai.ts";
import {
  access,
  createDeps,
  failure,
  never,
  reset,
  SECRET,
  sendJson,
  type TestDeps,
} from "../http-host.ts";
import { startOpenAIHost } from "./request-check.ts";

const NOW = 1_758_000_000;

function connect(
  deps: TestDeps,
  baseUrl: string,
  changes: Partial<OpenAIProviderOptions> = {},
): Upstream {
  const options = { name: "openai", apiKey: SECRET, passThrough: true, files: true, batches: true };
  return createOpenAIProvider({ ...options, baseUrl, ...changes }, deps).connect(access(), {});
}

function submission(changes: Partial<Submission> = {}): Submission {
  return {
    token: "part0001",
    endpoint: "/v1/chat/completions",
    model: "gpt-4o-mini",
    variant: null,
    lines: 2,
    bytes: 100,
    open: async () => Readable.from([]),
    inputNativeId: "file-in",
    ownInput: false,
    completionWindow: "24h",
    metadata: { team: "a" },
    options: {},
    submittingAt: NOW * 1_000,
    ...changes,
  };
}

function batch(fields: Readonly<Record<string, unknown>> = {}) {
  return {
    id: "batch_1",
    object: "batch",
    endpoint: "/v1/chat/completions",
    input_file_id: "file-in",
    completion_window: "24h",
    status: "in_progress",
    created_at: NOW,
    metadata: { team: "a", crossbatch_part: "part0001" },
    ...fields,
  };
}

function list(items: readonly unknown[], hasMore = false) {
  return sendJson({ object: "list", data: items, has_more: hasMore });
}

const sixteen = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, "v"]));
const job = { id: "batch_1", data: {} };

describe("submit", () => {
  test.each([
    {
      name: "carries the token",
      part: {},
      body: { metadata: { team: "a", crossbatch_part: "part0001" } },
    },
    {
      name: "without metadata",
      part: { metadata: null },
      body: { metadata: { crossbatch_part: "part0001" } },
    },
    { name: "with 16 pairs", part: { metadata: sixteen }, body: { metadata: sixteen } },
    {
      name: "with a lifetime for the results",
      part: { options: { outputExpiresAfterSeconds: 3_600 } },
      body: {
        metadata: { team: "a", crossbatch_part: "part0001" },
        output_expires_after: { anchor: "created_at", seconds: 3_600 },
      },
    },
  ])("sends just what OpenAI knows: $name", async ({ part, body }) => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(sendJson(batch({ status: "validating" })));
    expect(await connect(deps, host.url).submit(submission(part), never)).toEqual(job);
    expect(host.seen[0]).toMatchObject({ method: "POST", url: "/v1/batches" });
    expect(JSON.parse(host.seen[0]?.body ?? "")).toEqual({
      input_file_id: "file-in",
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      ...body,
    });
  });

  test.each([
    { name: "a lost reply", answer: reset, code: "upstream_unavailable", notSent: undefined },
    { name: "a 500", answer: sendJson({}, 500), code: "upstream_unavailable", notSent: undefined },
    {
      name: "half a reply",
      answer: sendJson('{"id":'),
      code: "upstream_unavailable",
      notSent: undefined,
    },
    { name: "a 400", answer: sendJson({}, 400), code: "upstream_rejected", notSent: true },
  ])("isn't repeated after $name", async ({ answer, code, notSent }) => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(answer);
    const error = await failure(connect(deps, host.url).submit(submission(), never));
    expect(error.code).toBe(code);
    expect(error.details.notSent).toBe(notSent);
    expect(host.seen).toHaveLength(1);
  });

  test("is repeated after a 429, which proves that nothing was made", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(sendJson({}, 429), sendJson(batch()));
    expect(await connect(deps, host.url).submit(submission(), never)).toEqual(job);
  });

  test("without an input at the provider is refused before anything is sent", async () => {
    await using deps = createDeps();
    const work = connect(deps, "http://127.0.0.1:1").submit(
      submission({ inputNativeId: null }),
      never,
    );
    await expect(work).rejects.toMatchObject({
      code: "invalid_request",
      details: { notSent: true },
    });
    expect(deps.calls).toEqual([]);
  });
});

describe("find", () => {
  const foreign = batch({ id: "batch_x", input_file_id: "file-x", metadata: { team: "b" } });
  const old = batch({ id: "batch_old", created_at: NOW - 301, metadata: null });

  test.each([
    { name: "the token", part: {}, items: [foreign, batch()], found: "batch_1" },
    {
      name: "the token behind another gateway's",
      part: {},
      items: [batch({ metadata: { crossbatch_part: "outer", crossbatch_part_2: "part0001" } })],
      found: "batch_1",
    },
    {
      name: "the Part's own input where there was no room for a token",
      part: { metadata: sixteen, ownInput: true },
      items: [foreign, batch({ metadata: sixteen })],
      found: "batch_1",
    },
    {
      name: "a job as old as the clocks may differ",
      part: {},
      items: [batch({ created_at: NOW - 299 })],
      found: "batch_1",
    },
  ])("knows the job by $name", async ({ part, items, found }) => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(list(items));
    const result = await connect(deps, host.url).find(submission(part), never);
    expect(result).toEqual({ kind: "found", job: { id: found, data: {} } });
    expect(host.seen[0]).toMatchObject({ method: "GET", url: "/v1/batches?limit=100" });
  });

  test.each([
    { name: "the list is empty", part: {}, items: [] },
    { name: "all are others'", part: {}, items: [foreign] },
    {
      name: "another batch of the same input has another token",
      part: {},
      items: [batch({ metadata: { crossbatch_part: "part0002" } })],
    },
    {
      name: "someone made a batch of the same input without metadata, which others keep",
      part: {},
      items: [batch({ metadata: null }), foreign],
    },
    { name: "what has the token is too old", part: {}, items: [batch({ created_at: NOW - 301 })] },
    {
      name: "no batch has the Part's own input",
      part: { metadata: sixteen, ownInput: true },
      items: [foreign],
    },
  ])("proves that there is none: $name", async ({ part, items }) => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(list(items));
    const result = await connect(deps, host.url).find(submission(part), never);
    expect(result).toEqual({ kind: "absent" });
  });

  test.each([
    {
      name: "neither token nor input are the Part's own",
      part: { metadata: sixteen },
      items: [batch()],
    },
    {
      name: "a batch of the same input came back without any metadata",
      part: {},
      items: [batch({ metadata: null })],
    },
  ])("admits that it can't know: $name", async ({ part, items }) => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(list(items));
    const result = await connect(deps, host.url).find(submission(part), never);
    expect(result).toEqual({ kind: "unknown" });
  });

  test("reads on until the jobs are too old, and no further", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(
      list([foreign, { ...foreign, id: "batch_y" }], true),
      list([{ ...foreign, id: "batch_z" }, old], true),
      list([batch()]),
    );
    const result = await connect(deps, host.url).find(submission(), never);
    expect(result).toEqual({ kind: "absent" });
    expect(host.seen.map((one) => one.url)).toEqual([
      "/v1/batches?limit=100",
      "/v1/batches?limit=100&after=batch_y",
    ]);
  });

  test("fails where the list can't be read, rather than calling the job absent", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(list([foreign], true), sendJson({}, 503));
    const work = connect(deps, host.url).find(submission(), never);
    await expect(work).rejects.toMatchObject({ code: "upstream_unavailable" });
  });
});

describe("collect", () => {
  async function parts(upstream: Upstream): Promise<readonly ResultPart[]> {
    const all: ResultPart[] = [];
    for await (const part of upstream.collect(job, never)) all.push(part);
    return all;
  }

  test.each([
    { files: { output_file_id: "file-o", error_file_id: "file-e" }, roles: ["output", "error"] },
    { files: { output_file_id: "file-o", error_file_id: null }, roles: ["output"] },
    { files: { error_file_id: "file-e" }, roles: ["error"] },
    { files: {}, roles: [] },
  ])("of $files names $roles and fetches none of them", async ({ files, roles }) => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(sendJson(batch({ status: "completed", ...files })));
    expect((await parts(connect(deps, host.url))).map((part) => part.role)).toEqual(roles);
    expect(host.seen).toHaveLength(1);
  });

  test("opens a file when asked to", async () => {
    await using deps = createDeps();
    const done = sendJson(batch({ status: "completed", output_file_id: "file-o" }));
    await using host = await startOpenAIHost(done, sendJson("line\n"));
    const [part] = await parts(connect(deps, host.url));
    if (part === undefined) throw new Error("there is no part");
    expect(part.nativeId).toBe("file-o");
    expect(await text(await part.open(never))).toBe("line\n");
    expect(host.seen[1]?.url).toBe("/v1/files/file-o/content");
  });
});

describe("cancel", () => {
  test("asks for the end", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(sendJson(batch({ status: "cancelling" })));
    await connect(deps, host.url).cancel(job, never);
    expect(host.seen[0]).toMatchObject({
      method: "POST",
      url: "/v1/batches/batch_1/cancel",
      body: "",
    });
    expect(host.seen[0]?.headers["content-length"]).toBe("0");
  });

  test.each([
    { status: 409, state: "completed" },
    { status: 409, state: "cancelling" },
    { status: 400, state: "failed" },
  ])("of a $state batch is fine though refused with $status", async ({ status, state }) => {
    await using deps = createDeps();
    const refusal = sendJson(
      { error: { message: `Cannot cancel a batch with status '${state}'.` } },
      status,
    );
    await using host = await startOpenAIHost(refusal, sendJson(batch({ status: state })));
    await connect(deps, host.url).cancel(job, never);
    expect(host.seen).toHaveLength(2);
  });

  test("that is refused for a running batch is an error", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(sendJson({}, 409), sendJson(batch()));
    const work = connect(deps, host.url).cancel(job, never);
    await expect(work).rejects.toMatchObject({ code: "upstream_conflict" });
  });

  test("of an unknown batch is an error", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(sendJson({}, 404));
    const work = connect(deps, host.url).cancel(job, never);
    await expect(work).rejects.toMatchObject({ code: "upstream_not_found" });
  });
});

describe("jobs", () => {
  test("are listed as they are, without our token", async () => {
    await using deps = createDeps();
    const made = batch({ expires_at: NOW + 86_400 });
    const elsewhere = batch({ id: "batch_2", metadata: null, status: "completed" });
    await using host = await startOpenAIHost(list([made, elsewhere], true));
    const page = await connect(deps, host.url).jobs?.list({ after: "batch_0", limit: 500 }, never);
    expect(page?.next).toBe("batch_2");
    expect(page?.items).toMatchObject([
      {
        job: { id: "batch_1" },
        report: { kind: "running", state: "in_progress" },
        endpoint: "/v1/chat/completions",
        inputNativeId: "file-in",
        completionWindow: "24h",
        metadata: { team: "a" },
        createdAt: NOW * 1_000,
        expiresAt: (NOW + 86_400) * 1_000,
      },
      { job: { id: "batch_2" }, report: { outcome: "completed" }, metadata: null, expiresAt: null },
    ]);
    expect(host.seen[0]?.url).toBe("/v1/batches?limit=100&after=batch_0");
  });

  test("are retrieved by their id", async () => {
    await using deps = createDeps();
    await using host = await startOpenAIHost(sendJson(batch()));
    const one = await connect(deps, host.url).jobs?.retrieve("batch_1", never);
    expect(one).toMatchObject({ job: { id: "batch_1" }, metadata: { team: "a" } });
  });
});

test("a host without batches refuses one before anything is sent, and still has limits", async () => {
  await using deps = createDeps();
  const options = { name: "files-only", apiKey: null, passThrough: false, files: true };
  const provider = createOpenAIProvider(
    { ...options, batches: false, baseUrl: "http://127.0.0.1:1" },
    deps,
  );
  expect(provider.limits).toEqual({
    minLines: 1,
    maxLines: 50_000,
    maxBytes: 209_715_200,
    oneModel: true,
    windowHours: 24,
  });
  const upstream = provider.connect(access(), {});
  expect(upstream.jobs).toBeUndefined();
  await expect(upstream.submit(submission(), never)).rejects.toMatchObject({
    code: "invalid_request",
    message: expect.stringContaining("files-only has no batch API"),
  });
  expect(deps.calls).toEqual([]);
});
