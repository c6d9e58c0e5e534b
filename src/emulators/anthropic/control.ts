import { z } from "zod";
import type { BatchControl } from "../batch-control.ts";
import { batchCommands } from "../batch-control.ts";
import type { Command } from "../control-routes.ts";
import { command } from "../control-routes.ts";
import type { Control } from "../control.ts";
import type { FileStore } from "./file-store.ts";

/** What a test steers in the Anthropic emulator. */
export interface AnthropicControl extends Control, BatchControl {
  /** Every file that is there now, whosever it is, oldest first. */
  readonly files: () => readonly FileGlance[];
  /** From now on the file can be read back, as if a tool had made it. */
  readonly makeDownloadable: (fileId: string) => void;
}

interface FileGlance {
  readonly id: string;
  readonly filename: string;
  readonly bytes: number;
  readonly downloadable: boolean;
}

export type OwnControl = Omit<AnthropicControl, keyof Control>;

export function createOwnControl(batches: BatchControl, store: FileStore): OwnControl {
  return {
    ...batches,
    files: () =>
      store
        .all()
        .map(({ id, filename, bytes, downloadable }) => ({ id, filename, bytes, downloadable })),
    makeDownloadable: (fileId) => {
      const file = store.all().find(({ id }) => id === fileId);
      if (file === undefined) throw new Error(`File not found: ${fileId}`);
      file.downloadable = true;
    },
  };
}

export function ownCommands(own: OwnControl): Readonly<Record<string, Command>> {
  return {
    ...batchCommands(own),
    files: command(z.tuple([]), own.files),
    makeDownloadable: command(z.tuple([z.string()]), own.makeDownloadable),
  };
}
