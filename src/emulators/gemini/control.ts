import { z } from "zod";
import type { BatchControl } from "../batch-control.ts";
import { batchCommands } from "../batch-control.ts";
import type { Command } from "../control-routes.ts";
import { command } from "../control-routes.ts";
import type { Control } from "../control.ts";
import type { FileStore } from "./file-store.ts";

/** What a test steers in the Gemini emulator. Batches are named with or without `batches/`. */
export interface GeminiControl extends Control, BatchControl {
  /** Every file that is there now, whosever it is, oldest first. */
  readonly files: () => readonly FileGlance[];
  /** Ends a batch as failed. */
  readonly failBatch: (batchId: string, message: string) => Promise<string>;
  /** Batches that end from now on have succeeded for so many looks before their output is there. */
  readonly delayOutput: (looks: number) => void;
}

interface FileGlance {
  readonly name: string;
  readonly displayName: string | null;
  readonly source: "UPLOADED" | "GENERATED";
  readonly bytes: number;
}

export type OwnControl = Omit<GeminiControl, keyof Control>;

export interface OwnMoves extends BatchControl {
  readonly failBatch: GeminiControl["failBatch"];
  readonly delayOutput: GeminiControl["delayOutput"];
}

export function createOwnControl(moves: OwnMoves, store: FileStore): OwnControl {
  const files = () =>
    store.all().map(({ id, displayName, source, bytes }) => ({
      name: `files/${id}`,
      displayName,
      source,
      bytes,
    }));
  return { ...moves, files };
}

export function ownCommands(own: OwnControl): Readonly<Record<string, Command>> {
  return {
    ...batchCommands(own),
    files: command(z.tuple([]), own.files),
    failBatch: command(z.tuple([z.string(), z.string()]), own.failBatch),
    delayOutput: command(z.tuple([z.int().nonnegative()]), own.delayOutput),
  };
}
