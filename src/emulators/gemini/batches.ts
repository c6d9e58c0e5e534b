// https://ai.google.dev/api/batch-api

import { openSync } from "node:fs";
import type { Work } from "./answers/answer.ts";
import { EMBED, GENERATE } from "./answers/answer.ts";
import type { BatchHost, LiveBatch } from "./batch-life.ts";
import { createLiveBatch } from "./batch-life.ts";
import { keepInline, readInputFile } from "./batch-input.ts";
import type { BatchRecord, LineTable } from "./batch-record.ts";
import { isTerminal, renderBatch } from "./batch-record.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json, pageOf, readJsonBody } from "./call.ts";
import { findFile } from "./files.ts";
import type { JsonObject } from "./json.ts";
import { isJsonObject, objectOf, textOf } from "./json.ts";
import type { GeminiLimits } from "./limits.ts";
import { createBatchRequest } from "./messages.ts";
import type { ModelTable } from "./models.ts";
import { newId } from "./new-id.ts";
import { readObject } from "./proto-json.ts";
import { invalidArgument, StatusError } from "./status-error.ts";

export interface BatchBook {
  readonly routes: readonly Route[];
  readonly all: () => readonly LiveBatch[];
  /** By its name, with or without `batches/`. Throws where there is no such batch. */
  readonly get: (name: string) => LiveBatch;
}

export interface BookHost extends Omit<BatchHost, "workOf"> {
  readonly limits: GeminiLimits;
  readonly models: ModelTable;
}

const KINDS = {
  batchGenerateContent: { kind: "GenerateContentBatch", work: GENERATE },
  asyncBatchEmbedContent: { kind: "EmbedContentBatch", work: EMBED },
} as const;

type CreateMethod = keyof typeof KINDS;

export function createBatchBook(options: BookHost): BatchBook {
  const host: BookHost & BatchHost = {
    ...options,
    workOf: (batch) => (batch.kind === "EmbedContentBatch" ? EMBED : GENERATE),
  };
  const batches: LiveBatch[] = [];
  const byId = new Map<string, LiveBatch>();
  const find = (call: Call): LiveBatch => {
    const id = call.ids[0] ?? "";
    const batch = byId.get(id);
    if (batch !== undefined && batch.record.project === call.project && !batch.record.isDeleted) {
      return batch;
    }
    throw new StatusError("NOT_FOUND", `Batch batches/${id} was not found.`);
  };
  const create = async (call: Call, method: CreateMethod): Promise<Reply> => {
    const record = await readBatch(call, method, { host, batches });
    const batch = createLiveBatch(record, host);
    batches.push(batch);
    byId.set(record.id, batch);
    batch.start();
    return json(renderBatch(record, true));
  };
  const creates = (["batchGenerateContent", "asyncBatchEmbedContent"] as const).map(
    (method): Route => ({
      method: "POST",
      pattern: new RegExp(`^/v1beta/((?:models|tunedModels)/[^/:]+):${method}$`),
      answer: (call) => create(call, method),
    }),
  );
  return {
    routes: [
      ...creates,
      {
        method: "GET",
        pattern: /^\/v1beta\/batches$/,
        answer: (call) => listBatches(call, batches, host),
      },
      { method: "GET", pattern: ONE, answer: (call) => showBatch(find(call)) },
      { method: "DELETE", pattern: ONE, answer: (call) => deleteBatch(find(call)) },
      {
        method: "POST",
        pattern: /^\/v1beta\/batches\/([^/:]+):cancel$/,
        answer: (call) => cancelBatch(find(call)),
      },
    ],
    all: () => batches,
    get: (name) => {
      const batch = byId.get(name.replace(/^batches\//, ""));
      if (batch === undefined) throw new Error(`there is no batch '${name}'`);
      return batch;
    },
  };
}

const ONE = /^\/v1beta\/batches\/([^/:]+)$/;
/** So long that the name of the output file is longer than a name may be that a client gives. */
const ID_CHARACTERS = 36;

interface Shelf {
  readonly host: BookHost;
  readonly batches: readonly LiveBatch[];
}

/** Everything about the input is checked here: a batch that is made can be run. */
async function readBatch(call: Call, method: CreateMethod, shelf: Shelf): Promise<BatchRecord> {
  const { host, batches } = shelf;
  const { kind, work } = KINDS[method];
  const model = host.models.require(call.ids[0] ?? "", method);
  const body = await readJsonBody(call.request, host.limits.jsonBodyBytes);
  const batch = objectOf(readObject(createBatchRequest(work.request), body, "")["batch"]);
  checkQuota(call.project, shelf);
  const input = await openInput(batch, { call, work, model: model.name, host });
  const createdAt = host.now();
  return {
    id: newId(ID_CHARACTERS),
    serial: batches.length + 1,
    project: call.project,
    kind,
    model,
    displayName: textOf(batch["displayName"]) || null,
    priority: textOf(batch["priority"]) || null,
    inputFile: input.file,
    createdAt,
    expiresAt: createdAt + host.limits.batchSeconds * 1_000,
    total: input.table.offsets.length,
    state: "PENDING",
    isCancelling: false,
    isDeleted: false,
    updatedAt: createdAt,
    endedAt: null,
    succeeded: 0,
    failed: 0,
    error: null,
    output: null,
    looksWithoutOutput: 0,
    work: {
      input: openSync(input.path, "r"),
      table: input.table,
      next: 0,
      output: host.store.write(),
    },
  };
}

function checkQuota(project: string, { host, batches }: Shelf): void {
  const open = batches.filter(({ record }) => record.project === project && !isTerminal(record));
  if (open.length < host.limits.concurrentBatches) return;
  throw new StatusError(
    "RESOURCE_EXHAUSTED",
    `You may have ${host.limits.concurrentBatches} batches at a time.`,
  );
}

interface Input {
  readonly file: string | null;
  readonly path: string;
  readonly table: LineTable;
}

interface InputHost {
  readonly call: Call;
  readonly work: Work;
  readonly model: string;
  readonly host: BookHost;
}

async function openInput(batch: JsonObject, place: InputHost): Promise<Input> {
  const { call, work, model, host } = place;
  const { limits, store } = host;
  const config = objectOf(batch["inputConfig"]);
  const { fileName, requests } = config;
  if (isJsonObject(requests)) {
    const writer = store.write();
    try {
      const table = await keepInline(requests, writer, { work, model, limits });
      return { file: null, path: writer.path, table };
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }
  const name = textOf(fileName);
  if (!/^files\/[^/]+$/.test(name)) {
    throw invalidArgument(
      "* BatchGenerateContentRequest.batch.input_config: a file or requests must be given.",
    );
  }
  const file = findFile(store, call.project, name.slice("files/".length));
  return { file: name, path: file.path, table: await readInputFile(file, { work, model, limits }) };
}

async function listBatches(
  call: Call,
  batches: readonly LiveBatch[],
  host: BookHost,
): Promise<Reply> {
  for (const batch of batches) await batch.checkClock();
  const own = batches
    .map(({ record }) => record)
    .filter((record) => record.project === call.project && !record.isDeleted);
  const { items, next } = pageOf(own.toReversed(), call.query, {
    max: host.limits.batchesPerPage,
    otherwise: host.limits.batchesPerPageByDefault,
    refuses: false,
  });
  const operations = items.map((record) => renderBatch(record, false));
  return json({ ...(operations.length === 0 ? {} : { operations }), ...next });
}

async function showBatch(batch: LiveBatch): Promise<Reply> {
  await batch.checkClock();
  const { record } = batch;
  const shown = renderBatch(record, true);
  if (record.output !== null && record.looksWithoutOutput > 0) record.looksWithoutOutput -= 1;
  return json(shown);
}

async function cancelBatch(batch: LiveBatch): Promise<Reply> {
  await batch.checkClock();
  const { record } = batch;
  if (isTerminal(record)) {
    throw new StatusError(
      "FAILED_PRECONDITION",
      `Batch batches/${record.id} has ended as BATCH_STATE_${record.state} and can't be cancelled.`,
    );
  }
  record.isCancelling = true;
  return json({});
}

async function deleteBatch(batch: LiveBatch): Promise<Reply> {
  await batch.remove();
  return json({});
}
