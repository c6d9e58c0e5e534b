import { z } from "zod";
import type { Command } from "./control-routes.ts";
import { command } from "./control-routes.ts";
import type { LinePlans, LineReply, LineSelector } from "./line-plans.ts";
import type { Pace, Speed } from "./pace.ts";

/** What a test steers in every emulator that has batches. */
export interface BatchControl {
  readonly speed: () => Speed;
  readonly setSpeed: (speed: Speed) => void;
  /** Runs so many lines now, whatever the speed; returns the state. */
  readonly run: (batchId: string, lines: number) => Promise<string>;
  /** The batch goes to its next state now. */
  readonly advance: (batchId: string) => Promise<string>;
  /** The batch goes on to its end now. */
  readonly complete: (batchId: string) => Promise<string>;
  /** In every batch from now on, the line is answered with this status. */
  readonly failLine: (line: LineSelector, reply: LineReply) => void;
  /** The line is counted as done, and its result is nowhere. */
  readonly omitLine: (line: LineSelector) => void;
  /** The line's result is written twice. */
  readonly duplicateLine: (line: LineSelector) => void;
  readonly clearLines: () => void;
  /** Every batch that was ever made here, oldest first. */
  readonly batches: () => readonly BatchGlance[];
}

interface BatchGlance {
  readonly id: string;
  readonly state: string;
  readonly lines: number;
  readonly metadata: Readonly<Record<string, string>> | null;
}

export interface BatchMoves {
  readonly pace: Pace;
  readonly plans: LinePlans;
  readonly run: BatchControl["run"];
  readonly advance: BatchControl["advance"];
  readonly complete: BatchControl["complete"];
  readonly batches: BatchControl["batches"];
}

export function createBatchControl(moves: BatchMoves): BatchControl {
  const { pace, plans, run, advance, complete, batches } = moves;
  return {
    speed: pace.speed,
    setSpeed: pace.setSpeed,
    run,
    advance,
    complete,
    failLine: plans.fail,
    omitLine: plans.omit,
    duplicateLine: plans.duplicate,
    clearLines: plans.clear,
    batches,
  };
}

/** The same methods for the control's HTTP side. */
export function batchCommands(control: BatchControl): Record<string, Command> {
  const nothing = z.tuple([]);
  const batchId = z.tuple([z.string()]);
  const line = z.union([z.int().positive(), z.string()]);
  const reply = z.strictObject({ status: z.int().min(100).max(599), body: z.unknown().optional() });
  return {
    speed: command(nothing, control.speed),
    setSpeed: command(
      z.tuple([z.union([z.number().nonnegative(), z.literal("instant")])]),
      control.setSpeed,
    ),
    run: command(z.tuple([z.string(), z.int().nonnegative()]), control.run),
    advance: command(batchId, control.advance),
    complete: command(batchId, control.complete),
    failLine: command(z.tuple([line, reply]), control.failLine),
    omitLine: command(z.tuple([line]), control.omitLine),
    duplicateLine: command(z.tuple([line]), control.duplicateLine),
    clearLines: command(nothing, control.clearLines),
    batches: command(nothing, control.batches),
  };
}
