import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "./new-id.ts";

/** A folder for what jobs read and write, which goes with the emulator. */
export interface Spool {
  readonly create: () => Promise<SpoolFile>;
  readonly close: () => Promise<void>;
}

/** A file that only grows. */
export interface SpoolFile {
  readonly path: string;
  readonly bytes: () => number;
  readonly write: (chunk: Uint8Array | string) => Promise<void> | void;
  readonly end: () => Promise<void>;
  /** What was written, once it has ended. */
  readonly read: () => AsyncIterable<Uint8Array>;
  readonly discard: () => Promise<void>;
}

/** One large write is faster than many small ones. */
const BUFFER_BYTES = 1024 * 1024;

export async function openSpool(parent: string | null): Promise<Spool> {
  const directory = await mkdtemp(join(parent ?? tmpdir(), "bedrock-emulator-"));
  return {
    create: async () => {
      const path = join(directory, newId(24));
      return createFile(path, await open(path, "wx", 0o600));
    },
    close: async () => rm(directory, { recursive: true, force: true }),
  };
}

function createFile(path: string, handle: FileHandle): SpoolFile {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let bytes = 0;
  let isOpen = true;
  const flush = async () => {
    const whole = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    await handle.writeFile(whole);
  };
  return {
    path,
    bytes: () => bytes,
    write: (chunk) => {
      const content = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      bytes += content.length;
      waitingBytes += content.length;
      waiting.push(content);
      return waitingBytes < BUFFER_BYTES ? undefined : flush();
    },
    end: async () => {
      if (!isOpen) return;
      await flush();
      isOpen = false;
      await handle.close();
    },
    read: async function* read() {
      for await (const chunk of createReadStream(path, { highWaterMark: BUFFER_BYTES })) {
        if (Buffer.isBuffer(chunk)) yield chunk;
      }
    },
    discard: async () => {
      if (isOpen) await handle.close();
      isOpen = false;
      await rm(path, { force: true });
    },
  };
}
