import type { Batch, Part } from "../core/batch.ts";
import type { BlobStore, KnownBlob } from "../core/blobs.ts";
import type { Format } from "../core/format.ts";
import type { LineMap, MapOptions, Side } from "../core/translation.ts";
import { formats, resultMap } from "../formats/formats.ts";
import { loadLineIds } from "../formats/line-ids.ts";
import { endpointOf } from "./target.ts";
import { preparedOf } from "./prepared-record.ts";

type Clock = Pick<MapOptions, "nowSeconds" | "newId">;

/** What maps one raw result of a Part to a reader's format; null: its bytes are that already. */
export async function resultMapOf(
  work: {
    readonly blobs: BlobStore;
    readonly batch: Batch;
    readonly part: Pick<Part, "model" | "mode">;
    /** Of the provider. */
    readonly from: Format;
    readonly to: Format;
    readonly clock: Clock;
  },
  signal: AbortSignal,
): Promise<LineMap | null> {
  const { batch, part, from, to, clock } = work;
  const { idsBlob, variant } = preparedOf(batch);
  const ids = loadLineIds(idsBlob === null ? null : await readSmall(work.blobs, idsBlob, signal));
  const endpoint = endpointOf(batch.endpoint);
  const isOpenAI = from.name === "openai";
  const source: Side = { format: from, endpoint, model: part.model, variant };
  // Of OpenAI's bodies the endpoint decides; any other reader has one of its own.
  const target: Side = {
    format: to,
    endpoint: to.name === "openai" || !isOpenAI ? endpoint : null,
    model: null,
    variant: null,
  };
  // Of lines run one by one those that failed lie among the others: each is looked at.
  const hasMixedLines = part.mode === "direct";
  const options = { ...clock, mode: "warn", isBatch: true, ids, hasMixedLines } as const;
  return resultMap(source, target, options);
}

/** What maps lines of ours, in OpenAI's format, to a reader's; null: they are that already. */
export function ownResultMap(batch: Batch, to: Format, clock: Clock): LineMap | null {
  const endpoint = endpointOf(batch.endpoint);
  const source: Side = { format: formats.openai, endpoint, model: batch.model, variant: null };
  const target: Side = {
    format: to,
    endpoint: to.name === "openai" ? endpoint : null,
    model: null,
    variant: null,
  };
  const ids = loadLineIds(null);
  return resultMap(source, target, { ...clock, mode: "warn", isBatch: true, ids });
}

/** A table of ids, made by us: only lines that couldn't keep theirs are in it. */
async function readSmall(
  blobs: BlobStore,
  blob: string | KnownBlob,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await blobs.open(blob, signal)) {
    if (chunk instanceof Uint8Array) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
