import type { Batch, Part } from "../core/batch.ts";
import type { KnownBlob } from "../core/blobs.ts";
import { GatewayError } from "../core/errors.ts";
import type { Format } from "../core/format.ts";
import type { Call } from "../core/gateway.ts";
import type { LineMap } from "../core/translation.ts";
import { formats } from "../formats/formats.ts";
import { translate } from "../formats/translate.ts";
import { HashSet } from "../lib/hash-set.ts";
import { keepResults, onlyWithId } from "../lines/kept-lines.ts";
import { knownResult, preparedOf } from "../lines/prepared-record.ts";
import { ownResultMap, resultMapOf } from "../lines/result-source.ts";
import { wholeLines } from "../lines/whole-lines.ts";
import type { GatewayContext } from "./context.ts";

export interface Reading {
  readonly batch: Batch;
  readonly to: Format;
}

/**
 * The results of a batch that was followed here: what its provider said of each request, in its own words where the reader has
 * the same format, and our lines for what it didn't say.
 */
export async function storedResults(
  context: GatewayContext,
  call: Call,
  { batch, to }: Reading,
): Promise<AsyncIterable<Uint8Array>> {
  const parts = await context.database.batches.parts(batch.id);
  const reading = { batch, to, parts };
  const areRawThere = await areThere(context, call, parts);
  if (batch.options["isClean"] === true && areRawThere) {
    return rawResults(context, call, { ...reading, keep: (map) => map });
  }
  const own = await ownBlobs(context, batch);
  return areRawThere
    ? completedResults(context, call, { ...reading, own })
    : ownResults(context, call, { ...reading, own, keep: (map) => map });
}

export function noResults(batch: Batch): GatewayError {
  return new GatewayError("not_found", `Batch ${batch.id} has no available results.`);
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

interface RawReading extends Reading {
  readonly parts: readonly Part[];
  readonly keep: (map: LineMap | null) => LineMap | null;
}

async function* rawResults(
  context: GatewayContext,
  call: Call,
  { batch, parts, to, keep }: RawReading,
): AsyncGenerator<Uint8Array> {
  const { blobs } = context;
  const from = formats[context.providers.get(batch.provider).format];
  const clock = clockOf(context);
  for (const part of parts) {
    for (const raw of part.results) {
      const map = await resultMapOf({ blobs, batch, part, from, to, clock }, call.signal);
      yield* mapped(await blobs.open(knownResult(raw), call.signal), keep(map), call.signal);
    }
  }
  const { unsent } = preparedOf(batch);
  if (unsent === null) return;
  const stream = await blobs.open(knownResult(unsent), call.signal);
  yield* mapped(stream, keep(ownResultMap(batch, to, clock)), call.signal);
}

/** The blobs of the result files, which are in OpenAI's format and hold each request once. */
async function ownBlobs(context: GatewayContext, batch: Batch): Promise<readonly KnownBlob[]> {
  const blobs: KnownBlob[] = [];
  for (const id of [batch.outputFileId, batch.errorFileId]) {
    if (id === null) continue;
    const file = await context.database.files.get(id, [batch.owner]);
    // Half of the results would look like all of them.
    if (file === null || file.blob === null) throw noResults(batch);
    blobs.push({ key: file.blob, bytes: file.bytes, sha256: file.sha256 });
  }
  return blobs;
}

type OwnReading = RawReading & { readonly own: readonly KnownBlob[] };

async function* ownResults(
  context: GatewayContext,
  call: Call,
  { batch, to, own, keep }: OwnReading,
): AsyncGenerator<Uint8Array> {
  for (const blob of own) {
    const stream = await context.blobs.open(blob, call.signal);
    yield* mapped(stream, keep(ownResultMap(batch, to, clockOf(context))), call.signal);
  }
}

/** What the provider said, but doubled and foreign lines; then ours of the requests that it said nothing of. */
async function* completedResults(
  context: GatewayContext,
  call: Call,
  reading: Omit<OwnReading, "keep">,
): AsyncGenerator<Uint8Array> {
  const ids = new HashSet();
  for (const blob of reading.own) {
    const stream = await context.blobs.open(blob, call.signal);
    const noLines = onlyWithId(null, (id) => {
      if (id !== null) ids.add(id);
      return false;
    });
    yield* mapped(stream, noLines, call.signal);
  }
  const given = new HashSet();
  const isFirst = (id: string | null) => id !== null && ids.has(id) && given.add(id);
  const once = (map: LineMap | null) => keepResults(map, ({ customId }) => isFirst(customId));
  yield* rawResults(context, call, { ...reading, keep: once });
  const isMissing = (id: string | null) => id === null || !given.has(id);
  const rest = (map: LineMap | null) => onlyWithId(map, isMissing);
  yield* ownResults(context, call, { ...reading, keep: rest });
}

export function mapped(
  stream: AsyncIterable<Uint8Array>,
  map: LineMap | null,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  return map === null ? wholeLines(stream) : translate(stream, map, { signal });
}

export function clockOf(context: GatewayContext) {
  return {
    nowSeconds: () => Math.floor(context.now() / 1_000),
    newId: (prefix: string) => prefix + context.newId(context.now()),
  };
}
