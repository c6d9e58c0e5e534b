import { afterEach, beforeEach, expect, test } from "vitest";
import { anthropicDialect } from "../../../src/dialects/anthropic/anthropic.ts";
import { type DialectHost, NOW, startDialectHost } from "../../support/dialect-host.ts";
import { newBatch, newFile } from "../../support/memory-gateway.ts";
import { exchange } from "../../support/raw-http.ts";
import { bytesOf, type Capture, readCaptures } from "../../support/sdk-captures.ts";

let host: DialectHost;

beforeEach(async () => {
  host = await startDialectHost([anthropicDialect]);
});

afterEach(async () => {
  await host[Symbol.asyncDispose]();
});

/** What the captures ask for; they delete some of it. */
function seed(): void {
  for (const id of ["1", "a", "b"]) {
    host.gateway.files.set(id, {
      ...newFile(id, NOW),
      native: { id: `file_${id}`, format: "anthropic" },
    });
  }
  for (const id of ["1", "abs", "rel", "x"]) {
    const state = id === "1" || id === "x" ? "in_progress" : "completed";
    host.gateway.batches.set(id, { ...newBatch(id, NOW), state });
  }
}

/** What the dialect made of a request; or the error. */
async function replay(capture: Capture) {
  const { status, body } = await exchange(host.url, bytesOf(capture));
  if (status >= 400) return [status, JSON.parse(body.toString()).error.message];
  const { operation, argument, call } = host.gateway.calls.at(-1) ?? {};
  return [status, operation, argument, call?.namedProviders, call?.headers["anthropic-version"]];
}

const LINE =
  '{"custom_id":"a","params":{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}}\n';

const created = {
  input: {
    kind: "content",
    content: expect.objectContaining({ bytes: LINE.length, lines: 1 }),
  },
  endpoint: "/v1/chat/completions",
  completionWindow: "24h",
  metadata: null,
  outputExpiresAfterSeconds: null,
  model: null,
  options: {},
};
const firstPage = { after: null, limit: 20, order: "desc" };
const uploaded = (filename: string, options: object = {}) => ({
  filename,
  purpose: "user_data",
  mimeType: "text/plain",
  expiresAfterSeconds: null,
  options,
});

type Expected = readonly [status: number, operationOrMessage: string, argument?: unknown];

const DOUBLED: Expected = [
  404,
  "Invalid URL (GET /anthropic/anthropic/v1/messages/batches/msgbatch_full/results)",
];
const RUNNING = "In progress batches cannot be deleted. Consider canceling the batch instead.";
const NO_BATCH: Expected = [404, "Message Batch msgbatch_full not found."];

/** The calls of batches that every generation makes, in the order of the recordings. */
const BATCH_CALLS: readonly Expected[] = [
  [200, "createBatch", created],
  [200, "createBatch", created],
  [200, "listBatches", { ...firstPage, limit: 10 }],
  [404, "after_id: Invalid cursor 'x'"],
  [200, "retrieveBatch", "msgbatch_abs"],
  [200, "cancelBatch", "msgbatch_1"],
  [400, RUNNING],
  [200, "retrieveBatch", "msgbatch_abs"],
  [200, "openResults", "msgbatch_abs"],
  [200, "retrieveBatch", "msgbatch_rel"],
  [200, "openResults", "msgbatch_rel"],
  NO_BATCH,
  DOUBLED,
];
const SECOND_RESULTS: readonly Expected[] = [
  [200, "retrieveBatch", "msgbatch_abs"],
  [200, "openResults", "msgbatch_abs"],
];
const FILE_CALLS: readonly Expected[] = [
  [200, "createFile", uploaded("test_upload.txt")],
  [200, "listFiles", firstPage],
  [200, "listFiles", { ...firstPage, limit: 3 }],
  [200, "retrieveFile", "file_1"],
  [200, "deleteFile", "file_1"],
  [200, "openFile", { id: "file_1", range: null }],
];
const CREATE: Expected = [200, "createBatch", created];
const NEW_FILE_CALLS: readonly Expected[] = [
  [200, "createFile", uploaded("t.txt")],
  [200, "retrieveFile", "b"],
];

const EXPECTED: Readonly<Record<string, readonly Expected[]>> = {
  "anthropic-ts-1.12.0": [
    ...BATCH_CALLS,
    ...SECOND_RESULTS,
    CREATE,
    ...FILE_CALLS,
    ...NEW_FILE_CALLS,
  ],
  "anthropic-ts-0.137.0": [
    ...BATCH_CALLS,
    ...SECOND_RESULTS,
    CREATE,
    ...FILE_CALLS,
    ...NEW_FILE_CALLS,
  ],
  "anthropic-ts-0.60.0": [...BATCH_CALLS, ...SECOND_RESULTS, CREATE, ...FILE_CALLS],
  "anthropic-python-1.13.0": [
    ...BATCH_CALLS,
    CREATE,
    [200, "listBatches", { ...firstPage, limit: 2 }],
    ...SECOND_RESULTS,
    [200, "createFile", uploaded("test_upload.txt")],
    [200, "createFile", uploaded("t.txt", { storage_config: { s3: { bucket: "b" } } })],
    ...FILE_CALLS.slice(1),
    [200, "createFile", uploaded("t.txt")],
    [200, "listFiles", firstPage],
    [200, "openFile", { id: "file_1", range: null }],
    [200, "listBatches", firstPage],
  ],
};

test.each(Object.entries(EXPECTED))(
  "every request that %s sends is understood, byte for byte",
  async (name, expected) => {
    const captures = readCaptures(name);
    expect(captures).toHaveLength(expected.length);
    for (const [index, capture] of captures.entries()) {
      seed();
      const title = `${index} ${capture.method} ${capture.url}`;
      const [status, what, argument, named, version] = await replay(capture);
      const [wantedStatus, wantedWhat, wantedArgument] = expected[index] ?? [];
      expect({ title, status, what, argument }).toEqual({
        title,
        status: wantedStatus,
        what: wantedWhat,
        argument: wantedArgument,
      });
      if (status !== 200) continue;
      const header = (wanted: string) =>
        capture.headers.find(([each]) => each.toLowerCase() === wanted)?.[1];
      const provider = header("x-model-provider");
      expect(version).toBe(header("anthropic-version"));
      expect(new Set(named)).toEqual(new Set(provider === undefined ? [] : [provider]));
      expect(host.gateway.calls.at(-1)?.call).toMatchObject({
        client: { key: header("authorization")?.slice(7) ?? header("x-api-key") },
      });
    }
    const { contents } = host.gateway;
    const lines = [...contents.values()].filter((each) => each.includes("custom_id"));
    expect(lines.map(String)).toEqual(Array(lines.length).fill(LINE));
    expect(lines.length).toBeGreaterThan(2);
  },
);
