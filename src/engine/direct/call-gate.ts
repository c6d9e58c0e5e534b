import { setTimeout as pause } from "node:timers/promises";
import type { DirectTiming } from "./context.ts";

export interface GateOptions {
  readonly max: number;
  /** Where to begin; null: nothing is known of what the provider bears. */
  readonly concurrency: number | null;
  readonly pausedUntil: number;
  /** No call begins after it. */
  readonly closesAt: number;
  readonly timing: DirectTiming;
  readonly now: () => number;
  readonly random: () => number;
}

const FIRST_CONCURRENCY = 4;

/** A call that has begun. */
export interface Passage {
  /** Of the gate, when it began. */
  readonly round: number;
}

/**
 * How many calls run at once: one more after as many successes as may run, half as many when the provider says that it is too
 * much. Then all wait, as long as it asks for, or else longer each time it says so again.
 */
export class CallGate {
  readonly #options: GateOptions;
  readonly #closed = new AbortController();
  #limit: number;
  #pausedUntil: number;
  #running = 0;
  #successes = 0;
  /** Calls of the round before that come back refused say nothing new. */
  #round = 0;
  /** Refused rounds without a success between. */
  #refusals = 0;
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#limit = Math.min(options.concurrency ?? FIRST_CONCURRENCY, options.max);
    this.#pausedUntil = options.pausedUntil;
    this.#pause();
  }

  /** For the next step. */
  get learned(): { readonly concurrency: number; readonly pausedUntil: number } {
    return { concurrency: this.#limit, pausedUntil: this.#pausedUntil };
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  /** Null once no call may begin any more. */
  async enter(): Promise<Passage | null> {
    for (;;) {
      if (this.isClosed) return null;
      const isPaused = this.#options.now() < this.#pausedUntil;
      if (!isPaused && this.#running < this.#limit) {
        this.#running += 1;
        return { round: this.#round };
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  leave({ round }: Passage, end: CallEnd): void {
    this.#running -= 1;
    if (end.kind === "fine") this.#grow();
    if (end.kind === "refused") this.#shrink(round, end.retryAfterSeconds);
    this.#wakeAll();
  }

  /** Waits before a line's next attempt; ends early when the gate closes. */
  async wait(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.#closed.signal }).catch(() => undefined);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closed.abort();
    this.#wakeAll();
  }

  #grow(): void {
    this.#refusals = 0;
    this.#successes += 1;
    if (this.#successes < this.#limit) return;
    this.#successes = 0;
    this.#limit = Math.min(this.#options.max, this.#limit + 1);
  }

  #shrink(round: number, retryAfterSeconds: number | null): void {
    const { now, random, timing } = this.#options;
    let milliseconds = (retryAfterSeconds ?? 0) * 1_000;
    if (round === this.#round) {
      this.#round += 1;
      this.#refusals += 1;
      this.#successes = 0;
      this.#limit = Math.max(1, Math.floor(this.#limit / 2));
      if (retryAfterSeconds === null) milliseconds = backOff(timing, this.#refusals, random());
    }
    this.#pausedUntil = Math.max(this.#pausedUntil, now() + milliseconds);
    this.#pause();
  }

  /** A provider that asks for more than the step's rest gets a later step. */
  #pause(): void {
    clearTimeout(this.#timer);
    if (this.isClosed) return;
    const milliseconds = this.#pausedUntil - this.#options.now();
    if (this.#pausedUntil >= this.#options.closesAt) this.close();
    else if (milliseconds > 0) this.#timer = setTimeout(() => this.#pause(), milliseconds);
    else this.#wakeAll();
  }

  #wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** How a call went, as far as it tells what the provider bears. */
export type CallEnd =
  | { readonly kind: "fine" }
  | { readonly kind: "refused"; readonly retryAfterSeconds: number | null }
  | { readonly kind: "unclear" };

/** Doubles with each time, with jitter so that many don't come back at once. */
export function backOff(timing: DirectTiming, times: number, random: number): number {
  const longest = timing.firstDelayMilliseconds * 2 ** (Math.max(1, times) - 1);
  return Math.min(timing.maxDelayMilliseconds, longest) * (0.5 + random / 2);
}
