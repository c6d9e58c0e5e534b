import type { FileHandle } from "node:fs/promises";
import { onDisk, toDiskError } from "./disk-errors.ts";

/** Every so many bytes the disk begins to make them durable, so that the end of a large file isn't a long wait. */
export const SYNC_BYTES = 32 * 1024 * 1024;

export interface FileSync {
  /** So many bytes more were written. */
  wrote(bytes: number): void;
  /** All that was written is durable. */
  end(): Promise<void>;
}

/** Makes a file's bytes durable, and begins with it while more of them are written. */
export function createFileSync(file: Pick<FileHandle, "datasync" | "sync">): FileSync {
  let written = 0;
  let early: Promise<void> | null = null;
  let failure: { readonly error: unknown } | null = null;
  const begin = async () => {
    try {
      await file.datasync();
    } catch (error) {
      // The system tells of a write that failed once: not again to the sync at the end.
      failure = { error };
    }
    early = null;
  };
  return {
    wrote(bytes: number): void {
      written += bytes;
      if (written < SYNC_BYTES || early !== null) return;
      written = 0;
      early = begin();
    },
    async end(): Promise<void> {
      await early;
      if (failure !== null) throw toDiskError(failure.error);
      await onDisk(file.sync());
    },
  };
}
