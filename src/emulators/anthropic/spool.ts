import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DiskWriter, openDiskWriter } from "../disk-writer.ts";

/** A temporary folder for what is too large for memory: uploads, requests, results. */
export interface Spool {
  /** Opens a fresh file. */
  readonly write: () => DiskWriter;
  readonly remove: (path: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openSpool(parent: string | null): Promise<Spool> {
  const directory = await mkdtemp(join(parent ?? tmpdir(), "anthropic-emulator-"));
  let count = 0;
  return {
    write: () => {
      count += 1;
      return openDiskWriter(join(directory, String(count)));
    },
    remove: async (path) => rm(path, { force: true }),
    close: async () => rm(directory, { recursive: true, force: true }),
  };
}
