import { setTimeout as pause } from "node:timers/promises";

export interface RetryPolicy {
  /** The first one included. */
  readonly attempts: number;
  readonly firstDelayMilliseconds: number;
  readonly maxDelayMilliseconds: number;
  /** No attempt begins later than this after the first. */
  readonly totalMilliseconds: number;
}

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly random: () => number;
  /** The least wait before another attempt, in milliseconds; null: this error is final. */
  readonly delayAfter: (error: unknown) => number | null;
  readonly onRetry?: (error: unknown, delayMilliseconds: number) => void;
}

/** Runs `work` until it succeeds or its error is final; waits grow exponentially, with jitter so that clients don't meet again. */
export async function retry<Result>(
  work: () => Promise<Result>,
  options: RetryOptions,
): Promise<Result> {
  const { policy, signal, now } = options;
  const startedAt = now();
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const least = options.delayAfter(error);
      if (least === null || attempt >= policy.attempts || signal.aborted) throw error;
      const delay = Math.max(least, backOff(policy, attempt) * (0.5 + options.random() / 2));
      if (now() - startedAt + delay > policy.totalMilliseconds) throw error;
      options.onRetry?.(error, delay);
      await pause(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

function backOff(policy: RetryPolicy, attempt: number): number {
  return Math.min(policy.maxDelayMilliseconds, policy.firstDelayMilliseconds * 2 ** (attempt - 1));
}
