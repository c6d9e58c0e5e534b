import { z } from "zod";
import type { BatchControl } from "../batch-control.ts";
import { batchCommands } from "../batch-control.ts";
import type { Command } from "../control-routes.ts";
import { command } from "../control-routes.ts";
import type { Control } from "../control.ts";
import type { EarlyEnd } from "./job-life.ts";

/** What a test steers in the Bedrock emulator. Jobs are named by their id or ARN. */
export interface BedrockControl extends Control, BatchControl {
  /** Ends a job before its time, with the results of the records that were run. */
  readonly endBatch: (batchId: string, state: EarlyEnd, message: string) => Promise<string>;
  /** The next so many streams break off in the middle with an exception, as Bedrock's do. */
  readonly failStreams: (times: number) => void;
}

export type OwnControl = Omit<BedrockControl, keyof Control>;

export function ownCommands(own: OwnControl): Readonly<Record<string, Command>> {
  const early = z.enum(["PartiallyCompleted", "Expired", "Failed"]);
  return {
    ...batchCommands(own),
    endBatch: command(z.tuple([z.string(), early, z.string()]), own.endBatch),
    failStreams: command(z.tuple([z.int().nonnegative()]), own.failStreams),
  };
}
