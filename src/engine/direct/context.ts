import type { Readable } from "node:stream";
import type { Counts, RawResult } from "../../core/batch.ts";
import type { BlobStore, ByteRange } from "../../core/blobs.ts";
import type { Format } from "../../core/format.ts";
import type { SynchronousCalls } from "../../core/provider.ts";
import type { Log } from "../../core/telemetry.ts";

/** What running lines one by one stands on; the engine's own context is one. */
export interface DirectContext {
  readonly blobs: BlobStore;
  readonly log: Log;
  readonly now: () => number;
  readonly newId: (now: number) => string;
  readonly random: () => number;
  readonly settings: {
    readonly maxLineBytes: number;
    /** How many calls may be under way at once. */
    readonly directConcurrency: number;
    readonly directTiming?: Partial<DirectTiming>;
  };
}

/** A Part to be run line by line. */
export interface DirectRun {
  readonly partId: string;
  readonly endpoint: string;
  readonly model: string | null;
  readonly variant: string | null;
  /** The provider's. */
  readonly format: Format;
  /** In the input, blank ones left out. */
  readonly lines: number;
  readonly input: DirectInput;
  readonly calls: SynchronousCalls;
  /** Whether the client has cancelled or the window has ended; asked now and then. */
  stop(): Promise<"cancelled" | "expired" | null>;
  /** How many lines have their result, durably. */
  onProgress(counts: Counts): Promise<void>;
}

/** Request lines in the provider's format, each with an id of its own; the same bytes whenever they are read. */
export interface DirectInput {
  readonly bytes: number;
  open(signal: AbortSignal, range: ByteRange): Promise<Readable>;
}

export type DirectProgress =
  /** To be called again at `wakeAt`. */
  | { readonly kind: "running"; readonly counts: Counts; readonly wakeAt: number }
  | {
      readonly kind: "ended";
      readonly outcome: "completed" | "cancelled" | "expired";
      readonly counts: Counts;
      /** Null if no line has a result. */
      readonly output: RawResult | null;
    };

export interface DirectTiming {
  /** After so long no further call is begun, so that other batches get their turn. */
  readonly stepMilliseconds: number;
  /** How often is asked whether to stop, and told how far it is. */
  readonly tickMilliseconds: number;
  /** How long results may wait for others, to be written with them. */
  readonly gatherMilliseconds: number;
  /** How long calls that are under way may go on after a cancel or the window's end. */
  readonly drainMilliseconds: number;
  /** How long results that are here may take to become durable when the gateway shuts down. */
  readonly savingMilliseconds: number;
  /** The first call of a line included. */
  readonly attempts: number;
  readonly firstDelayMilliseconds: number;
  readonly maxDelayMilliseconds: number;
}

export const DIRECT_TIMING: DirectTiming = {
  stepMilliseconds: 20_000,
  tickMilliseconds: 1_000,
  gatherMilliseconds: 250,
  drainMilliseconds: 60_000,
  savingMilliseconds: 5_000,
  attempts: 10,
  firstDelayMilliseconds: 500,
  maxDelayMilliseconds: 30_000,
};
