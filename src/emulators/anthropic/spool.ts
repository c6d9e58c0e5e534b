import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { noteTransfer } from "../../lib/buffer-pressure.ts";

/** A temporary folder for what is too large for memory: uploads, requests, results. */
export interface Spool {
  /** Opens a fresh file. */
  readonly write: () => SpoolWriter;
  readonly remove: (path: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface SpoolWriter {
  readonly path: string;
  readonly bytes: () => number;
  readonly write: (chunk: Uint8Array | string) => Promise<void> | void;
  readonly end: () => Promise<void>;
  /** Drops what was written. */
  readonly discard: () => Promise<void>;
}

/** What may wait in memory while the disk is busy. With 4 MiB it was the disk that waited for the next ones. */
const WRITE_BUFFER_BYTES = 1024 * 1024;

export async function openSpool(parent: string | null): Promise<Spool> {
  const directory = await mkdtemp(join(parent ?? tmpdir(), "anthropic-emulator-"));
  let count = 0;
  return {
    write: () => {
      count += 1;
      return openWriter(join(directory, String(count)));
    },
    remove: async (path) => rm(path, { force: true }),
    close: async () => rm(directory, { recursive: true, force: true }),
  };
}

function openWriter(path: string): SpoolWriter {
  const stream = createWriteStream(path, { highWaterMark: WRITE_BUFFER_BYTES });
  let bytes = 0;
  let failure: Error | null = null;
  stream.on("error", (error) => {
    failure = error;
  });
  return {
    path,
    bytes: () => bytes,
    write: (chunk) => {
      if (failure !== null) throw failure;
      bytes += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.length;
      noteTransfer(chunk.length);
      return stream.write(chunk) ? undefined : drained(stream);
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

async function drained(stream: NodeJS.EventEmitter): Promise<void> {
  await once(stream, "drain");
}
