import { describe, expect, test } from "vitest";
import { toReport } from "../../../src/providers/openai/report.ts";
import { wireBatch } from "../../../src/providers/openai/wire.ts";

function batch(fields: Readonly<Record<string, unknown>>) {
  return wireBatch.parse({ id: "batch_1", created_at: 1_758_000_000, ...fields });
}

describe("a state", () => {
  test.each([
    { status: "validating", kind: "running", state: "validating" },
    { status: "in_progress", kind: "running", state: "in_progress" },
    { status: "finalizing", kind: "running", state: "finalizing" },
    { status: "cancelling", kind: "running", state: "cancelling" },
    { status: "failed", kind: "ended", outcome: "failed" },
    { status: "expired", kind: "ended", outcome: "expired" },
    { status: "cancelled", kind: "ended", outcome: "cancelled" },
    { status: "completed", kind: "ended", outcome: "completed" },
    { status: "paused_for_a_reason_of_tomorrow", kind: "running", state: "in_progress" },
  ])("$status is $kind", ({ status, ...expected }) => {
    expect(toReport(batch({ status }))).toMatchObject({ ...expected, nativeState: status });
  });

  test.each([
    { named: {}, completed: 3, expected: { kind: "running", state: "finalizing" } },
    { named: {}, completed: 0, expected: { kind: "ended", outcome: "completed" } },
    { named: { output_file_id: "file-o" }, completed: 3, expected: { kind: "ended" } },
    { named: { error_file_id: "file-e" }, completed: 3, expected: { kind: "ended" } },
  ])("completed with $completed lines and $named is $expected", (row) => {
    const { named, completed, expected } = row;
    const request_counts = { total: 3, completed, failed: 3 - completed };
    const report = toReport(batch({ status: "completed", request_counts, ...named }));
    expect(report).toMatchObject(expected);
  });
});

test("everything that a batch says comes over, times in milliseconds", () => {
  const report = toReport(
    batch({
      status: "completed",
      model: "gpt-5-2025-08-07",
      output_file_id: "file-o",
      error_file_id: "file-e",
      in_progress_at: 1_758_000_001,
      finalizing_at: 1_758_000_002,
      completed_at: 1_758_000_003,
      expires_at: 1_758_086_400,
      failed_at: null,
      request_counts: { total: 3, completed: 2, failed: 1 },
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 20,
        output_tokens_details: { reasoning_tokens: 5 },
        total_tokens: 30,
      },
      errors: null,
    }),
  );
  expect(report).toEqual({
    kind: "ended",
    outcome: "completed",
    nativeState: "completed",
    model: "gpt-5-2025-08-07",
    counts: { total: 3, completed: 2, failed: 1 },
    usage: {
      inputTokens: 10,
      cachedTokens: 4,
      outputTokens: 20,
      reasoningTokens: 5,
      totalTokens: 30,
    },
    errors: [],
    times: {
      createdAt: 1_758_000_000_000,
      inProgressAt: 1_758_000_001_000,
      finalizingAt: 1_758_000_002_000,
      completedAt: 1_758_000_003_000,
      expiresAt: 1_758_086_400_000,
    },
    outputNativeId: "file-o",
    errorNativeId: "file-e",
  });
});

test("what made a batch fail is kept, with its line", () => {
  const data = [
    { code: "invalid_json_line", message: "Not JSON.", param: null, line: 3 },
    { message: "Without a code." },
  ];
  expect(toReport(batch({ status: "failed", errors: { object: "list", data } }))).toMatchObject({
    outcome: "failed",
    errors: [
      { code: "invalid_json_line", message: "Not JSON.", param: null, line: 3 },
      { code: "invalid_request", message: "Without a code.", param: null, line: null },
    ],
  });
});

test.each(["cancelling", "cancelled"])("counts of a %s batch count for nothing", (status) => {
  const request_counts = { total: 3, completed: 0, failed: 0 };
  expect(toReport(batch({ status, request_counts })).counts).toBeNull();
});

test("fields of a wrong type count as absent", () => {
  const odd = {
    status: "in_progress",
    model: 7,
    in_progress_at: "soon",
    request_counts: [],
    usage: "much",
    metadata: { a: 1 },
    errors: "none",
  };
  expect(toReport(batch(odd))).toEqual({
    kind: "running",
    state: "in_progress",
    nativeState: "in_progress",
    counts: null,
    times: { createdAt: 1_758_000_000_000 },
    model: null,
  });
});
