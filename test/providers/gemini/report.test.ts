import { describe, expect, test } from "vitest";
import { toReport } from "../../../src/providers/gemini/report.ts";
import { wireOperation } from "../../../src/providers/gemini/wire.ts";

const TYPE = "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch";
const output = { responsesFile: "files/batch-1" };

function operation(
  metadata: Readonly<Record<string, unknown>>,
  rest: Readonly<Record<string, unknown>> = {},
) {
  const held = { "@type": TYPE, inputConfig: { fileName: "files/in" }, ...metadata };
  return wireOperation.parse({ name: "batches/1", metadata: held, ...rest });
}

describe("a state", () => {
  const done = { output, endTime: "2026-08-20T21:00:00Z" };
  const rows = [
    { state: "PENDING", kind: "running", expected: { state: "validating" } },
    { state: "RUNNING", kind: "running", expected: { state: "in_progress" } },
    { state: "SUCCEEDED", kind: "ended", expected: { outcome: "completed" } },
    { state: "FAILED", kind: "ended", expected: { outcome: "failed" } },
    { state: "CANCELLED", kind: "ended", expected: { outcome: "cancelled" } },
    { state: "EXPIRED", kind: "ended", expected: { outcome: "expired" } },
    { state: "UNSPECIFIED", kind: "running", expected: { state: "in_progress" } },
    { state: "OF_TOMORROW", kind: "running", expected: { state: "in_progress" } },
  ];
  const both = ["BATCH_STATE_", "JOB_STATE_"].flatMap((prefix) =>
    rows.map(({ state, ...row }) => ({ state: prefix + state, ...row })),
  );

  test.each(both)("$state is $kind", ({ state, kind, expected }) => {
    const report = toReport(operation({ state, ...done }), "whole");
    expect(report).toMatchObject({ kind, nativeState: state, ...expected });
  });

  test("that isn't there is running", () => {
    const bare = wireOperation.parse({ name: "batches/1" });
    expect(toReport(bare, "whole")).toEqual({
      kind: "running",
      state: "in_progress",
      nativeState: "BATCH_STATE_UNSPECIFIED",
      counts: null,
      times: {},
      model: null,
    });
  });

  test.each([
    { rest: { done: true, error: { code: 3, message: "No." } }, expected: "failed" },
    { rest: { done: true, response: output }, expected: "completed" },
  ])("of tomorrow ends as $expected where the operation says so", ({ rest, expected }) => {
    const report = toReport(operation({ state: "BATCH_STATE_OF_TOMORROW" }, rest), "whole");
    expect(report).toMatchObject({ kind: "ended", outcome: expected });
  });
});

describe("what has succeeded", () => {
  const state = "BATCH_STATE_SUCCEEDED";
  const inline = { inputConfig: {} };
  const responses = { inlinedResponses: { inlinedResponses: [] } };

  test.each([
    { what: "nothing yet", shown: operation({ state }, { done: true }), named: undefined },
    { what: "a file in the metadata", shown: operation({ state, output }), named: "files/batch-1" },
    {
      what: "a file in the response",
      shown: operation({ state }, { response: output }),
      named: "files/batch-1",
    },
    {
      what: "responses inline",
      shown: operation({ state, ...inline, output: responses }),
      named: null,
    },
  ])("is over once it shows its output: $what", ({ shown, named }) => {
    const report = toReport(shown, "whole");
    const expected =
      named === undefined
        ? { kind: "running", state: "finalizing" }
        : { kind: "ended", outcome: "completed", outputNativeId: named, errorNativeId: null };
    expect(report).toMatchObject(expected);
  });

  test("without a file is over in a list, which shows no responses", () => {
    const shown = operation({ state, ...inline });
    expect(toReport(shown, "listed")).toMatchObject({ kind: "ended", outcome: "completed" });
    expect(toReport(shown, "whole")).toMatchObject({ kind: "running", state: "finalizing" });
  });
});

describe("counts", () => {
  test.each([
    [undefined, null],
    [{}, { total: 0, completed: 0, failed: 0 }],
    [
      { requestCount: "9", successfulRequestCount: "9" },
      { total: 9, completed: 9, failed: 0 },
    ],
    [
      { requestCount: "9", failedRequestCount: "2", pendingRequestCount: "7" },
      { total: 9, completed: 0, failed: 2 },
    ],
    [
      { requestCount: 9, successfulRequestCount: "many" },
      { total: 9, completed: 0, failed: 0 },
    ],
  ])("%j are %j", (batchStats, counts) => {
    const report = toReport(operation({ state: "BATCH_STATE_RUNNING", batchStats }), "whole");
    expect(report.counts).toEqual(counts);
  });
});

test("everything that a batch says comes over, times cut to milliseconds", () => {
  const metadata = {
    model: "models/gemini-3.5-flash-lite",
    displayName: "d",
    output,
    createTime: "2026-08-20T20:08:31.015405218Z",
    endTime: "2026-08-20T21:08:31.999999999Z",
    batchStats: { requestCount: "9", successfulRequestCount: "9" },
    state: "BATCH_STATE_SUCCEEDED",
  };
  expect(toReport(operation(metadata, { done: true }), "whole")).toEqual({
    kind: "ended",
    outcome: "completed",
    nativeState: "BATCH_STATE_SUCCEEDED",
    counts: { total: 9, completed: 9, failed: 0 },
    usage: null,
    errors: [],
    times: {
      createdAt: Date.parse("2026-08-20T20:08:31.015Z"),
      expiresAt: Date.parse("2026-08-22T20:08:31.015Z"),
      completedAt: Date.parse("2026-08-20T21:08:31.999Z"),
    },
    model: "gemini-3.5-flash-lite",
    outputNativeId: "files/batch-1",
    errorNativeId: null,
  });
});

test.each([
  { error: { code: 13, message: "Broken." }, expected: { code: "INTERNAL", message: "Broken." } },
  { error: { code: 99 }, expected: { code: "UNKNOWN", message: "The provider gave no reason." } },
  { error: undefined, expected: { code: "UNKNOWN", message: "The provider gave no reason." } },
])("a failed batch says why: $expected", ({ error, expected }) => {
  const report = toReport(operation({ state: "BATCH_STATE_FAILED" }, { error }), "whole");
  expect(report).toMatchObject({ errors: [{ ...expected, param: null, line: null }] });
});

test("a cancelled batch has no errors, whatever code it was ended with", () => {
  const error = { code: 13, message: "Cancelled." };
  const shown = operation({ state: "BATCH_STATE_CANCELLED" }, { done: true, error });
  expect(toReport(shown, "whole")).toMatchObject({ outcome: "cancelled", errors: [] });
});
