import { createHash } from "node:crypto";
import type { BlobStore } from "../../../src/core/blobs.ts";

export const KIB = 1024;
export const MIB = 1024 * 1024;

/** Bytes that differ from place to place, as a stream of chunks of uneven sizes. */
export async function* contentOf(bytes: number, chunkBytes = 64 * KIB): AsyncGenerator<Buffer> {
  let offset = 0;
  for (let turn = 0; offset < bytes; turn += 1) {
    const length = Math.min(bytes - offset, chunkBytes - (turn % 7));
    yield bytesAt(offset, length);
    offset += length;
  }
}

/** What `contentOf` holds there. */
export function bytesAt(offset: number, length: number): Buffer {
  const chunk = Buffer.alloc(length);
  for (let index = 0; index < length;) {
    const word = Math.floor((offset + index) / 251);
    const start = (offset + index) % 251;
    const part = PATTERNS[word % PATTERNS.length]?.subarray(start, start + length - index);
    if (part === undefined) break;
    part.copy(chunk, index);
    index += part.length;
  }
  return chunk;
}

const PATTERNS: readonly Buffer[] = Array.from({ length: 241 }, (_, turn) =>
  Buffer.from(Array.from({ length: 251 }, (__, index) => (index * 31 + turn * 17) % 256)),
);

export async function keysOf(store: BlobStore, prefix = ""): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, new AbortController().signal)) keys.push(key);
  return keys;
}

export interface Measured {
  readonly bytes: number;
  readonly sha256: string;
}

export async function measure(chunks: AsyncIterable<unknown>): Promise<Measured> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) throw new Error("a chunk that isn't bytes");
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** The start of some content, and then nothing more for ever. */
export async function* stalling(bytes: number, onStall: () => void): AsyncGenerator<Buffer> {
  yield* contentOf(bytes);
  onStall();
  await new Promise(() => undefined);
}

/** The start of some content, and then an error. */
export async function* failing(bytes: number, error: Error): AsyncGenerator<Buffer> {
  yield* contentOf(bytes);
  throw error;
}
