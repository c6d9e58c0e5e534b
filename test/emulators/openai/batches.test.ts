import { expect, test } from "vitest";
import { specProblem } from "../../support/specs.ts";
import type { ResultRow, Stage } from "./stage.ts";
import { chatLine, createBatch, KEY, readRows, startStage, uploadLines } from "./stage.ts";

const NOW = Date.UTC(2026, 0, 1);
const SECONDS = NOW / 1_000;
const DAY = 86_400;

function lines(count: number): string[] {
  return Array.from({ length: count }, (_, index) => chatLine(`r${index + 1}`));
}

function ids(rows: readonly ResultRow[]): string[] {
  return rows.map((row) => row.custom_id);
}

async function results(stage: Stage, batchId: string) {
  const batch = await stage.client.batches.retrieve(batchId);
  const output = await readRows(stage, batch.output_file_id);
  const errors = await readRows(stage, batch.error_file_id);
  return { batch, output, errors };
}

test("a batch goes through its states when told to, and each began at its own time", async () => {
  await using stage = await startStage({ now: () => NOW });
  const { client, control } = stage;
  const input = await uploadLines(stage, [chatLine("a"), chatLine("b", { body: { n: 0 } })]);
  const created = await client.batches.create({
    input_file_id: input.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    metadata: { part: "1" },
  });
  expect(created).toEqual({
    id: expect.stringMatching(/^batch_/),
    object: "batch",
    endpoint: "/v1/chat/completions",
    model: null,
    errors: null,
    input_file_id: input.id,
    completion_window: "24h",
    status: "validating",
    output_file_id: null,
    error_file_id: null,
    created_at: SECONDS,
    in_progress_at: null,
    expires_at: SECONDS + DAY,
    finalizing_at: null,
    completed_at: null,
    failed_at: null,
    expired_at: null,
    cancelling_at: null,
    cancelled_at: null,
    request_counts: { total: 0, completed: 0, failed: 0 },
    usage: {
      input_tokens: 0,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 0,
    },
    metadata: { part: "1" },
  });
  const states: string[] = [];
  for (let step = 0; step < 4; step += 1) {
    control.advanceClock(10_000);
    states.push(await control.advance(created.id));
  }
  expect(states).toEqual(["in_progress", "finalizing", "completed", "completed"]);
  const { batch, output, errors } = await results(stage, created.id);
  expect(batch).toMatchObject({
    model: "gpt-4o-mini-2024-07-18",
    status: "completed",
    in_progress_at: SECONDS + 10,
    finalizing_at: SECONDS + 20,
    completed_at: SECONDS + 30,
    request_counts: { total: 2, completed: 1, failed: 1 },
  });
  expect(ids(output)).toEqual(["a"]);
  expect(errors).toEqual([
    {
      id: expect.stringMatching(/^batch_req_/),
      custom_id: "b",
      response: {
        status_code: 400,
        request_id: expect.any(String),
        body: { error: expect.objectContaining({ type: "invalid_request_error", param: "n" }) },
      },
      error: null,
    },
  ]);
  const file = await client.files.retrieve(batch.output_file_id ?? "");
  expect(file).toMatchObject({
    purpose: "batch_output",
    filename: `${batch.id}_output.jsonl`,
    expires_at: SECONDS + 30 + 30 * DAY,
  });
});

test("usage is the sum over the lines that succeeded", async () => {
  await using stage = await startStage();
  const created = await createBatch(stage, [...lines(5), chatLine("bad", { body: { n: 0 } })]);
  await stage.control.complete(created.id);
  const { batch, output } = await results(stage, created.id);
  const sum = (name: string) =>
    output.reduce((total, row) => total + (row.response?.body.usage[name] ?? 0), 0);
  expect(batch.usage).toMatchObject({
    input_tokens: sum("prompt_tokens"),
    output_tokens: sum("completion_tokens"),
    total_tokens: sum("total_tokens"),
  });
  expect(sum("total_tokens")).toBeGreaterThan(50);
});

test("by itself a batch completes, with results in another order than its lines", async () => {
  await using stage = await startStage({ speed: "instant" });
  const created = await createBatch(stage, lines(200));
  await expect
    .poll(async () => (await stage.client.batches.retrieve(created.id)).status, { timeout: 20_000 })
    .toBe("completed");
  const { output, batch } = await results(stage, created.id);
  expect(batch.error_file_id).toBeNull();
  expect(ids(output)).not.toEqual(lines(200).map((_, index) => `r${index + 1}`));
  expect(new Set(ids(output)).size).toBe(200);
});

test("at a speed of lines a second it gets there too", async () => {
  await using stage = await startStage({ speed: 2_000 });
  const created = await createBatch(stage, lines(100));
  await expect
    .poll(async () => (await stage.client.batches.retrieve(created.id)).status, { timeout: 20_000 })
    .toBe("completed");
});

test("setting a speed wakes a batch that stood still", async () => {
  await using stage = await startStage({ speed: 0 });
  const created = await createBatch(stage, lines(3));
  expect((await stage.client.batches.retrieve(created.id)).status).toBe("validating");
  stage.control.setSpeed("instant");
  await expect
    .poll(async () => (await stage.client.batches.retrieve(created.id)).status, { timeout: 20_000 })
    .toBe("completed");
});

test("the same lines get the same answers in the same order, and another seed another order", async () => {
  const byId = (one: readonly unknown[], two: readonly unknown[]) =>
    String(one[0]).localeCompare(String(two[0]));
  const run = async (seed: number) => {
    await using stage = await startStage({ seed });
    const created = await createBatch(stage, lines(50));
    await stage.control.complete(created.id);
    const { output } = await results(stage, created.id);
    return output.map((row) => [row.custom_id, row.response?.body.choices[0]?.message.content]);
  };
  const [first, again, other] = [await run(1), await run(1), await run(2)];
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  expect(other.toSorted(byId)).toEqual(first.toSorted(byId));
});

test("if every line fails the batch is completed without an output file", async () => {
  await using stage = await startStage();
  const created = await createBatch(stage, [chatLine("a", { body: { temperature: 9 } })]);
  await stage.control.complete(created.id);
  const { batch, errors } = await results(stage, created.id);
  expect(batch).toMatchObject({ status: "completed", output_file_id: null });
  expect(errors).toHaveLength(1);
});

test("a cancelled batch keeps what was done; the rest was never executed", async () => {
  await using stage = await startStage();
  const { client, control } = stage;
  const created = await createBatch(stage, lines(10));
  expect(await control.run(created.id, 4)).toBe("in_progress");
  expect((await client.batches.retrieve(created.id)).request_counts).toEqual({
    total: 10,
    completed: 4,
    failed: 0,
  });
  const cancelling = await client.batches.cancel(created.id);
  expect(cancelling).toMatchObject({ status: "cancelling", cancelled_at: null });
  expect((await client.batches.cancel(created.id)).status).toBe("cancelling");
  expect(await control.advance(created.id)).toBe("cancelled");
  const { batch, output, errors } = await results(stage, created.id);
  expect(batch.request_counts).toEqual({ total: 10, completed: 0, failed: 0 });
  expect(output).toHaveLength(4);
  expect(errors).toHaveLength(6);
  expect(errors[0]).toMatchObject({
    response: null,
    error: {
      code: "batch_cancelled",
      message: "This request was not executed because the batch was cancelled.",
    },
  });
  expect(new Set([...ids(output), ...ids(errors)]).size).toBe(10);
});

test("a batch that is cancelled before it was validated has no files", async () => {
  await using stage = await startStage();
  const created = await createBatch(stage, lines(2));
  await stage.client.batches.cancel(created.id);
  await stage.control.complete(created.id);
  expect(await stage.client.batches.retrieve(created.id)).toMatchObject({
    status: "cancelled",
    output_file_id: null,
    error_file_id: null,
  });
});

test.each(["completed", "failed", "cancelled", "expired"])(
  "cancelling a batch that is %s is a conflict",
  async (state) => {
    await using stage = await startStage();
    const { client, control } = stage;
    const created = await createBatch(stage, state === "failed" ? ["{"] : lines(1));
    if (state === "cancelled") await client.batches.cancel(created.id);
    if (state === "expired") control.advanceClock(DAY * 1_000);
    else await control.complete(created.id);
    const refused = await stage.call("POST", `/batches/${created.id}/cancel`);
    expect(refused.status).toBe(409);
    expect(refused.json()).toEqual({
      error: {
        message: `Cannot cancel a batch with status '${state}'.`,
        type: "invalid_request_error",
        param: null,
        code: null,
      },
    });
  },
);

test("after 24 hours a batch expires with what it has", async () => {
  await using stage = await startStage({ now: () => NOW });
  const { control } = stage;
  const created = await createBatch(stage, lines(5));
  await control.run(created.id, 2);
  control.advanceClock(DAY * 1_000 - 1_000);
  expect((await stage.client.batches.retrieve(created.id)).status).toBe("in_progress");
  control.advanceClock(1_000);
  const { batch, output, errors } = await results(stage, created.id);
  expect(batch).toMatchObject({
    status: "expired",
    expired_at: SECONDS + DAY,
    completed_at: null,
    request_counts: { total: 5, completed: 2, failed: 0 },
  });
  expect(output).toHaveLength(2);
  expect(errors).toHaveLength(3);
  expect(errors[0]?.error).toEqual({
    code: "batch_expired",
    message: "This request could not be executed before the completion window expired.",
  });
});

test("result files live as long as the create said", async () => {
  await using stage = await startStage({ now: () => NOW });
  const input = await uploadLines(stage, lines(1));
  const created = await stage.client.batches.create({
    input_file_id: input.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    output_expires_after: { anchor: "created_at", seconds: 3_600 },
  });
  await stage.control.complete(created.id);
  const { batch } = await results(stage, created.id);
  stage.control.advanceClock(3_600_000);
  await expect(stage.client.files.content(batch.output_file_id ?? "")).rejects.toMatchObject({
    status: 404,
  });
});

test("deleting the input while the batch runs doesn't stop it", async () => {
  await using stage = await startStage();
  const created = await createBatch(stage, lines(4));
  await stage.control.run(created.id, 1);
  await stage.client.files.delete(created.input_file_id);
  expect(await stage.control.complete(created.id)).toBe("completed");
  expect((await results(stage, created.id)).output).toHaveLength(4);
});

const GOOD = {
  input_file_id: "file-x",
  endpoint: "/v1/chat/completions",
  completion_window: "24h",
};

test.each<[string, unknown, string | null, string | null]>([
  ["no input_file_id", {}, "input_file_id", "missing_required_parameter"],
  ["no endpoint", { input_file_id: "f" }, "endpoint", "missing_required_parameter"],
  ["an unknown endpoint", { ...GOOD, endpoint: "/v1/files" }, "endpoint", "invalid_value"],
  ["another window", { ...GOOD, completion_window: "1h" }, "completion_window", "invalid_value"],
  ["a file id that is a number", { ...GOOD, input_file_id: 1 }, "input_file_id", "invalid_type"],
  ["an unknown parameter", { ...GOOD, provider: "x" }, "provider", "unknown_parameter"],
  [
    "17 pairs of metadata",
    { ...GOOD, metadata: Object.fromEntries(lines(17).map((_, index) => [`k${index}`, ""])) },
    "metadata",
    "object_above_max_properties",
  ],
  ["a number in metadata", { ...GOOD, metadata: { k: 1 } }, "metadata.k", "invalid_type"],
  [
    "a value of 513 characters",
    { ...GOOD, metadata: { k: "x".repeat(513) } },
    "metadata.k",
    "string_above_max_length",
  ],
  [
    "a key of 65 characters",
    { ...GOOD, metadata: { ["k".repeat(65)]: "x" } },
    "metadata",
    "string_above_max_length",
  ],
  [
    "results that live less than an hour",
    { ...GOOD, output_expires_after: { anchor: "created_at", seconds: 3_599 } },
    "output_expires_after.seconds",
    "integer_below_min_value",
  ],
  ["an array", [], null, null],
])("creating with %s is refused", async (...[, json, param, code]) => {
  await using stage = await startStage();
  const refused = await stage.call("POST", "/batches", { json });
  expect(refused.status).toBe(400);
  expect(refused.json()).toMatchObject({ error: { param, code } });
  expect(stage.control.batches()).toEqual([]);
});

test("the largest metadata that is allowed comes back", async () => {
  await using stage = await startStage();
  const metadata = Object.fromEntries(
    Array.from({ length: 16 }, (_, index) => [`${index}`.padEnd(64, "k"), "ü".repeat(512)]),
  );
  const input = await uploadLines(stage, lines(1));
  const batch = await stage.client.batches.create({
    input_file_id: input.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    metadata,
  });
  expect((await stage.client.batches.retrieve(batch.id)).metadata).toEqual(metadata);
});

test("the official iterator sees every batch once, newest first", async () => {
  await using stage = await startStage();
  const input = await uploadLines(stage, lines(1));
  const made: string[] = [];
  for (let index = 0; index < 45; index += 1) {
    const { id } = await stage.client.batches.create({
      input_file_id: input.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
    made.push(id);
  }
  stage.control.clearJournal();
  const seen: string[] = [];
  for await (const batch of stage.client.batches.list()) seen.push(batch.id);
  expect(seen).toEqual(made.toReversed());
  expect(stage.control.journal()).toHaveLength(3);
  expect((await stage.call("GET", "/batches?limit=101")).status).toBe(400);
  expect((await stage.call("GET", "/batches?after=batch_none")).status).toBe(404);
});

test("an unknown batch is a 404 in OpenAI's words", async () => {
  await using stage = await startStage();
  const reply = await stage.call("GET", "/batches/batch_none");
  expect(reply.status).toBe(404);
  expect(reply.json()).toEqual({
    error: {
      message: "No batch found with id 'batch_none'.",
      type: "invalid_request_error",
      param: null,
      code: null,
    },
  });
});

test("a key sees the files and batches of its own project only", async () => {
  const apiKeys = [KEY, { key: "sk-other", project: "other" }];
  await using stage = await startStage({ apiKeys });
  const created = await createBatch(stage, lines(1));
  for (const path of [`/batches/${created.id}`, `/files/${created.input_file_id}`]) {
    expect((await stage.call("GET", path)).status).toBe(200);
    expect((await stage.call("GET", path, { key: "sk-other" })).status).toBe(404);
  }
  const list = await stage.call("GET", "/batches", { key: "sk-other" });
  expect(list.json()).toMatchObject({ data: [], has_more: false });
});

test("lines fail, are lost and are doubled as the control says", async () => {
  await using stage = await startStage();
  const { control } = stage;
  control.failLine(2, { status: 500 });
  control.failLine("r3", { status: 429, body: { error: { message: "slow down" } } });
  control.omitLine("r4");
  control.duplicateLine(5);
  const created = await createBatch(stage, lines(6));
  await control.complete(created.id);
  const { batch, output, errors } = await results(stage, created.id);
  expect(batch.request_counts).toEqual({ total: 6, completed: 4, failed: 2 });
  expect(ids(output).toSorted()).toEqual(["r1", "r5", "r5", "r6"]);
  const failures = new Map(errors.map((row) => [row.custom_id, row.response]));
  expect(failures.get("r2")).toMatchObject({
    status_code: 500,
    body: { error: { type: "server_error" } },
  });
  expect(failures.get("r3")).toMatchObject({
    status_code: 429,
    body: { error: { message: "slow down" } },
  });
  control.clearLines();
  const next = await createBatch(stage, lines(6));
  await control.complete(next.id);
  expect((await results(stage, next.id)).output).toHaveLength(6);
});

test.each<[string, string, Readonly<Record<string, unknown>>, string]>([
  ["/v1/responses", "gpt-4o-mini", { input: "Hi" }, "Response"],
  ["/v1/embeddings", "text-embedding-3-small", { input: ["a", "b"] }, "CreateEmbeddingResponse"],
  ["/v1/completions", "davinci-002", { prompt: "Once" }, "CreateCompletionResponse"],
  ["/v1/moderations", "omni-moderation-latest", { input: "x" }, "CreateModerationResponse"],
])("a batch of %s has results in that endpoint's shape", async (...[url, model, body, schema]) => {
  await using stage = await startStage();
  const line = JSON.stringify({ custom_id: "a", method: "POST", url, body: { model, ...body } });
  const created = await createBatch(stage, [line], url as "/v1/responses");
  await stage.control.complete(created.id);
  const { output, batch } = await results(stage, created.id);
  expect(batch.request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
  expect(specProblem("openai", schema, output[0]?.response?.body)).toBeNull();
});

test("a long custom_id of any characters comes back as it was", async () => {
  await using stage = await startStage();
  const id = `${"x".repeat(200)} — ü/😀`;
  const created = await createBatch(stage, [chatLine(id)]);
  await stage.control.complete(created.id);
  expect(ids((await results(stage, created.id)).output)).toEqual([id]);
});

test("answers are as long as the options say, so that results can be large", async () => {
  await using stage = await startStage({ minCharacters: 10_000 });
  const created = await createBatch(stage, lines(3));
  await stage.control.complete(created.id);
  const { output } = await results(stage, created.id);
  for (const row of output) {
    expect(row.response?.body.choices[0]?.message.content.length).toBeGreaterThanOrEqual(10_000);
  }
});
