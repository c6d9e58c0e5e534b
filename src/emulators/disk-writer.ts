import { type FileHandle, open, rm } from "node:fs/promises";
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

/** Chunks are copied into parts of this size, used again and again: those that waited themselves would outlive several collections. */
const PART_BYTES = 512 * 1024;
/** Most files are small. */
const FIRST_BYTES = 16 * 1024;
/** Parts that may wait for the disk, the one that is being written included. */
const MOST_PARTS = 8;
/** So few must be left before more is taken. */
const FEW_PARTS = 4;

interface Part {
  readonly buffer: Buffer;
  filled: number;
}

export function openDiskWriter(path: string): DiskWriter {
  const opened = open(path, "w");
  const free: Part[] = [];
  const full: Part[] = [];
  let part: Part = { buffer: Buffer.allocUnsafe(FIRST_BYTES), filled: 0 };
  let writing: Promise<void> | null = null;
  let waiting: (() => void)[] = [];
  let bytes = 0;
  const state = { failure: null as Error | null, isOver: false };

  const wake = () => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  const writeFull = async () => {
    try {
      const file = await opened;
      for (let next = full[0]; next !== undefined && !state.isOver; next = full[0]) {
        await writeAll(file, next);
        full.shift();
        if (next.buffer.length === PART_BYTES && free.length < MOST_PARTS) free.push(next);
        if (full.length <= FEW_PARTS) wake();
      }
    } catch (error) {
      state.failure = error instanceof Error ? error : new Error(String(error));
    }
    writing = null;
    wake();
  };
  const handOver = () => {
    full.push(part);
    part = free.pop() ?? { buffer: Buffer.allocUnsafe(PART_BYTES), filled: 0 };
    part.filled = 0;
    writing ??= writeFull();
  };
  const hasRoom = async () => {
    while (full.length > FEW_PARTS && state.failure === null && !state.isOver) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    if (state.failure !== null) throw state.failure;
  };
  const close = async () => {
    state.isOver = true;
    wake();
    await writing;
    await opened.then((file) => file.close()).catch(() => undefined);
  };
  // It is told to whoever writes.
  opened.catch(() => undefined);

  return {
    path,
    bytes: () => bytes,
    write: (chunk) => {
      if (state.failure !== null) throw state.failure;
      const all = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      bytes += all.length;
      noteTransfer(all.length);
      for (let at = 0; at < all.length;) {
        if (part.filled === part.buffer.length) handOver();
        const copied = all.subarray(at, at + part.buffer.length - part.filled);
        part.buffer.set(copied, part.filled);
        part.filled += copied.length;
        at += copied.length;
      }
      return full.length > MOST_PARTS ? hasRoom() : undefined;
    },
    end: async () => {
      handOver();
      await writing;
      await close();
      if (state.failure !== null) throw state.failure;
    },
    discard: async () => {
      await close();
      await rm(path, { force: true });
    },
  };
}

async function writeAll(file: FileHandle, { buffer, filled }: Part): Promise<void> {
  for (let at = 0; at < filled;) {
    const { bytesWritten } = await file.write(buffer, at, filled - at);
    at += bytesWritten;
  }
}
