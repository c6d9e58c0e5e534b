import { describe, expect, test } from "vitest";
import type { Batch, BatchState } from "../../../src/core/batch.ts";
import { type ErrorCode, ERRORS, GatewayError } from "../../../src/core/errors.ts";
import { renderError } from "../../../src/dialects/anthropic/errors.ts";
import { renderBatch, renderFile } from "../../../src/dialects/anthropic/render.ts";
import { newBatch, newFile } from "../../support/memory-gateway.ts";
import { specProblem } from "../../support/specs.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const render = (batch: Batch) => renderBatch(batch, (id) => `http://gw/${id}`);
const none = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };

describe("a batch", () => {
  test.each<{ readonly state: BatchState; readonly status: string; readonly counts: object }>([
    { state: "validating", status: "in_progress", counts: { processing: 10 } },
    { state: "in_progress", status: "in_progress", counts: { processing: 10 } },
    { state: "finalizing", status: "in_progress", counts: { processing: 10 } },
    { state: "cancelling", status: "canceling", counts: { processing: 10 } },
    { state: "completed", status: "ended", counts: { succeeded: 6, errored: 4 } },
    { state: "failed", status: "ended", counts: { succeeded: 6, errored: 4 } },
    { state: "expired", status: "ended", counts: { succeeded: 6, expired: 4 } },
    { state: "cancelled", status: "ended", counts: { succeeded: 6, canceled: 4 } },
  ])("that is $state is $status, and its counts add up", ({ state, status, counts }) => {
    const batch: Batch = {
      ...newBatch("b1", NOW),
      state,
      counts: { total: 10, completed: 6, failed: 3 },
    };
    const rendered = render(batch);
    expect(rendered).toMatchObject({
      processing_status: status,
      request_counts: { ...none, ...counts },
      results_url: status === "ended" ? "http://gw/msgbatch_b1" : null,
    });
    expect(Object.values(rendered.request_counts).reduce((sum, count) => sum + count)).toBe(10);
    expect(specProblem("anthropic", "MessageBatch", rendered)).toBeNull();
  });

  test("whose lines ended in several ways tells them apart", () => {
    const endings = { errored: 1, canceled: 2, expired: 0 };
    const batch: Batch = {
      ...newBatch("b1", NOW),
      state: "cancelled",
      counts: { total: 10, completed: 7, failed: 3 },
      options: { endings },
    };
    expect(render(batch).request_counts).toEqual({ processing: 0, succeeded: 7, ...endings });
  });

  test.each<{ readonly state: BatchState; readonly time: keyof Batch["times"] }>([
    { state: "completed", time: "completedAt" },
    { state: "failed", time: "failedAt" },
    { state: "expired", time: "expiredAt" },
    { state: "cancelled", time: "cancelledAt" },
  ])("that is $state ended then", ({ state, time }) => {
    const batch = newBatch("b1", NOW);
    const times = { ...batch.times, cancellingAt: NOW, [time]: NOW + 1000 };
    expect(render({ ...batch, state, times })).toMatchObject({
      ended_at: "2026-01-02T03:04:06.678Z",
      cancel_initiated_at: "2026-01-02T03:04:05.678Z",
    });
  });

  test("shows the provider's own id only where that is Anthropic's", () => {
    const batch = newBatch("b1", NOW);
    const native = (format: "anthropic" | "openai") => ({ id: "native_1", format });
    expect(render({ ...batch, native: native("anthropic") }).id).toBe("native_1");
    expect(render({ ...batch, native: native("openai") })).toMatchObject({
      id: "msgbatch_b1",
      crossbatch: { id: "b1", provider: "openai", native_id: "native_1", mode: "native" },
    });
  });

  test("has all keys of Anthropic's, and one of ours", () => {
    expect(Object.keys(render(newBatch("b1", NOW)))).toEqual([
      "id",
      "type",
      "processing_status",
      "request_counts",
      "created_at",
      "expires_at",
      "ended_at",
      "cancel_initiated_at",
      "archived_at",
      "results_url",
      "crossbatch",
    ]);
  });
});

test.each([
  { what: "that we hold", file: { blob: "x" }, downloadable: true },
  { what: "that is only at its provider", file: {}, downloadable: false },
  { what: "of results at a provider", file: { origin: "result" as const }, downloadable: true },
])("a file $what: downloadable is $downloadable", ({ file, downloadable }) => {
  const rendered = renderFile({ ...newFile("f1", NOW), ...file, bytes: 7 });
  expect(rendered).toMatchObject({ id: "file_f1", downloadable, size: 7, size_bytes: 7 });
  expect(specProblem("anthropic", "BetaFileMetadataSchema", rendered)).toBeNull();
});

const CODES = Object.keys(ERRORS) as ErrorCode[];

test.each(CODES)("%s has Anthropic's shape, and is repeated only if that may help", (code) => {
  const error = new GatewayError(code, "what was wrong", { retryAfterSeconds: 3 });
  const { status, headers, body } = renderError(error, "req_1");
  expect(status).toBe(ERRORS[code].status);
  expect(body).toMatchObject({
    type: "error",
    error: { type: expect.stringMatching(/_error$|^request_too_large$/) },
    request_id: "req_1",
  });
  expect(headers["request-id"]).toBe("req_1");
  expect(headers["retry-after"]).toBe(ERRORS[code].retryable ? "3" : undefined);
  const repeated = status === 409 || status === 429 || status >= 500;
  expect(headers["x-should-retry"]).toBe(repeated && !ERRORS[code].retryable ? "false" : undefined);
});

test.each([
  { code: "upstream_rejected", upstreamType: "billing_error", status: 402, type: "billing_error" },
  {
    code: "upstream_unavailable",
    upstreamType: "overloaded_error",
    status: 529,
    type: "overloaded_error",
  },
  {
    code: "upstream_not_found",
    upstreamType: "invalid_request_error",
    status: 404,
    type: "not_found_error",
  },
  {
    code: "upstream_rate_limited",
    upstreamType: "RESOURCE_EXHAUSTED",
    status: 429,
    type: "rate_limit_error",
  },
  { code: "upstream_unavailable", upstreamType: "UNAVAILABLE", status: 502, type: "api_error" },
  { code: "upstream_timeout", upstreamType: "", status: 504, type: "timeout_error" },
  { code: "upstream_conflict", upstreamType: "", status: 409, type: "conflict_error" },
] as const)(
  "a provider's $upstreamType ($code) is a $type",
  ({ code, upstreamType, status, type }) => {
    const rendered = renderError(new GatewayError(code, "no", { upstreamType }), "req_1");
    expect(rendered).toMatchObject({ status, body: { error: { type, message: "no" } } });
  },
);

test("what went wrong inside is not told, only where the operator finds it", () => {
  const { body } = renderError(new GatewayError("internal", "password=hunter2"), "req_42");
  expect(JSON.stringify(body)).not.toContain("hunter2");
  expect(body).toMatchObject({ error: { message: expect.stringContaining("req_42") } });
});
