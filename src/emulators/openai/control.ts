import { z } from "zod";
import type { BatchControl } from "../batch-control.ts";
import { batchCommands } from "../batch-control.ts";
import type { Command } from "../control-routes.ts";
import { command } from "../control-routes.ts";
import type { Control } from "../control.ts";
import type { FileStore } from "./file-store.ts";

/** What a test steers in the OpenAI emulator. */
export interface OpenAIControl extends Control, BatchControl {
  /** Every file that is there now, whosever it is, oldest first. */
  readonly files: () => readonly FileGlance[];
}

interface FileGlance {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
}

export type OwnControl = Omit<OpenAIControl, keyof Control>;

export function createOwnControl(batches: BatchControl, store: FileStore): OwnControl {
  const files = () =>
    store.all().map(({ id, filename, purpose, bytes }) => ({ id, filename, purpose, bytes }));
  return { ...batches, files };
}

export function ownCommands(own: OwnControl): Readonly<Record<string, Command>> {
  return { ...batchCommands(own), files: command(z.tuple([]), own.files) };
}
