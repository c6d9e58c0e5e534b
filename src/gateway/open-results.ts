import { Readable } from "node:stream";
import { type Batch, isTerminal } from "../core/batch.ts";
import { isGatewayError } from "../core/errors.ts";
import type { StoredFile } from "../core/file.ts";
import type { BatchResults, Call } from "../core/gateway.ts";
import type { LineMap } from "../core/translation.ts";
import { formats } from "../formats/formats.ts";
import { begun } from "../lib/begun.ts";
import { failedResults } from "../lines/failed-results.ts";
import { keepResults } from "../lines/kept-lines.ts";
import { ownResultMap, resultMapOf } from "../lines/result-source.ts";
import type { GatewayContext } from "./context.ts";
import { getBatch } from "./lookup.ts";
import { mirroredJob, openHome, placed, refreshMirrored } from "./mirror.ts";
import { checkNamedProvider } from "./resolve.ts";
import { clockOf, mapped, noResults, type Reading, storedResults } from "./stored-results.ts";

/** The results of a batch as the reader's own format has them, made while they are sent. */
export async function openResults(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<BatchResults> {
  const found = await getBatch(context, call, id);
  checkNamedProvider(call, context.providers, found.provider);
  const batch = found.origin === "upstream" ? await refreshMirrored(context, call, found) : found;
  // Without one of its files, half of the results would look like all of them.
  const isArchived = batch.options["archivedAt"] !== undefined;
  if (!isTerminal(batch.state) || isArchived) throw noResults(batch);
  const lines = await linesOf(context, call, { batch, to: formats[call.format] });
  return { batch, stream: Readable.from(lines, { objectMode: false }) };
}

async function linesOf(
  context: GatewayContext,
  call: Call,
  reading: Reading,
): Promise<AsyncIterable<Uint8Array>> {
  const { batch } = reading;
  const isElsewhere = batch.origin === "upstream";
  if (!hasFiles(batch)) {
    if (batch.state === "failed") return failureOf(context, call, reading);
    if (isElsewhere) throw noResults(batch);
  }
  return isElsewhere
    ? begun(upstreamResults(context, call, { ...reading, keep: (map) => map }))
    : storedResults(context, call, reading);
}

/** Of a batch made elsewhere also those that are only at its provider. */
function hasFiles({ outputFileId, errorFileId, origin, natives }: Batch): boolean {
  const areThere = origin === "upstream" && (natives.output ?? natives.error) !== null;
  return outputFileId !== null || errorFileId !== null || areThere;
}

/** A result file of a batch that was made elsewhere: what its provider said of the requests that ended so. */
export async function openResultFile(
  context: GatewayContext,
  call: Call,
  { batchId, owner, role }: StoredFile,
): Promise<Readable | null> {
  const batch = batchId === null ? null : await context.database.batches.get(batchId, [owner]);
  if (batch?.origin !== "upstream") return null;
  const keep = (map: LineMap | null) =>
    keepResults(map, ({ outcome }) => (outcome === "succeeded") === (role === "output"));
  const lines = upstreamResults(context, call, { batch, to: formats.openai, keep });
  return Readable.from(await begun(lines), { objectMode: false });
}

/** A job that failed as a whole has no results: each line gets the reason. */
async function failureOf(
  context: GatewayContext,
  call: Call,
  { batch, to }: Reading,
): Promise<AsyncIterable<Uint8Array>> {
  const input = await openInput(context, call, batch);
  if (input === null) throw noResults(batch);
  const made = failedResults(input, { batch, maxLineBytes: context.maxLineBytes });
  return mapped(made, ownResultMap(batch, to, clockOf(context)), call.signal);
}

/** Of a batch made elsewhere its provider may have the input, and may keep it to itself. */
async function openInput(
  context: GatewayContext,
  call: Call,
  batch: Batch,
): Promise<Readable | null> {
  if (batch.origin !== "upstream") {
    const blob = batch.options["inputBlob"];
    if (typeof blob !== "string" || (await context.blobs.stat(blob, call.signal)) === null) {
      return null;
    }
    const known = { key: blob, bytes: batch.bytes, sha256: null };
    return context.blobs.open(known, call.signal);
  }
  const { upstream } = openHome(context, placed(call, batch.options), batch);
  const { input } = batch.natives;
  if (input === null || upstream.files === undefined) return null;
  try {
    return await upstream.files.open(input.id, call.signal);
  } catch (error) {
    if (isGatewayError(error) && !error.retryable) return null;
    throw error;
  }
}

interface UpstreamReading extends Reading {
  readonly keep: (map: LineMap | null) => LineMap | null;
}

/** Of a batch made elsewhere: straight from its provider. */
async function* upstreamResults(
  context: GatewayContext,
  call: Call,
  { batch, to, keep }: UpstreamReading,
): AsyncGenerator<Uint8Array> {
  const provider = context.providers.get(batch.provider);
  const { upstream } = openHome(context, placed(call, batch.options), batch);
  const from = formats[provider.format];
  for await (const result of upstream.collect(mirroredJob(batch), call.signal)) {
    const map = await resultMapOf(
      { blobs: context.blobs, batch, part: batch, from, to, clock: clockOf(context) },
      call.signal,
    );
    yield* mapped(await result.open(call.signal), keep(map), call.signal);
  }
}
