import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DiskWriter, openDiskWriter } from "../disk-writer.ts";
import { newId } from "./new-id.ts";

/** A folder for what jobs read and write, which goes with the emulator. */
export interface Spool {
  readonly create: () => SpoolFile;
  readonly close: () => Promise<void>;
}

/** A file that only grows. */
export interface SpoolFile extends DiskWriter {
  /** What was written, once it has ended. */
  readonly read: () => AsyncIterable<Uint8Array>;
}

/** One large read is faster than many small ones. */
const READ_BYTES = 1024 * 1024;

export async function openSpool(parent: string | null): Promise<Spool> {
  const directory = await mkdtemp(join(parent ?? tmpdir(), "bedrock-emulator-"));
  return {
    create: () => {
      const path = join(directory, newId(24));
      return { ...openDiskWriter(path), read: () => read(path) };
    },
    close: async () => rm(directory, { recursive: true, force: true }),
  };
}

async function* read(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
    if (Buffer.isBuffer(chunk)) yield chunk;
  }
}
