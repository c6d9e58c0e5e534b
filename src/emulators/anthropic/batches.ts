// https://docs.claude.com/en/api/creating-message-batches

import { ApiError, badRequest } from "./api-error.ts";
import { readBatchInput } from "./batch-intake.ts";
import type { BatchHost, LiveBatch } from "./batch-life.ts";
import { createLiveBatch, createWork } from "./batch-life.ts";
import type { BatchRecord } from "./batch-record.ts";
import { renderBatch } from "./batch-record.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json } from "./call.ts";
import { newId } from "./new-id.ts";
import { pageOf, renderPage } from "./paging.ts";

export interface BatchBook {
  readonly routes: readonly Route[];
  /** Those that were deleted as well, oldest first. */
  readonly all: () => readonly LiveBatch[];
  /** Throws where there is no such batch. */
  readonly get: (id: string) => LiveBatch;
}

export interface BookHost extends BatchHost {
  /** Where results are to be fetched: this emulator's own address. */
  readonly origin: () => string;
}

export function createBatchBook(host: BookHost): BatchBook {
  const everMade: LiveBatch[] = [];
  const byId = new Map<string, LiveBatch>();
  const find = (call: Call): LiveBatch => {
    const id = call.ids[0] ?? "";
    const batch = byId.get(id);
    if (batch === undefined || batch.record.workspace !== call.workspace) {
      throw new ApiError(404, missing(id));
    }
    return batch;
  };
  const found = async (call: Call): Promise<LiveBatch> => {
    const batch = find(call);
    await batch.checkClock();
    return batch;
  };
  const create = async (call: Call): Promise<Reply> => {
    const record = await readBatch(call, host, everMade.length + 1);
    const batch = createLiveBatch(record, host);
    everMade.push(batch);
    byId.set(record.id, batch);
    batch.start();
    return render(batch, host);
  };
  const list = async (call: Call): Promise<Reply> => {
    const own = [...byId.values()].filter(({ record }) => record.workspace === call.workspace);
    for (const batch of own) await batch.checkClock();
    const newestFirst = own.map(({ record }) => record).toReversed();
    const page = pageOf(newestFirst, call.query, host.limits);
    const data = page.data.map((record) => renderBatch(record, host.origin()));
    return json(renderPage(page, data));
  };
  const remove = async (call: Call): Promise<Reply> => {
    const { record } = await found(call);
    if (record.state !== "ended") {
      throw badRequest(
        "In progress batches cannot be deleted. Consider canceling the batch instead.",
      );
    }
    byId.delete(record.id);
    if (record.results !== null) await host.spool.remove(record.results.path);
    return json({ id: record.id, type: "message_batch_deleted" });
  };
  const path = "/messages/batches";
  return {
    routes: [
      { method: "POST", path, answer: create },
      { method: "GET", path, answer: list },
      { method: "GET", path: `${path}/*`, answer: async (call) => render(await found(call), host) },
      { method: "DELETE", path: `${path}/*`, answer: remove },
      {
        method: "POST",
        path: `${path}/*/cancel`,
        answer: async (call) => cancelBatch(await found(call), host),
      },
      {
        method: "GET",
        path: `${path}/*/results`,
        answer: async (call) => sendResults(await found(call)),
      },
    ],
    all: () => everMade,
    get: (id) => {
      const batch = byId.get(id);
      if (batch === undefined) throw new Error(missing(id));
      return batch;
    },
  };
}

function missing(id: string): string {
  return `Message Batch ${id} not found.`;
}

async function readBatch(call: Call, host: BookHost, number: number): Promise<BatchRecord> {
  const input = await readBatchInput(call.request, host);
  const createdAt = host.now();
  return {
    id: newId("msgbatch_"),
    workspace: call.workspace,
    version: call.version,
    createdAt,
    expiresAt: createdAt + host.limits.batchWindowSeconds * 1_000,
    total: input.offsets.length,
    counts: { succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    state: "in_progress",
    cancelInitiatedAt: null,
    endedAt: null,
    archivedAt: null,
    results: null,
    work: createWork(input, number, host),
  };
}

/** Seen live: who asks for an unfinished batch is told to wait before the next time. */
const POLL_SECONDS = "10";

function render(batch: LiveBatch, host: BookHost): Reply {
  const headers = batch.record.state === "ended" ? {} : { "retry-after": POLL_SECONDS };
  return json(renderBatch(batch.record, host.origin()), headers);
}

function cancelBatch(batch: LiveBatch, host: BookHost): Reply {
  const { record } = batch;
  if (record.state === "ended") {
    throw badRequest(`Message Batch ${record.id} has already ended and cannot be canceled.`);
  }
  if (record.state === "in_progress") batch.cancel();
  return json(renderBatch(record, host.origin()));
}

function sendResults(batch: LiveBatch): Reply {
  const { id, results } = batch.record;
  if (results === null) throw new ApiError(404, `Message Batch ${id} has no available results.`);
  return { kind: "file", ...results, mimeType: "application/x-jsonl" };
}
