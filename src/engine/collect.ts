import type { Batch, Part, RawResult } from "../core/batch.ts";
import type { StoredBlob } from "../core/blobs.ts";
import type { Upstream } from "../core/provider.ts";
import type { EngineContext } from "./context.ts";
import { inputBlob } from "./input.ts";
import { loadLineIndex } from "./line-index.ts";
import type { LineIndex } from "./line-index.ts";
import { lineIndexKey } from "./plan.ts";
import { countLines, ResultScan } from "./result-scan.ts";

/** Stores a Part's raw results, before anything is made of them. Blob keys are fixed, so a second pass writes the same ones. */
export async function collectPart(
  context: EngineContext,
  work: { readonly batch: Batch; readonly part: Part; readonly upstream: Upstream },
  signal: AbortSignal,
): Promise<Part> {
  const { batch, part, upstream } = work;
  const index = await lineIndexOf(context, batch, signal);
  const maxLineBytes = context.settings.maxLineBytes;
  const scan = index === null ? null : new ResultScan(index, maxLineBytes);
  const results: RawResult[] = [];
  if (part.job !== null) {
    for await (const result of upstream.collect(part.job, signal)) {
      const blob = `results/${part.id}/raw-${result.role}`;
      let lines = 0;
      const onLines = (count: number) => {
        lines = count;
      };
      const stream = await result.open(signal);
      const watched =
        scan === null ? countLines(stream, { maxLineBytes, onLines }) : scan.watch(stream, onLines);
      let stored: StoredBlob;
      try {
        stored = await context.blobs.put(blob, watched, signal);
      } finally {
        // A store that fails at once never looks at it.
        stream.destroy();
      }
      if (lines > 0) {
        results.push({ role: result.role, blob, ...stored, lines, nativeId: result.nativeId });
      } else await context.blobs.delete(blob, signal);
    }
  }
  const faults = scan?.faults ?? { doubled: 0, foreign: 0, missing: 0 };
  return context.database.batches.updatePart(part, {
    phase: "collected",
    results,
    collectedAt: context.now(),
    options: { ...part.options, faults: { ...faults } },
  });
}

/** Null where the input's bytes never were here. */
export async function lineIndexOf(
  context: EngineContext,
  batch: Batch,
  signal: AbortSignal,
): Promise<LineIndex | null> {
  if (inputBlob(batch) === null) return null;
  return loadLineIndex(await context.blobs.open(lineIndexKey(batch.id), signal));
}
