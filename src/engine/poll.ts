import type { Batch, BatchState, Counts, Part } from "../core/batch.ts";
import type { JobReport, Upstream } from "../core/provider.ts";
import { preparedOf } from "../lines/prepared-record.ts";
import type { EngineContext } from "./context.ts";
import { needsOwnInput, triesOf } from "./input.ts";
import { changeBatch } from "./rows.ts";
import { holdUntil, tellOfWaiting } from "./waiting.ts";

/** Asks the provider about one Part and writes down what it says. Harmless to repeat. */
export async function pollPart(
  context: EngineContext,
  work: { readonly batch: Batch; readonly part: Part; readonly upstream: Upstream },
  signal: AbortSignal,
): Promise<Part> {
  const { batch, part, upstream } = work;
  if (part.job === null || part.mode === "direct") return part;
  const report = await upstream.poll(part.job, signal);
  if (report.kind === "ended" && report.isOverQuota === true && part.attempts < MAX_ATTEMPTS) {
    return sendLater(context, {
      batch,
      part,
      reason: report.errors[0]?.message ?? report.nativeState,
    });
  }
  const now = context.now();
  let before: BatchState = batch.state;
  let after: BatchState = batch.state;
  const polled = await context.database.transaction(async (tables) => {
    const polled = await tables.batches.updatePart(part, {
      counts: report.counts ?? part.counts,
      ...(report.kind === "ended"
        ? {
            phase: "ended",
            outcome: report.outcome,
            usage: report.usage,
            errors: report.errors,
            endedAt: now,
          }
        : {}),
    });
    const parts = await tables.batches.parts(batch.id);
    const isLast = parts.every((each) => each.id === part.id || isOver(each));
    await changeBatch(tables, batch.id, (current) => {
      const state = nextState(current.state, isLast ? report : stillRunning(report));
      before = current.state;
      after = state;
      return {
        polledAt: now,
        state,
        counts: sumCounts(current, parts),
        model: current.model ?? report.model,
        usage: report.kind === "ended" && parts.length === 1 ? report.usage : current.usage,
        times: {
          ...current.times,
          inProgressAt:
            current.times.inProgressAt ??
            report.times.inProgressAt ??
            (state === "in_progress" ? now : null),
          finalizingAt:
            current.times.finalizingAt ??
            report.times.finalizingAt ??
            (state === "finalizing" ? now : null),
        },
      };
    });
    return polled;
  });
  if (after !== before) context.telemetry.batchState(batch.provider, after);
  return polled;
}

/** At a minute each it is the window that ends this. */
const MAX_ATTEMPTS = 2_000;

/** The job failed before it ran anything: another one, with a token of its own, takes its place once there is room. */
function sendLater(
  context: EngineContext,
  work: { readonly batch: Batch; readonly part: Part; readonly reason: string },
): Promise<Part> {
  const { batch, part, reason } = work;
  const { ownInput: _own, cancelSent: _sent, ...options } = part.options;
  return context.database.transaction(async (tables) => {
    const held = await tables.batches.updatePart(part, {
      phase: "planned",
      job: null,
      // Where a job is found by its input, the next one needs another.
      ...(needsOwnInput(batch) ? { inputNativeId: null } : {}),
      options: {
        ...options,
        tries: triesOf(part) + 1,
        heldUntil: holdUntil(context, part, 0),
        heldBy: reason,
      },
    });
    await changeBatch(tables, batch.id, () => ({ polledAt: context.now() }));
    await tellOfWaiting(tables, batch.id);
    return held;
  });
}

function isOver({ phase }: Part): boolean {
  return phase === "ended" || phase === "collected" || phase === "failed";
}

/** A Part that has ended doesn't end a batch of several. */
function stillRunning(report: JobReport): JobReport {
  return report.kind === "running" && report.state !== "finalizing"
    ? report
    : { ...report, kind: "running", state: "in_progress" };
}

/** Of all Parts, and of the lines that were never sent. What a provider doesn't say is counted here. */
export function sumCounts(batch: Batch, parts: readonly Part[]): Counts {
  const { unsent, lines } = preparedOf(batch);
  const never = unsent?.lines ?? 0;
  const sum = (pick: (part: Part) => number) => parts.reduce((all, part) => all + pick(part), 0);
  const counted = Math.max(
    sum(({ counts }) => counts.total),
    batch.counts.total,
  );
  const total = lines > 0 ? lines : counted;
  const input = total - never;
  const sent = sum((part) => part.lines);
  // Of lines that were sent in pieces a provider counts the pieces.
  const toLines = (count: number) => (sent > input ? Math.floor((count * input) / sent) : count);
  return {
    total,
    completed: toLines(sum(({ counts }) => counts.completed)),
    failed: toLines(sum(({ counts }) => counts.failed)) + never,
  };
}

/** States go forward only. What has ended upstream is `finalizing` until its results are here; a cancel stays one to the end. */
function nextState(current: BatchState, report: JobReport): BatchState {
  const isCancelling =
    current === "cancelling" || (report.kind === "running" && report.state === "cancelling");
  if (isCancelling) return "cancelling";
  if (report.kind === "ended") return "finalizing";
  return ORDER.indexOf(report.state) > ORDER.indexOf(current) ? report.state : current;
}

const ORDER: readonly BatchState[] = ["validating", "in_progress", "finalizing"];

/** The older a batch, the rarer: from the configured interval up to a minute, with a tenth of jitter. */
export function pollIntervalMilliseconds(context: EngineContext, batch: Batch): number {
  const least = context.settings.pollSeconds * 1_000;
  const age = context.now() - batch.times.createdAt;
  const interval = Math.min(Math.max(least, age / 20), Math.max(least, 60_000));
  return interval * (0.95 + context.random() / 10);
}
