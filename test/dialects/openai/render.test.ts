import { expect, test } from "vitest";
import type { Batch, BatchState } from "../../../src/core/batch.ts";
import {
  renderBatch,
  renderDeletedFile,
  renderFile,
  renderList,
  renderUpload,
  renderUploadPart,
} from "../../../src/dialects/openai/render.ts";
import { newBatch, newFile, newUpload } from "../../support/memory-gateway.ts";
import { specProblem } from "../../support/specs.ts";

const CREATED = Date.UTC(2026, 0, 1) + 999;
const SECONDS = Date.UTC(2026, 0, 1) / 1000;
const file = { ...newFile("f1", CREATED), bytes: 170 };
const view = (batch: Batch) => ({ batch, input: file, output: null, error: null });

test("a file looks as at OpenAI", () => {
  expect(renderFile({ ...file, expiresAt: CREATED + 3_600_000 })).toEqual({
    id: "file-f1",
    object: "file",
    bytes: 170,
    created_at: SECONDS,
    expires_at: SECONDS + 3600,
    filename: "lines.jsonl",
    purpose: "batch",
    status: "processed",
    status_details: null,
    crossbatch: { id: "f1", provider: "openai", native_id: null },
  });
  expect(specProblem("openai", "OpenAIFile", renderFile(file))).toBeNull();
  expect(specProblem("openai", "DeleteFileResponse", renderDeletedFile(file))).toBeNull();
});

test.each([
  { format: "openai" as const, shown: "file-native" },
  { format: "gemini" as const, shown: "file-f1" },
])("a file kept at a provider of the $format family is shown as $shown", ({ format, shown }) => {
  const kept = { ...file, native: { id: "file-native", format } };
  expect(renderFile(kept)).toMatchObject({ id: shown, crossbatch: { native_id: "file-native" } });
  expect(renderDeletedFile(kept)).toEqual({ id: shown, object: "file", deleted: true });
});

test("a batch that says nothing yet has every key all the same", () => {
  expect(renderBatch(view(newBatch("b1", CREATED)))).toEqual({
    id: "batch_b1",
    object: "batch",
    endpoint: "/v1/chat/completions",
    model: null,
    errors: null,
    input_file_id: "file-f1",
    completion_window: "24h",
    status: "validating",
    output_file_id: null,
    error_file_id: null,
    created_at: SECONDS,
    in_progress_at: null,
    expires_at: SECONDS + 86_400,
    finalizing_at: null,
    completed_at: null,
    failed_at: null,
    expired_at: null,
    cancelling_at: null,
    cancelled_at: null,
    request_counts: { total: 0, completed: 0, failed: 0 },
    usage: null,
    metadata: null,
    crossbatch: {
      id: "b1",
      provider: "openai",
      native_id: null,
      mode: "native",
      price_tier: "batch",
      warnings: [],
    },
  });
});

test("a batch that has ended says everything", () => {
  const output = {
    ...newFile("o1", CREATED),
    native: { id: "file-out", format: "openai" as const },
  };
  const batch: Batch = {
    ...newBatch("b1", CREATED),
    native: { id: "batch_native", format: "openai" },
    state: "completed",
    model: "gpt-4o-mini",
    counts: { total: 3, completed: 2, failed: 1 },
    metadata: { team: "a" },
    usage: {
      inputTokens: 5,
      cachedTokens: 1,
      outputTokens: 7,
      reasoningTokens: 2,
      totalTokens: 12,
    },
    warnings: [{ code: "dropped", message: "m", field: "seed", lines: 2, firstLines: [1, 2] }],
  };
  const rendered = renderBatch({ batch, input: file, output, error: newFile("e1", CREATED) });
  expect(specProblem("openai", "Batch", rendered)).toBeNull();
  expect(rendered).toMatchObject({
    id: "batch_native",
    model: "gpt-4o-mini",
    output_file_id: "file-out",
    error_file_id: "file-e1",
    request_counts: { total: 3, completed: 2, failed: 1 },
    metadata: { team: "a" },
    usage: {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 1 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 12,
    },
    crossbatch: {
      native_id: "batch_native",
      warnings: [{ code: "dropped", message: "m", field: "seed", lines: 2, first_lines: [1, 2] }],
    },
  });
});

const STATES: readonly { state: BatchState; counted: boolean }[] = [
  { state: "validating", counted: false },
  { state: "failed", counted: false },
  { state: "in_progress", counted: true },
  { state: "finalizing", counted: true },
  { state: "completed", counted: true },
  { state: "expired", counted: true },
  { state: "cancelling", counted: true },
  { state: "cancelled", counted: true },
];

test.each(STATES)(
  "a batch that is $state is valid, with errors and counts as OpenAI has them",
  ({ state, counted }) => {
    const rendered = renderBatch(
      view({
        ...newBatch("b1", CREATED),
        state,
        counts: { total: 9, completed: 4, failed: 5 },
        errors: [{ code: "invalid_json_line", message: "m", param: null, line: 2 }],
      }),
    );
    expect(specProblem("openai", "Batch", rendered)).toBeNull();
    expect(rendered.request_counts.total).toBe(counted ? 9 : 0);
    expect(rendered.errors).toEqual(
      state === "failed"
        ? {
            object: "list",
            data: [{ code: "invalid_json_line", message: "m", param: null, line: 2 }],
          }
        : null,
    );
  },
);

test("an upload is pending until it is over, and its file is there once it is complete", () => {
  const upload = newUpload("u1", CREATED);
  const later = upload.expiresAt;
  expect(renderUpload(upload, null, later - 1)).toEqual({
    id: "upload_u1",
    object: "upload",
    bytes: 1,
    created_at: SECONDS,
    expires_at: SECONDS + 3600,
    filename: "lines.jsonl",
    purpose: "batch",
    status: "pending",
    file: null,
  });
  expect(renderUpload(upload, null, later).status).toBe("expired");
  expect(renderUpload({ ...upload, state: "cancelled" }, null, later).status).toBe("cancelled");
  const completed = renderUpload({ ...upload, state: "completed" }, file, later);
  expect(completed).toMatchObject({ status: "completed", file: { id: "file-f1" } });
  expect(specProblem("openai", "Upload", completed)).toBeNull();
  const part = renderUploadPart({
    id: "part_p1",
    uploadId: "u1",
    owner: "shared",
    blob: "b",
    bytes: 1,
    createdAt: CREATED,
  });
  expect(part).toEqual({
    id: "part_p1",
    object: "upload.part",
    created_at: SECONDS,
    upload_id: "upload_u1",
  });
  expect(specProblem("openai", "UploadPart", part)).toBeNull();
});

test.each([
  { items: [], first: null, last: null },
  { items: [file, newFile("f2", CREATED)], first: "file-f1", last: "file-f2" },
])("a list names its first and last", ({ items, first, last }) => {
  const list = renderList({ items, hasMore: items.length > 0 }, renderFile);
  expect(list).toMatchObject({ object: "list", first_id: first, last_id: last });
  expect(list.has_more).toBe(items.length > 0);
  expect(specProblem("openai", "ListFilesResponse", list)).toBeNull();
});
