import { randomBytes } from "node:crypto";
import type { Batch, Part } from "../../../src/core/batch.ts";
import type { FileCopy, StoredFile, Upload, UploadPart } from "../../../src/core/file.ts";
import type { Alias, Event } from "../../../src/core/storage.ts";

/** Every field that may be null holds something, so that a column that got lost is noticed. */
export function aFile(changes: Partial<StoredFile> = {}): StoredFile {
  return {
    id: newId(),
    owner: "ann",
    account: "openai/default",
    dialect: "openai",
    provider: "openai",
    origin: "upload",
    native: { id: "file-abc", format: "openai" },
    filename: "Fragen – 質問.jsonl",
    purpose: "batch",
    mimeType: "application/jsonl",
    bytes: 5_000_000_000,
    sha256: "ab".repeat(32),
    lines: 3_000_000_000,
    blob: "files/x",
    lineIndex: "lines/x",
    batchId: "b1",
    role: "output",
    options: { region: "eu-central-1", deep: { list: [1, "two", null, true] } },
    createdAt: 1_790_000_000_123,
    expiresAt: 1_790_000_999_999,
    version: 1,
    ...changes,
  };
}

export function aCopy(changes: Partial<FileCopy> = {}): FileCopy {
  return {
    fileId: "f1",
    provider: "openai",
    account: "openai/default",
    recipe: "bytes",
    nativeId: "file-abc",
    bytes: 5_000_000_000,
    createdAt: 1_790_000_000_123,
    expiresAt: 1_790_000_999_999,
    ...changes,
  };
}

export function anUpload(changes: Partial<Upload> = {}): Upload {
  return {
    id: newId(),
    owner: "ann",
    account: "openai/default",
    dialect: "openai",
    provider: "openai",
    filename: "big.jsonl",
    purpose: "batch",
    mimeType: "application/jsonl",
    bytes: 5_000_000_000,
    state: "pending",
    fileId: "f1",
    fileExpiresAfterSeconds: 3600,
    options: { region: "eu-central-1" },
    createdAt: 1_790_000_000_123,
    expiresAt: 1_790_000_999_999,
    version: 1,
    ...changes,
  };
}

export function anUploadPart(changes: Partial<UploadPart> = {}): UploadPart {
  return {
    id: newId(),
    uploadId: "u1",
    owner: "ann",
    blob: "uploads/x",
    bytes: 64,
    createdAt: 1_790_000_000_123,
    ...changes,
  };
}

export function aBatch(changes: Partial<Batch> = {}): Batch {
  return {
    id: newId(),
    owner: "ann",
    account: "openai/default",
    dialect: "openai",
    provider: "openai",
    origin: "client",
    native: { id: "batch_abc", format: "openai" },
    state: "in_progress",
    endpoint: "/v1/chat/completions",
    inputFileId: "f1",
    outputFileId: "f2",
    errorFileId: "f3",
    natives: { input: { id: "file-1", format: "openai" }, output: null, error: null },
    model: "gpt-5-mini",
    models: ["gpt-5-mini"],
    mode: "native",
    priceTier: "batch",
    completionWindow: "24h",
    metadata: { job: "nightly", note: "日本 🎈" },
    counts: { total: 3, completed: 2, failed: 1 },
    bytes: 5_000_000_000,
    usage: {
      inputTokens: 1,
      cachedTokens: 2,
      outputTokens: 3,
      reasoningTokens: 4,
      totalTokens: 5_000_000_000,
    },
    errors: [{ code: "invalid_json_line", message: "not JSON", param: "body", line: 2 }],
    warnings: [
      { code: "field_dropped", message: "dropped", field: "seed", lines: 2, firstLines: [1, 2] },
    ],
    times: {
      createdAt: 1_790_000_000_001,
      expiresAt: 1_790_000_000_002,
      submittedAt: 1_790_000_000_003,
      inProgressAt: 1_790_000_000_004,
      finalizingAt: 1_790_000_000_005,
      completedAt: 1_790_000_000_006,
      failedAt: 1_790_000_000_007,
      expiredAt: 1_790_000_000_008,
      cancellingAt: 1_790_000_000_009,
      cancelledAt: 1_790_000_000_010,
    },
    polledAt: 1_790_000_000_011,
    parent: "b0",
    selectedLines: "lines/1-3",
    options: { headers: { "openai-project": "p" } },
    version: 1,
    ...changes,
  };
}

export function aPart(changes: Partial<Part> = {}): Part {
  return {
    id: newId(),
    batchId: "b1",
    number: 1,
    owner: "ann",
    account: "openai/default",
    dialect: "openai",
    provider: "openai",
    endpoint: "/v1/chat/completions",
    model: "gpt-5-mini",
    models: ["gpt-5-mini"],
    mode: "native",
    priceTier: "batch",
    phase: "submitted",
    firstLine: 1,
    lines: 3,
    bytes: 5_000_000_000,
    inputNativeId: "file-1",
    job: { id: "batch_abc", data: { region: "eu" } },
    outcome: "completed",
    attempts: 1,
    counts: { total: 3, completed: 2, failed: 1 },
    usage: {
      inputTokens: 1,
      cachedTokens: 2,
      outputTokens: 3,
      reasoningTokens: 4,
      totalTokens: 5,
    },
    errors: [{ code: "expired", message: "too late", param: null, line: null }],
    warnings: [{ code: "price", message: "dearer", field: null, lines: null, firstLines: [] }],
    results: [
      {
        role: "output",
        blob: "raw/x",
        bytes: 5_000_000_000,
        lines: 2,
        sha256: "cd".repeat(32),
        nativeId: "file-2",
      },
    ],
    options: {},
    createdAt: 1_790_000_000_001,
    submittingAt: 1_790_000_000_002,
    submittedAt: 1_790_000_000_003,
    endedAt: 1_790_000_000_004,
    collectedAt: 1_790_000_000_005,
    version: 1,
    ...changes,
  };
}

export function anAlias(changes: Partial<Alias> = {}): Alias {
  return {
    kind: "file",
    owner: "ann",
    account: "openai/default",
    provider: "openai",
    dialect: "openai",
    id: "file-abc",
    objectId: "f1",
    ...changes,
  };
}

export function anEvent(changes: Partial<Event> = {}): Event {
  return {
    id: newId(),
    at: 1_790_000_000_123,
    owner: "ann",
    actor: "client",
    kind: "file",
    objectId: "f1",
    what: "created",
    data: { bytes: 5 },
    ...changes,
  };
}

export function newId(): string {
  return randomBytes(12).toString("hex");
}

/** The same with null wherever a field may be null. */
export const EMPTY_FILE = {
  account: null,
  native: null,
  sha256: null,
  lines: null,
  blob: null,
  lineIndex: null,
  batchId: null,
  role: null,
  options: {},
  expiresAt: null,
} as const satisfies Partial<StoredFile>;

export const EMPTY_BATCH = {
  native: null,
  inputFileId: null,
  outputFileId: null,
  errorFileId: null,
  model: null,
  models: [],
  metadata: null,
  usage: null,
  errors: [],
  warnings: [],
  times: {
    createdAt: 1_790_000_000_001,
    expiresAt: null,
    submittedAt: null,
    inProgressAt: null,
    finalizingAt: null,
    completedAt: null,
    failedAt: null,
    expiredAt: null,
    cancellingAt: null,
    cancelledAt: null,
  },
  polledAt: null,
  parent: null,
  selectedLines: null,
  options: {},
} as const satisfies Partial<Batch>;

export const EMPTY_PART = {
  model: null,
  models: [],
  inputNativeId: null,
  job: null,
  outcome: null,
  usage: null,
  errors: [],
  warnings: [],
  results: [],
  submittingAt: null,
  submittedAt: null,
  endedAt: null,
  collectedAt: null,
} as const satisfies Partial<Part>;

export const EMPTY_UPLOAD = {
  account: null,
  fileId: null,
  fileExpiresAfterSeconds: null,
  options: {},
} as const satisfies Partial<Upload>;
