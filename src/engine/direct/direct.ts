import type { RawResult } from "../../core/batch.ts";
import { readCheckpoint } from "./checkpoint.ts";
import type { DirectContext, DirectProgress, DirectRun } from "./context.ts";
import { findOutput, joinSegments } from "./output.ts";
import { deleteSegments, listSegments } from "./segments.ts";
import { runStep } from "./step.ts";

/**
 * Runs a Part's lines one by one for a while, and says when to go on. It may be killed anywhere and called again: what is
 * durable stays. Repeated, and so paid twice, are at most the calls under way and the results not yet written: three times
 * the concurrency.
 */
export async function runDirectly(
  context: DirectContext,
  run: DirectRun,
  signal: AbortSignal,
): Promise<DirectProgress> {
  const { partId } = run;
  const found = await findOutput(context, run, signal);
  if (found !== null) {
    // Killed after everything was joined.
    await deleteSegments(context, partId, signal);
    const { output, failed } = found;
    const isWhole = output.lines >= run.lines;
    const outcome = isWhole ? "completed" : ((await run.stop()) ?? "completed");
    return ended(run, { outcome, output, failed });
  }
  const earlier = await listSegments(context, partId, signal);
  const checkpoint = await readCheckpoint(context.blobs, earlier.at(-1) ?? null, signal);
  const step = await runStep(context, { run, earlier, checkpoint }, signal);
  const { outcome, segments } = step;
  if (outcome === null) {
    const counts = { total: run.lines, ...step.counts };
    return { kind: "running", counts, wakeAt: step.wakeAt };
  }
  const { next: lines } = step;
  const output = await joinSegments(context.blobs, { partId, segments, lines }, signal);
  await deleteSegments(context, partId, signal);
  return ended(run, { outcome, output, failed: step.counts.failed });
}

function ended(
  { lines: total }: DirectRun,
  {
    outcome,
    output,
    failed,
  }: {
    readonly outcome: "completed" | "cancelled" | "expired";
    readonly output: RawResult | null;
    readonly failed: number;
  },
): DirectProgress {
  const completed = (output?.lines ?? 0) - failed;
  return { kind: "ended", outcome, counts: { total, completed, failed }, output };
}
