// https://platform.openai.com/docs/api-reference/batch

import { ApiError, notFound } from "./api-error.ts";
import { BATCH_ENDPOINTS } from "./answers/answer.ts";
import type { BatchHost, LiveBatch } from "./batch-life.ts";
import { createLiveBatch } from "./batch-life.ts";
import type { BatchRecord } from "./batch-record.ts";
import { isTerminal, renderBatch } from "./batch-record.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json, pageOf, readJsonBody, renderList } from "./call.ts";
import type { JsonObject } from "../json.ts";
import { isJsonObject, shown } from "../json.ts";
import { newId } from "./new-id.ts";
import type { Rules } from "./parameters.ts";
import { checkParameters, metadata, oneOf, text } from "./parameters.ts";
import { expiresAfter, secondsOf } from "./uploads.ts";

export interface BatchBook {
  readonly routes: readonly Route[];
  readonly all: () => readonly LiveBatch[];
  /** Throws where there is no such batch. */
  readonly get: (id: string) => LiveBatch;
}

export function createBatchBook(host: BatchHost): BatchBook {
  const batches: LiveBatch[] = [];
  const byId = new Map<string, LiveBatch>();
  const find = (call: Call): LiveBatch => {
    const id = call.ids[0] ?? "";
    const batch = byId.get(id);
    if (batch === undefined || batch.record.project !== call.project) throw notFound(missing(id));
    return batch;
  };
  const add = (record: BatchRecord): LiveBatch => {
    const batch = createLiveBatch(
      record,
      { number: batches.length + 1, enqueued: (model) => enqueuedTokens(batches, model) },
      host,
    );
    batches.push(batch);
    byId.set(record.id, batch);
    return batch;
  };
  return {
    routes: [
      {
        method: "POST",
        path: "/batches",
        answer: async (call) => {
          const batch = add(await readBatch(call, host));
          batch.start();
          return json(renderBatch(batch.record));
        },
      },
      { method: "GET", path: "/batches", answer: (call) => listBatches(call, batches, host) },
      { method: "GET", path: "/batches/*", answer: (call) => showBatch(find(call)) },
      {
        method: "POST",
        path: "/batches/*/cancel",
        answer: (call) => cancelBatch(find(call)),
      },
    ],
    all: () => batches,
    get: (id) => {
      const batch = byId.get(id);
      if (batch === undefined) throw new Error(missing(id));
      return batch;
    },
  };
}

function missing(id: string): string {
  return `No batch found with id '${id}'.`;
}

function enqueuedTokens(batches: readonly LiveBatch[], model: string): number {
  const open = batches.filter(({ record }) => !isTerminal(record) && record.model === model);
  return open.reduce((sum, { record }) => sum + record.enqueuedTokens, 0);
}

/** Only the request is checked here: whatever is wrong with the file fails the batch later. */
async function readBatch(call: Call, host: BatchHost): Promise<BatchRecord> {
  const { limits } = host;
  const body = await readJsonBody(call.request, limits.jsonBodyBytes);
  const rules: Rules = {
    input_file_id: text(),
    endpoint: oneOf(BATCH_ENDPOINTS),
    completion_window: oneOf(["24h"]),
    metadata: metadata({
      pairs: limits.metadataPairs,
      key: limits.metadataKeyCharacters,
      value: limits.metadataValueCharacters,
    }),
    output_expires_after: expiresAfter(limits),
  };
  checkParameters(body, rules, ["input_file_id", "endpoint", "completion_window"]);
  const createdAt = Math.floor(host.now() / 1_000);
  return {
    id: newId("batch_"),
    project: call.project,
    endpoint: shown(body["endpoint"]),
    inputFileId: shown(body["input_file_id"]),
    metadata: metadataOf(body),
    createdAt,
    expiresAt: createdAt + limits.batchWindowSeconds,
    outputSeconds: secondsOf(body["output_expires_after"]) ?? limits.batchFileSeconds,
    state: "validating",
    began: {},
    problem: null,
    model: null,
    total: 0,
    completed: 0,
    failed: 0,
    enqueuedTokens: 0,
    usage: { input: 0, cached: 0, output: 0, reasoning: 0 },
    outputFileId: null,
    errorFileId: null,
    work: null,
  };
}

function metadataOf(body: JsonObject): Readonly<Record<string, string>> | null {
  const given = body["metadata"];
  if (!isJsonObject(given)) return null;
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, shown(value)]));
}

async function listBatches(
  call: Call,
  batches: readonly LiveBatch[],
  host: BatchHost,
): Promise<Reply> {
  const own = batches
    .map(({ record }) => record)
    .filter((record) => record.project === call.project);
  const page = pageOf(own.toReversed(), call.query, {
    max: host.limits.batchesPerPage,
    otherwise: host.limits.batchesPerPageByDefault,
    missing,
  });
  for (const batch of batches) await batch.checkClock();
  return json(renderList(page, page.data.map(renderBatch)));
}

async function showBatch(batch: LiveBatch): Promise<Reply> {
  await batch.checkClock();
  return json(renderBatch(batch.record));
}

async function cancelBatch(batch: LiveBatch): Promise<Reply> {
  await batch.checkClock();
  const { record } = batch;
  if (isTerminal(record)) {
    throw new ApiError(409, `Cannot cancel a batch with status '${record.state}'.`);
  }
  if (record.state !== "cancelling") batch.cancel();
  return json(renderBatch(record));
}
