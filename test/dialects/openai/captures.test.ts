import { afterEach, beforeEach, expect, test } from "vitest";
import { openaiDialect } from "../../../src/dialects/openai/openai.ts";
import { type DialectHost, NOW, startDialectHost } from "../../support/dialect-host.ts";
import { newBatch, newFile, newUpload } from "../../support/memory-gateway.ts";
import { exchange } from "../../support/raw-http.ts";
import { bytesOf, type Capture, readCaptures } from "../../support/sdk-captures.ts";

let host: DialectHost;

const FILES = ["file-1", "s3://bucket/pre/x.jsonl", "files/abc"];
const BATCHES = [
  "batch_1",
  "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abc",
  "batches/abc def%2F",
];

beforeEach(async () => {
  host = await startDialectHost([openaiDialect]);
});

/** What the captures ask for; they delete some of it. */
function seed(): void {
  host.gateway.uploads.set("1", newUpload("1", NOW));
  for (const [index, id] of FILES.entries()) {
    host.gateway.files.set(`f${index}`, {
      ...newFile(`f${index}`, NOW),
      native: { id, format: "openai" },
    });
  }
  for (const [index, id] of BATCHES.entries()) {
    host.gateway.batches.set(`b${index}`, {
      ...newBatch(`b${index}`, NOW),
      native: { id, format: "openai" },
    });
  }
}

afterEach(async () => {
  await host[Symbol.asyncDispose]();
});

/** What the dialect made of a request: the operation, its argument and the providers that were named; or the error. */
async function replay(capture: Capture) {
  const { status, body } = await exchange(host.url, bytesOf(capture));
  if (status >= 400) return [status, JSON.parse(body.toString()).error.message];
  const recorded = host.gateway.calls.at(-1);
  return [status, recorded?.operation, recorded?.argument, recorded?.call.namedProviders];
}

const inline = {
  input: {
    kind: "content",
    content: { blob: expect.any(String), bytes: 30, sha256: expect.any(String), lines: 1 },
  },
  endpoint: "/v1/chat/completions",
  completionWindow: "24h",
  metadata: { k: "v" },
  outputExpiresAfterSeconds: null,
  model: null,
  options: {},
};
const uploaded = {
  filename: "batch_input.jsonl",
  purpose: "batch",
  mimeType: "application/jsonl",
  expiresAfterSeconds: null,
  options: {},
};
const upload = {
  filename: "f",
  purpose: "batch",
  mimeType: "application/jsonl",
  bytes: 3,
  expiresAfterSeconds: null,
  options: {},
};
const all = { after: null, limit: 10_000, order: "desc" };
const BEDROCK_MODEL = "anthropic.claude-3-sonnet-20240229-v1:0";
const completion = { id: "upload_1", partIds: ["part_1"], md5: null };

const EXPECTED: Readonly<Record<string, readonly unknown[]>> = {
  "openai-node-4.104.0": [
    [200, "createFile", uploaded, ["openai"]],
    [400, "Unknown parameter: 'flag'."],
    [400, "Missing required parameter: 'file'."],
    [200, "listFiles", { after: "file-1", limit: 2, order: "asc", purpose: "batch" }, ["bedrock"]],
    [200, "listFiles", all, ["bedrock"]],
    [200, "retrieveFile", "file-1", ["bedrock"]],
  ],
  "openai-node-6.49.0-misc": [
    [
      200,
      "createFile",
      { ...uploaded, filename: "x.jsonl", mimeType: "application/octet-stream" },
      ["gemini"],
    ],
    [200, "listBatches", { after: null, limit: 20, order: "desc" }, []],
    [200, "deleteFile", "file-1", ["x"]],
  ],
  "openai-node-6.49.0": [
    [200, "createFile", uploaded, ["openai"]],
    [400, "Unknown parameter: 'flag'."],
    [400, "Missing required parameter: 'file'."],
    [200, "listFiles", { after: "file-1", limit: 2, order: "asc", purpose: "batch" }, ["bedrock"]],
    [200, "listFiles", all, ["bedrock"]],
    [200, "retrieveFile", "file-1", ["bedrock"]],
    [200, "deleteFile", "file-1", ["bedrock"]],
    [200, "openFile", { id: "file-1", range: null }, ["bedrock"]],
    [200, "createBatch", inline, ["anthropic"]],
    [200, "listBatches", { after: null, limit: 20, order: "desc" }, ["bedrock"]],
    [
      200,
      "listBatches",
      { after: null, limit: 10, order: "desc", model: BEDROCK_MODEL },
      ["bedrock"],
    ],
    [200, "retrieveBatch", "batch_1", ["bedrock"]],
    [200, "retrieveBatch", BATCHES[1], []],
    [200, "cancelBatch", "batch_1", ["bedrock"]],
    [200, "cancelBatch", "batch_1", ["bedrock"]],
    [200, "cancelBatch", "batch_1", []],
    [200, "createUpload", upload, []],
    [200, "addUploadPart", "upload_1", []],
    [200, "completeUpload", completion, []],
    [200, "cancelUpload", "upload_1", []],
  ],
  "openai-python-3.22.1": [
    [200, "createFile", uploaded, ["openai"]],
    [400, "Unknown parameter: 'flag'."],
    [400, "Invalid file format for Batch API. Must be .jsonl"],
    [200, "listFiles", all, ["bedrock"]],
    [200, "listFiles", { after: "file-1", limit: 2, order: "asc", purpose: "batch" }, []],
    [200, "retrieveFile", "file-1", ["bedrock"]],
    [200, "deleteFile", "file-1", ["bedrock"]],
    [200, "openFile", { id: "file-1", range: null }, ["bedrock"]],
    [200, "createBatch", inline, ["anthropic"]],
    [
      200,
      "listBatches",
      { after: null, limit: 10, order: "desc", model: BEDROCK_MODEL },
      ["bedrock"],
    ],
    [200, "retrieveBatch", "batch_1", ["bedrock"]],
    [200, "retrieveBatch", BATCHES[1], ["bedrock"]],
    [200, "retrieveFile", FILES[1], ["bedrock"]],
    [200, "retrieveFile", FILES[2], ["gemini"]],
    [200, "retrieveBatch", BATCHES[2], ["gemini"]],
    [200, "cancelBatch", "batch_1", ["bedrock"]],
    [200, "cancelBatch", "batch_1", []],
    [200, "createUpload", upload, ["openai"]],
    [200, "addUploadPart", "upload_1", []],
    [200, "completeUpload", completion, []],
    [200, "listBatches", { after: null, limit: 20, order: "desc" }, []],
  ],
  "openai-python-3.22.1-misc": [
    [200, "listFiles", all, ["gemini", "bedrock"]],
    [200, "listBatches", { after: null, limit: 20, order: "desc" }, ["gemini"]],
    [200, "retrieveBatch", "batch_1", ["gemini"]],
    [200, "deleteFile", "file-1", ["gemini", "bedrock"]],
    [
      200,
      "createFile",
      { ...uploaded, filename: "x.jsonl", mimeType: "application/octet-stream" },
      ["gemini", "openai"],
    ],
    [
      200,
      "createFile",
      { ...uploaded, filename: "weird %22name%22 é.jsonl", mimeType: "application/octet-stream" },
      ["gemini"],
    ],
    [200, "listFiles", { ...all, limit: 1 }, ["gemini"]],
  ],
};

test.each(
  Object.entries({
    ...EXPECTED,
    "openai-python-2.54.0": EXPECTED["openai-python-3.22.1"] ?? [],
  }),
)("every request that %s sends is understood, byte for byte", async (name, expected) => {
  const captures = readCaptures(name);
  expect(captures).toHaveLength(expected.length);
  for (const [index, capture] of captures.entries()) {
    seed();
    const title = `${index} ${capture.method} ${capture.url}`;
    expect([title, ...(await replay(capture))]).toEqual([
      title,
      ...(expected[index] as readonly unknown[]),
    ]);
  }
});
