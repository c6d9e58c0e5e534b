import { Readable } from "node:stream";

/**
 * The chunks of `source` until `signal` is aborted, also while the next chunk is being waited for. The source is told to
 * stop, and isn't waited for: one that hangs would hold its reader for ever.
 */
export async function* abortable<Chunk>(
  source: AsyncIterable<Chunk>,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let interrupt: ((reason: unknown) => void) | null = null;
  const onAbort = () => interrupt?.(signal.reason);
  signal.addEventListener("abort", onAbort);
  let ended = false;
  try {
    while (true) {
      const next = await new Promise<IteratorResult<Chunk, unknown>>((resolve, reject) => {
        signal.throwIfAborted();
        interrupt = reject;
        iterator.next().then(resolve, reject);
      });
      if (next.done === true) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!ended) void stop(source, iterator);
  }
}

async function stop(
  source: AsyncIterable<unknown>,
  iterator: AsyncIterator<unknown>,
): Promise<void> {
  // The iterator of a stream waits for its next chunk before it lets go of the stream.
  if (source instanceof Readable) source.destroy();
  try {
    await iterator.return?.();
  } catch {
    // Its failure was told already, or is that of having been stopped.
  }
}
