const PATIENCE_MILLISECONDS = 2_000;

/**
 * Runs one call that must answer in time. Its signal is aborted with the caller's own, and after `milliseconds` with what
 * `late` gives; the call's failure is then told as what caused it.
 */
export async function withDeadline<Result>(
  { milliseconds, late }: { readonly milliseconds: number; readonly late: () => Error },
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => controller.abort(late()), milliseconds);
  try {
    return await call(controller.signal);
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * A store may perform a call whose caller has gone. So the calls that make something get a moment more to answer, and what
 * they made can be undone.
 */
export async function patiently<Answer>(
  signal: AbortSignal,
  call: (late: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  signal.throwIfAborted();
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => controller.abort(signal.reason), PATIENCE_MILLISECONDS);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await call(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
