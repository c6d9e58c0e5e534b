import { Readable } from "node:stream";

export interface StreamWindow {
  /** How many bytes the source says it has; null where it doesn't. */
  readonly bytes: number | null;
  /** Bytes of the source to leave out before, and to let through at most after that. */
  readonly skip: number;
  readonly take: number | null;
  /** The error to end with: of the source's own, or null where it ended early. */
  readonly toError: (cause: unknown) => Error;
}

/** Passes a part of a stream on, with back-pressure; errors if the source ends before it said it would. */
export function windowStream(source: Readable, window: StreamWindow): Readable {
  const { bytes, skip, take } = window;
  const end = take === null ? Number.POSITIVE_INFINITY : skip + take;
  let position = 0;
  let isDone = false;
  const passed = new Readable({
    read: () => void source.resume(),
    destroy(error, callback) {
      source.destroy();
      callback(error);
    },
  });
  // An error before anyone reads is the reader's, who finds it on the stream; without a listener it would end the process.
  passed.on("error", () => undefined);
  const finish = () => {
    isDone = true;
    passed.push(null);
  };
  source.on("data", (chunk: Buffer) => {
    if (isDone) return;
    const part = chunk.subarray(clamp(skip - position, chunk), clamp(end - position, chunk));
    position += chunk.length;
    if (part.length > 0 && !passed.push(part)) source.pause();
    if (position >= end) finish();
  });
  source.on("end", () => {
    if (isDone) return;
    if (bytes !== null && position < bytes) passed.destroy(window.toError(null));
    else finish();
  });
  source.on("error", (error) => passed.destroy(window.toError(error)));
  source.on("close", () => {
    if (!isDone && !passed.destroyed) passed.destroy(window.toError(null));
  });
  return passed;
}

function clamp(offset: number, chunk: Buffer): number {
  return Math.max(0, Math.min(offset, chunk.length));
}
