import { setTimeout as pause } from "node:timers/promises";
import type { Counts } from "../../core/batch.ts";
import { type AbortTimer, createAbortTimer } from "../../lib/abort-timer.ts";
import { CallGate } from "./call-gate.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { DIRECT_TIMING, type DirectContext, type DirectRun, type DirectTiming } from "./context.ts";
import { ResultLog } from "./result-log.ts";
import { runLine } from "./run-line.ts";
import type { Segment } from "./segments.ts";
import { type DirectLine, Worklist } from "./worklist.ts";

export interface StepWork {
  readonly run: DirectRun;
  /** Of earlier steps. */
  readonly earlier: readonly Segment[];
  /** Of the last of them. */
  readonly checkpoint: Checkpoint;
}

export interface StepEnd {
  /** Null: there is more to do. */
  readonly outcome: "completed" | "cancelled" | "expired" | null;
  readonly counts: Pick<Counts, "completed" | "failed">;
  readonly segments: readonly Segment[];
  /** The first line that nobody has begun. */
  readonly next: number;
  readonly wakeAt: number;
}

/** Runs lines until all are done, the time is over or it is to stop. Whatever came of it is durable then, failed or not. */
export async function runStep(
  context: DirectContext,
  work: StepWork,
  signal: AbortSignal,
): Promise<StepEnd> {
  signal.throwIfAborted();
  const step = new Step(context, work, signal);
  const onAbort = () => step.shutDown();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await step.run();
  } finally {
    signal.removeEventListener("abort", onAbort);
    step.release();
  }
}

class Step {
  readonly #context: DirectContext;
  readonly #run: DirectRun;
  readonly #timing: DirectTiming;
  readonly #gate: CallGate;
  readonly #worklist: Worklist;
  readonly #log: ResultLog;
  readonly #calls: AbortTimer;
  readonly #saving: AbortTimer;
  readonly #lines: AsyncGenerator<DirectLine, void, undefined>;
  readonly #deadline: NodeJS.Timeout;
  readonly #signal: AbortSignal;
  readonly #over = new AbortController();
  #stopped: "cancelled" | "expired" | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(context: DirectContext, { run, earlier, checkpoint }: StepWork, signal: AbortSignal) {
    const { blobs, now, random, settings } = context;
    const { directConcurrency: concurrency, maxLineBytes } = settings;
    const timing = { ...DIRECT_TIMING, ...settings.directTiming };
    this.#context = context;
    this.#run = run;
    this.#signal = signal;
    this.#timing = timing;
    this.#calls = createAbortTimer(signal);
    this.#saving = createAbortTimer(new AbortController().signal);
    this.#gate = new CallGate({
      max: concurrency,
      concurrency: checkpoint.concurrency,
      pausedUntil: checkpoint.pausedUntil,
      closesAt: now() + timing.stepMilliseconds,
      timing,
      now,
      random,
    });
    this.#worklist = new Worklist(checkpoint, { input: run.input, maxLineBytes });
    this.#lines = this.#worklist.lines(this.#calls.signal);
    this.#log = new ResultLog({
      blobs,
      partId: run.partId,
      stepId: context.newId(now()),
      maxWaiting: 2 * concurrency,
      gatherMilliseconds: timing.gatherMilliseconds,
      earlier,
      checkpoint,
      worklist: this.#worklist,
      learned: () => this.#gate.learned,
      onError: (error) => this.#fail(error),
      signal: this.#saving.signal,
    });
    this.#deadline = setTimeout(() => this.#gate.close(), timing.stepMilliseconds);
  }

  async run(): Promise<StepEnd> {
    // Before anything is begun: for a batch that is to stop already, nothing is.
    await this.#look();
    const watching = this.#watch();
    const { directConcurrency } = this.#context.settings;
    await Promise.all(Array.from({ length: directConcurrency }, () => this.#work()));
    this.#over.abort();
    await watching;
    await this.#lines.return();
    // What was paid for is kept, also where the step has failed.
    await this.#log.flush();
    this.#signal.throwIfAborted();
    if (this.#failure !== null) throw this.#failure.error;
    return this.#report();
  }

  /** What is here already is given a moment to become durable. */
  shutDown(): void {
    this.#gate.close();
    const { savingMilliseconds } = this.#timing;
    this.#saving.start(savingMilliseconds, () => new Error("results took too long to be stored"));
  }

  release(): void {
    clearTimeout(this.#deadline);
    this.#gate.close();
    this.#over.abort();
    this.#calls.stop();
    this.#saving.stop();
  }

  async #work(): Promise<void> {
    const scope = {
      context: this.#context,
      run: this.#run,
      timing: this.#timing,
      gate: this.#gate,
      worklist: this.#worklist,
      signal: this.#calls.signal,
    };
    try {
      for (;;) {
        await this.#log.room();
        if (this.#gate.isClosed) return;
        const { value: line } = await this.#lines.next();
        if (line === undefined) return;
        const result = await runLine(scope, line);
        if (result !== null) this.#log.add(line, result);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #watch(): Promise<void> {
    let told = this.#log.counts;
    const { signal } = this.#over;
    try {
      for (;;) {
        await pause(this.#timing.tickMilliseconds, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
        await this.#look();
        const { counts } = this.#log;
        if (counts === told) continue;
        told = counts;
        await this.#run.onProgress({ total: this.#run.lines, ...counts });
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #look(): Promise<void> {
    if (this.#stopped !== null) return;
    this.#stopped = await this.#run.stop();
    if (this.#stopped === null) return;
    this.#gate.close();
    const { drainMilliseconds } = this.#timing;
    this.#calls.start(drainMilliseconds, () => new Error("the batch is to stop"));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#gate.close();
    this.#calls.abort(error);
  }

  #report(): StepEnd {
    const { counts, segments } = this.#log;
    const isDone = this.#worklist.isDone || counts.completed + counts.failed >= this.#run.lines;
    return {
      outcome: isDone ? "completed" : this.#stopped,
      counts,
      segments,
      next: this.#worklist.state().next,
      wakeAt: Math.max(this.#context.now(), this.#gate.learned.pausedUntil),
    };
  }
}
