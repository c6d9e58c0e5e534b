import { expect, test } from "vitest";
import type { Stage } from "./stage.ts";
import { chatLine, startStage } from "./stage.ts";

const LF = "\n";

async function failureOf(stage: Stage, content: string | Uint8Array<ArrayBuffer>) {
  const file = await stage.client.files.create({
    file: new File([content], "in.jsonl"),
    purpose: "batch",
  });
  return failureOfFile(stage, file.id);
}

async function failureOfFile(stage: Stage, input_file_id: string) {
  const { id } = await stage.client.batches.create({
    input_file_id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  const state = await stage.control.advance(id);
  const batch = await stage.client.batches.retrieve(id);
  if (state !== "failed") return state;
  expect(batch).toMatchObject({
    status: "failed",
    output_file_id: null,
    error_file_id: null,
    in_progress_at: null,
    failed_at: expect.any(Number),
    request_counts: { total: 0, completed: 0, failed: 0 },
    errors: { object: "list" },
  });
  expect(batch.errors?.data).toHaveLength(1);
  return batch.errors?.data?.[0];
}

const good = chatLine("good");
const without = (name: string) => chatLine("x", { line: { [name]: undefined } });

test.each<[string, string, string, string | null, number]>([
  ["a line that isn't JSON", good + LF + "{oops", "invalid_json_line", null, 2],
  ["a line that is an array", "[]", "invalid_json_line", null, 1],
  ["a blank line in between", good + LF + LF + good, "invalid_json_line", null, 2],
  ["a byte order mark", `\uFEFF${good}`, "invalid_json_line", null, 1],
  ["a NUL", good + LF + `\0${good}`, "invalid_json_line", null, 2],
  ["no custom_id", without("custom_id"), "missing_required_parameter", "custom_id", 1],
  ["an empty custom_id", chatLine(""), "missing_required_parameter", "custom_id", 1],
  ["no method", without("method"), "missing_required_parameter", "method", 1],
  ["no url", without("url"), "missing_required_parameter", "url", 1],
  [
    "no body",
    '{"custom_id":"a","method":"POST","url":"/v1/chat/completions"}',
    "missing_required_parameter",
    "body",
    1,
  ],
  ["a repeated custom_id", good + LF + good, "duplicate_custom_id", "custom_id", 2],
  ["the method GET", chatLine("a", { line: { method: "GET" } }), "invalid_method", "method", 1],
  ["another url", chatLine("a", { line: { url: "/v1/responses" } }), "invalid_url", "url", 1],
  ["an unknown key", chatLine("a", { line: { priority: 1 } }), "unknown_parameter", "priority", 1],
  [
    "a second model",
    good + LF + chatLine("b", { body: { model: "gpt-4o" } }),
    "mismatched_model",
    "body.model",
    2,
  ],
  [
    "an unknown model",
    chatLine("a", { body: { model: "gpt-99" } }),
    "model_not_found",
    "body.model",
    1,
  ],
  ["no model", chatLine("a", { body: { model: undefined } }), "invalid_request", "body.model", 1],
  [
    "a streamed line",
    good + LF + chatLine("b", { body: { stream: true } }),
    "streaming_unsupported",
    "body.stream",
    2,
  ],
])("%s fails the batch with one error", async (...[, content, code, param, line]) => {
  await using stage = await startStage();
  const error = await failureOf(stage, content);
  expect(error).toEqual({ code, message: expect.stringMatching(/./), param, line });
});

test("bytes that aren't UTF-8 fail the batch with their line", async () => {
  await using stage = await startStage();
  const content = Buffer.concat([Buffer.from(good + LF), Buffer.from([0x22, 0xff, 0x22])]);
  expect(await failureOf(stage, new Uint8Array(content))).toMatchObject({
    code: "invalid_json_line",
    message: "This line is not parseable as valid JSON.",
    line: 2,
  });
});

test("the first of many bad lines is the only one that is told", async () => {
  await using stage = await startStage();
  const content = [good, good, "{", chatLine("c", { body: { stream: true } })].join(LF);
  expect(await failureOf(stage, content)).toMatchObject({ code: "duplicate_custom_id", line: 2 });
});

test("an empty file fails as a whole", async () => {
  await using stage = await startStage();
  expect(await failureOf(stage, "")).toMatchObject({ code: "empty_file", param: null, line: null });
});

test.each(["file-none", "other purpose"])("an input file that is %s fails later", async (what) => {
  await using stage = await startStage();
  const other = await stage.client.files.create({
    file: new File([good], "a.jsonl"),
    purpose: "fine-tune",
  });
  const id = what === "file-none" ? what : other.id;
  expect(await failureOfFile(stage, id)).toMatchObject({
    code: "invalid_request",
    param: "file_id",
    line: null,
  });
});

test("a line too many, a byte too many and an embedding input too many fail", async () => {
  const limits = { batchLines: 3, batchInputBytes: 2_000 };
  await using stage = await startStage({ limits });
  const three = ["a", "b", "c"].map((id) => chatLine(id)).join(LF);
  expect(await failureOf(stage, three)).toBe("in_progress");
  expect(await failureOf(stage, three + LF)).toBe("in_progress");
  expect(await failureOf(stage, three + LF + good)).toMatchObject({ line: 4, param: "file_id" });
  expect(await failureOf(stage, good.padEnd(2_000))).toBe("in_progress");
  expect(await failureOf(stage, good.padEnd(2_001))).toMatchObject({
    message: expect.stringContaining("larger than the 2000 maximum"),
    line: null,
  });
});

test("a batch that would exceed the model's enqueued tokens fails, and passes once others ended", async () => {
  await using stage = await startStage({ limits: { enqueuedTokens: 60 } });
  expect(await failureOf(stage, good)).toBe("in_progress");
  expect(await failureOf(stage, good)).toMatchObject({
    code: "token_limit_exceeded",
    param: null,
    line: null,
    message: expect.stringMatching(/^Enqueued token limit reached for gpt-4o-mini/),
  });
  const [first] = stage.control.batches();
  await stage.control.complete(first?.id ?? "");
  expect(await failureOf(stage, good)).toBe("in_progress");
});

test("carriage returns, spaces around a line and a missing last newline are fine", async () => {
  await using stage = await startStage();
  expect(await failureOf(stage, `  ${chatLine("a")}\r\n\t${chatLine("b")}  `)).toBe("in_progress");
});

test("lines are found across the chunks in which a large file is read", async () => {
  await using stage = await startStage();
  const padding = "x".repeat(700_000);
  const content = ["a", "b", "c"]
    .map((id) => chatLine(id, { body: { messages: [{ role: "user", content: padding }] } }))
    .join(LF);
  expect(await failureOf(stage, `${content}${LF}{`)).toMatchObject({ line: 4 });
  expect(await failureOf(stage, content)).toBe("in_progress");
  const last = stage.control.batches().at(-1);
  expect(await stage.control.complete(last?.id ?? "")).toBe("completed");
  expect(last?.lines).toBe(3);
});
