/** A part being gathered. */
export interface PartBuffer {
  /** Copies what fits, and returns how many bytes that was. */
  append(chunk: Uint8Array): number;
  content(): Uint8Array;
  /** Its bytes are no longer needed. */
  release(): void;
}

export interface PartBuffers {
  /** Waits until one is free. */
  take(signal?: AbortSignal): Promise<PartBuffer>;
}

const FIRST_BYTES = 64 * 1024;

/** At most `count` buffers of `bytes` each, used again and again. The first grows as needed: most content is small. */
export function createPartBuffers(bytes: number, count: number): PartBuffers {
  const free: Buffer[] = [];
  const waiting: ((buffer: Buffer) => void)[] = [];
  let made = 0;
  const release = (buffer: Buffer) => {
    const next = waiting.shift();
    if (next === undefined) free.push(buffer);
    else next(buffer);
  };
  const released = (signal: AbortSignal | undefined) =>
    new Promise<Buffer>((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = () => reject(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      waiting.push((buffer) => {
        signal?.removeEventListener("abort", onAbort);
        resolve(buffer);
      });
    });
  return {
    async take(signal) {
      let buffer = free.pop();
      if (buffer === undefined && made < count) {
        made += 1;
        buffer = Buffer.allocUnsafe(made === 1 ? FIRST_BYTES : bytes);
      }
      return createPart(buffer ?? (await released(signal)), bytes, release);
    },
  };
}

function createPart(
  first: Buffer,
  maxBytes: number,
  release: (buffer: Buffer) => void,
): PartBuffer {
  let buffer = first;
  let filled = 0;
  return {
    append(chunk) {
      const length = Math.min(chunk.length, maxBytes - filled);
      if (filled + length > buffer.length) buffer = grown(buffer, filled + length, maxBytes);
      buffer.set(chunk.subarray(0, length), filled);
      filled += length;
      return length;
    },
    content: () => buffer.subarray(0, filled),
    release: () => release(buffer),
  };
}

function grown(buffer: Buffer, needed: number, maxBytes: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(needed, buffer.length * 4)));
  buffer.copy(larger);
  return larger;
}
