/** A signal that follows another one and can also run out of time. */
export interface AbortTimer {
  readonly signal: AbortSignal;
  /** Aborts with what `reason` gives, unless started anew or refreshed before. */
  start(milliseconds: number, reason: () => Error): void;
  /** Begins the same time again. */
  refresh(): void;
  abort(reason: unknown): void;
  /** Must be called once: it lets go of the outer signal, which may live for ever. */
  stop(): void;
}

export function createAbortTimer(outer: AbortSignal): AbortTimer {
  const controller = new AbortController();
  const follow = () => controller.abort(outer.reason);
  let timer: NodeJS.Timeout | undefined;
  if (outer.aborted) follow();
  else outer.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    start(milliseconds, reason) {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(reason()), milliseconds);
    },
    refresh: () => void timer?.refresh(),
    abort: (reason) => controller.abort(reason),
    stop() {
      clearTimeout(timer);
      outer.removeEventListener("abort", follow);
    },
  };
}
