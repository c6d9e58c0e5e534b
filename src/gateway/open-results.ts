import { Readable } from "node:stream";
import { type Batch, isTerminal, type Part } from "../core/batch.ts";
import { GatewayError } from "../core/errors.ts";
import type { Format } from "../core/format.ts";
import type { BatchResults, Call } from "../core/gateway.ts";
import { isJsonObject } from "../core/json.ts";
import type { LineMap } from "../core/translation.ts";
import { formats } from "../formats/formats.ts";
import { translate } from "../formats/translate.ts";
import { failedResults } from "../lines/failed-results.ts";
import { preparedOf } from "../lines/prepared-record.ts";
import { ownResultMap, resultMapOf } from "../lines/result-source.ts";
import { wholeLines } from "../lines/whole-lines.ts";
import type { GatewayContext } from "./context.ts";
import { getBatch } from "./lookup.ts";
import { openHome, placed, refreshMirrored } from "./mirror.ts";
import { checkNamedProvider } from "./resolve.ts";

/** The results of a batch as the reader's own format has them, made while they are sent. */
export async function openResults(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<BatchResults> {
  const found = await getBatch(context, call, id);
  checkNamedProvider(call, context.providers, found.provider);
  const batch = found.origin === "upstream" ? await refreshMirrored(context, call, found) : found;
  if (!isTerminal(batch.state)) throw noResults(batch);
  const lines = await linesOf(context, call, batch);
  return { batch, stream: Readable.from(lines, { objectMode: false }) };
}

function noResults(batch: Batch): GatewayError {
  return new GatewayError("not_found", `Batch ${batch.id} has no available results.`);
}

async function linesOf(
  context: GatewayContext,
  call: Call,
  batch: Batch,
): Promise<AsyncIterable<Uint8Array>> {
  const to = formats[call.format];
  if (batch.origin === "upstream") return upstreamResults(context, call, { batch, to });
  const isFailure = batch.state === "failed";
  if (isFailure && batch.outputFileId === null && batch.errorFileId === null) {
    return failureOf(context, call, { batch, to });
  }
  const parts = await context.database.batches.parts(batch.id);
  // From the provider's own lines where each is there once; else from ours, which have what was missing.
  if (batch.options["isClean"] === true && (await areThere(context, call, parts))) {
    return rawResults(context, call, { batch, parts, to });
  }
  return ownResults(context, call, { batch, to });
}

interface Reading {
  readonly batch: Batch;
  readonly to: Format;
}

async function areThere(
  context: GatewayContext,
  call: Call,
  parts: readonly Part[],
): Promise<boolean> {
  for (const { blob } of parts.flatMap((part) => part.results)) {
    if ((await context.blobs.stat(blob, call.signal)) === null) return false;
  }
  return true;
}

async function* rawResults(
  context: GatewayContext,
  call: Call,
  { batch, parts, to }: Reading & { readonly parts: readonly Part[] },
): AsyncGenerator<Uint8Array> {
  const { blobs } = context;
  const from = formats[context.providers.get(batch.provider).format];
  const clock = clockOf(context);
  for (const part of parts) {
    for (const { blob } of part.results) {
      const map = await resultMapOf({ blobs, batch, part, from, to, clock }, call.signal);
      yield* mapped(await blobs.open(blob, call.signal), map, call.signal);
    }
  }
  const { unsent } = preparedOf(batch);
  if (unsent === null) return;
  const stream = await blobs.open(unsent.blob, call.signal);
  yield* mapped(stream, ownResultMap(batch, to, clock), call.signal);
}

async function* ownResults(
  context: GatewayContext,
  call: Call,
  { batch, to }: Reading,
): AsyncGenerator<Uint8Array> {
  for (const id of [batch.outputFileId, batch.errorFileId]) {
    const file = id === null ? null : await context.database.files.get(id, call.client.owners);
    if (id !== null && (file === null || file.blob === null)) {
      throw new GatewayError("not_found", `The results of batch ${batch.id} were deleted.`);
    }
    if (file === null || file.blob === null) continue;
    const stream = await context.blobs.open(file.blob, call.signal);
    yield* mapped(stream, ownResultMap(batch, to, clockOf(context)), call.signal);
  }
}

/** A job that failed as a whole has no results: each line gets the reason. */
async function failureOf(
  context: GatewayContext,
  call: Call,
  { batch, to }: Reading,
): Promise<AsyncIterable<Uint8Array>> {
  const blob = batch.options["inputBlob"];
  if (typeof blob !== "string" || (await context.blobs.stat(blob, call.signal)) === null) {
    throw noResults(batch);
  }
  const input = await context.blobs.open(blob, call.signal);
  const made = failedResults(input, { batch, maxLineBytes: context.maxLineBytes });
  return mapped(made, ownResultMap(batch, to, clockOf(context)), call.signal);
}

/** Of a batch made elsewhere: straight from its provider. */
async function* upstreamResults(
  context: GatewayContext,
  call: Call,
  { batch, to }: Reading,
): AsyncGenerator<Uint8Array> {
  const provider = context.providers.get(batch.provider);
  const { upstream } = openHome(context, placed(call, batch.options), batch);
  if (batch.native === null) throw noResults(batch);
  const data = batch.options["job"];
  const job = { id: batch.native.id, data: isJsonObject(data) ? data : {} };
  const from = formats[provider.format];
  for await (const result of upstream.collect(job, call.signal)) {
    const map = await resultMapOf(
      { blobs: context.blobs, batch, part: batch, from, to, clock: clockOf(context) },
      call.signal,
    );
    yield* mapped(await result.open(call.signal), map, call.signal);
  }
}

function mapped(
  stream: AsyncIterable<Uint8Array>,
  map: LineMap | null,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  return map === null ? wholeLines(stream) : translate(stream, map, { signal });
}

function clockOf(context: GatewayContext) {
  return {
    nowSeconds: () => Math.floor(context.now() / 1_000),
    newId: (prefix: string) => prefix + context.newId(context.now()),
  };
}
