import { expect, test } from "vitest";
import { toReport } from "../../../src/providers/anthropic/report.ts";
import { wireBatch } from "../../../src/providers/anthropic/wire.ts";

const CREATED = "2026-11-20T10:00:00.123456Z";
const ENDED = "2026-11-20T10:30:00Z";
const none = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };

function report(changes: Readonly<Record<string, unknown>>) {
  const batch = {
    id: "msgbatch_1",
    type: "message_batch",
    processing_status: "ended",
    request_counts: none,
    created_at: CREATED,
    expires_at: "2026-11-21T10:00:00.123456Z",
    ended_at: ENDED,
    cancel_initiated_at: null,
    archived_at: null,
    results_url: null,
  };
  return toReport(wireBatch.parse({ ...batch, ...changes }));
}

test.each([
  { status: "in_progress", state: "in_progress" },
  { status: "canceling", state: "cancelling" },
  { status: "pondering", state: "in_progress" },
])("$status is running as $state", ({ status, state }) => {
  const counts = { ...none, processing: 5 };
  const running = { processing_status: status, request_counts: counts, ended_at: null };
  expect(report(running)).toEqual({
    kind: "running",
    state,
    nativeState: status,
    counts: { total: 5, completed: 0, failed: 0 },
    times: {
      createdAt: Date.UTC(2026, 10, 20, 10, 0, 0, 123),
      inProgressAt: Date.UTC(2026, 10, 20, 10, 0, 0, 123),
      expiresAt: Date.UTC(2026, 10, 21, 10, 0, 0, 123),
    },
    model: null,
  });
});

test.each([
  { counts: { succeeded: 3 }, cancelled: false, outcome: "completed" },
  { counts: { errored: 3 }, cancelled: false, outcome: "completed" },
  { counts: { succeeded: 1, expired: 2 }, cancelled: false, outcome: "expired" },
  { counts: { expired: 3 }, cancelled: false, outcome: "expired" },
  { counts: { canceled: 3 }, cancelled: true, outcome: "cancelled" },
  { counts: { canceled: 2, expired: 1 }, cancelled: true, outcome: "cancelled" },
  { counts: { canceled: 2, succeeded: 1 }, cancelled: true, outcome: "cancelled" },
  { counts: { canceled: 2, errored: 1 }, cancelled: true, outcome: "cancelled" },
  { counts: { succeeded: 3 }, cancelled: true, outcome: "completed" },
  { counts: { expired: 3 }, cancelled: true, outcome: "expired" },
  { counts: { canceled: 3 }, cancelled: false, outcome: "completed" },
  { counts: {}, cancelled: false, outcome: "completed" },
])("ended with $counts, cancel $cancelled, is $outcome", ({ counts, cancelled, outcome }) => {
  const ended = report({
    request_counts: { ...none, ...counts },
    cancel_initiated_at: cancelled ? "2026-11-20T10:20:00Z" : null,
  });
  expect(ended).toMatchObject({ kind: "ended", outcome, nativeState: "ended", errors: [] });
  expect(ended.times).toHaveProperty(`${outcome}At`, Date.UTC(2026, 10, 20, 10, 30));
  expect("cancellingAt" in ended.times).toBe(cancelled);
});

test("every line is counted, the ones without an answer as failed", () => {
  const counts = { processing: 0, succeeded: 1, errored: 2, canceled: 4, expired: 8 };
  expect(report({ request_counts: counts }).counts).toEqual({
    total: 15,
    completed: 1,
    failed: 14,
  });
});

test.each([
  { request_counts: null },
  { request_counts: "many" },
  { created_at: "yesterday", expires_at: 7, ended_at: null },
])("what is odd in %o counts as absent", (changes) => {
  const ended = report(changes);
  expect(ended).toMatchObject({ kind: "ended", outcome: "completed" });
  expect(Object.values(ended.times).every(Number.isFinite)).toBe(true);
});
