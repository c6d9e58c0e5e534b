import type { Readable } from "node:stream";

/** A stream that nobody reads yet must not bring the process down when it is aborted, hence the error listener. */
export function destroyOnAbort(stream: Readable, signal: AbortSignal): Readable {
  const onAbort = () => {
    const reason: unknown = signal.reason;
    stream.destroy(reason instanceof Error ? reason : new Error(String(reason)));
  };
  stream.on("error", () => undefined);
  if (signal.aborted) {
    onAbort();
    return stream;
  }
  signal.addEventListener("abort", onAbort, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", onAbort));
  return stream;
}
