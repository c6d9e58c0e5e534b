import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { noteTransfer } from "../lib/buffer-pressure.ts";

/** A new file on disk: what is too large for memory. */
export interface DiskWriter {
  readonly path: string;
  readonly bytes: () => number;
  /** To be awaited where it returns a promise: too much waits for the disk. */
  readonly write: (chunk: Uint8Array | string) => Promise<void> | void;
  readonly end: () => Promise<void>;
  /** Drops what was written. */
  readonly discard: () => Promise<void>;
}

/** What may wait for the disk, the write that is under way included. More is taken once that has ended, while the next one is. */
const MOST_BYTES = 4 * 1024 * 1024;
const HALF_BYTES = MOST_BYTES / 2;

export function openDiskWriter(path: string): DiskWriter {
  const stream = createWriteStream(path);
  let waiting: (() => void)[] = [];
  let bytes = 0;
  let failure: Error | null = null;
  const wake = () => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  stream.on("close", wake);
  stream.on("error", (error) => {
    failure = error;
    wake();
  });
  const hasRoom = async () => {
    while (stream.writableLength > HALF_BYTES && !stream.destroyed) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    if (failure !== null) throw failure;
  };
  return {
    path,
    bytes: () => bytes,
    write: (chunk) => {
      if (failure !== null) throw failure;
      bytes += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.length;
      noteTransfer(chunk.length);
      stream.write(chunk, wake);
      return stream.writableLength > MOST_BYTES ? hasRoom() : undefined;
    },
    end: async () => {
      stream.end();
      await finished(stream);
    },
    discard: async () => {
      stream.destroy();
      await rm(path, { force: true });
    },
  };
}
