import { Readable } from "node:stream";
import { isTerminal } from "../core/batch.ts";
import type { BatchResults, Call } from "../core/gateway.ts";
import { formats } from "../formats/formats.ts";
import { failedResults } from "../lines/failed-results.ts";
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
  if (batch.origin === "upstream") return upstreamResults(context, call, reading);
  const hasFiles = batch.outputFileId !== null || batch.errorFileId !== null;
  return batch.state === "failed" && !hasFiles
    ? failureOf(context, call, reading)
    : storedResults(context, call, reading);
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
  const known = { key: blob, bytes: batch.bytes, sha256: null };
  const input = await context.blobs.open(known, call.signal);
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
  const from = formats[provider.format];
  for await (const result of upstream.collect(mirroredJob(batch), call.signal)) {
    const map = await resultMapOf(
      { blobs: context.blobs, batch, part: batch, from, to, clock: clockOf(context) },
      call.signal,
    );
    yield* mapped(await result.open(call.signal), map, call.signal);
  }
}
