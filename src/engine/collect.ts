import type { Batch, Part, RawResult } from "../core/batch.ts";
import type { StoredBlob } from "../core/blobs.ts";
import type { Provider, Upstream } from "../core/provider.ts";
import type { LineMap } from "../core/translation.ts";
import { formats } from "../formats/formats.ts";
import { loadLineIndex } from "../lines/line-index.ts";
import type { LineIndex } from "../lines/line-index.ts";
import { surveyLines } from "../lines/survey.ts";
import { countLines, ResultScan } from "../lines/result-scan.ts";
import { preparedOf } from "../lines/prepared-record.ts";
import { resultMapOf } from "../lines/result-source.ts";
import type { EngineContext } from "./context.ts";
import { inputBlob, openInput } from "./input.ts";

interface CollectWork {
  readonly batch: Batch;
  readonly part: Part;
  readonly provider: Provider;
  readonly upstream: Upstream;
}

/** Stores a Part's raw results, before anything is made of them. Blob keys are fixed, so a second pass writes the same ones. */
export async function collectPart(
  context: EngineContext,
  work: CollectWork,
  signal: AbortSignal,
): Promise<Part> {
  const { part, upstream } = work;
  const scan = await openScan(context, work, signal);
  const maxLineBytes = context.settings.maxLineBytes;
  const results: RawResult[] = [];
  if (part.job !== null) {
    let number = 0;
    for await (const result of upstream.collect(part.job, signal)) {
      number += 1;
      const { role, nativeId } = result;
      // A job's output may be several files.
      const blob = `results/${part.id}/raw-${role}${number === 1 ? "" : `-${number}`}`;
      let lines = 0;
      const onLines = (count: number) => {
        lines = count;
      };
      const stream = await result.open(signal);
      const watched =
        scan === null
          ? countLines(stream, { maxLineBytes, onLines })
          : scan.watch(stream, { role, onLines });
      let stored: StoredBlob;
      try {
        stored = await context.blobs.put(blob, watched, signal);
      } finally {
        // A store that fails at once never looks at it.
        stream.destroy();
      }
      if (lines > 0) results.push({ role, blob, ...stored, lines, nativeId });
      else await context.blobs.delete(blob, signal);
    }
  }
  if (isShort(part, results)) {
    context.log.warn(
      { batch: part.batchId, part: part.id, counts: part.counts },
      "fewer results than the provider counted: asking for them again",
    );
    return context.database.batches.updatePart(part, {
      options: { ...part.options, shortReads: shortReads(part) + 1 },
    });
  }
  return context.database.batches.updatePart(part, {
    phase: "collected",
    results,
    collectedAt: context.now(),
    options: {
      ...part.options,
      ...(scan === null ? {} : { faults: { ...scan.faults }, endings: { ...scan.endings } }),
    },
  });
}

const MAX_SHORT_READS = 3;

/** An answer that was cut off by whoever sent it may look whole, and results are paid for. Some providers count wrongly, though. */
function isShort(part: Part, results: readonly RawResult[]): boolean {
  const counted = part.counts.completed + part.counts.failed;
  const given = results.reduce((sum, { lines }) => sum + lines, 0);
  return given < counted && shortReads(part) < MAX_SHORT_READS;
}

function shortReads({ options }: Part): number {
  return Number(options["shortReads"] ?? 0);
}

/** Null where the lines are looked at later, when they are translated, or can't be held against an input. */
async function openScan(
  context: EngineContext,
  { batch, part, provider }: CollectWork,
  signal: AbortSignal,
): Promise<ResultScan | null> {
  const map = await toOpenAI(context, { batch, part, provider }, signal);
  const index = map === null ? await lineIndexOf(context, batch, signal) : null;
  return index === null ? null : new ResultScan(index, context.settings.maxLineBytes);
}

/** What makes OpenAI's lines, in which results are kept, of a Part's raw ones; null: they are that already. */
export function toOpenAI(
  context: EngineContext,
  work: { readonly batch: Batch; readonly part: Part; readonly provider: Provider },
  signal: AbortSignal,
): Promise<LineMap | null> {
  const { batch, part, provider } = work;
  const clock = {
    nowSeconds: () => Math.floor(context.now() / 1_000),
    newId: (prefix: string) => prefix + context.newId(context.now()),
  };
  const from = formats[provider.format];
  return resultMapOf(
    { blobs: context.blobs, batch, part, from, to: formats.openai, clock },
    signal,
  );
}

/** Null where the input's bytes never were here. */
export async function lineIndexOf(
  context: EngineContext,
  batch: Batch,
  signal: AbortSignal,
): Promise<LineIndex | null> {
  if (inputBlob(batch) === null) return null;
  const { index: known } = preparedOf(batch);
  if (known !== null && (await context.blobs.stat(known.key, signal)) !== null) {
    return loadLineIndex(await context.blobs.open(known, signal));
  }
  // The batch was planned by a gateway that kept it in another way.
  const input = await openInput(context, batch, signal);
  const { maxLineBytes } = context.settings;
  const { index } = await surveyLines(
    input,
    { endpoint: null, idRule: null, maxLineBytes },
    signal,
  );
  return index;
}
