import { GatewayError } from "../../core/errors.ts";

/**
 * Runs one call that must answer in time. Its signal is aborted with the caller's own, and after `milliseconds`; the
 * call's failure is then told as what caused it.
 */
export async function withDeadline<Result>(
  milliseconds: number,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => controller.abort(tooLate(milliseconds)), milliseconds);
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

function tooLate(milliseconds: number): GatewayError {
  const seconds = milliseconds / 1000;
  return new GatewayError(
    "storage_unavailable",
    `The S3 bucket that holds the files didn't answer within ${seconds} s.`,
  );
}
