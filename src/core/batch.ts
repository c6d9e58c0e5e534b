import type { NativeRef } from "./file.ts";
import type { JsonObject } from "./json.ts";

/** OpenAI's states are the richest; each dialect renders them into its own enum. */
export type BatchState =
  | "validating"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "failed"
  | "expired"
  | "cancelling"
  | "cancelled";

const TERMINAL: ReadonlySet<BatchState> = new Set(["completed", "failed", "expired", "cancelled"]);

export function isTerminal(state: BatchState): boolean {
  return TERMINAL.has(state);
}

export interface Counts {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
}

/** Tokens, summed over the lines that succeeded. */
export interface Usage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly totalTokens: number;
}

/** Why a batch failed as a whole, in the words of OpenAI's `errors.data`. `line` counts from 1. */
export interface BatchError {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  readonly line: number | null;
}

/** What the client should know though nothing failed: `field` was dropped on `lines` lines, or a run costs more than expected. */
export interface BatchWarning {
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
  readonly lines: number | null;
  readonly firstLines: readonly number[];
}

/** When each phase began; integer milliseconds. */
export interface BatchTimes {
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly submittedAt: number | null;
  readonly inProgressAt: number | null;
  readonly finalizingAt: number | null;
  readonly completedAt: number | null;
  readonly failedAt: number | null;
  readonly expiredAt: number | null;
  readonly cancellingAt: number | null;
  readonly cancelledAt: number | null;
}

export type PriceTier = "batch" | "sync";

export interface BatchNatives {
  readonly input: NativeRef | null;
  readonly output: NativeRef | null;
  readonly error: NativeRef | null;
}

/** The lines of a File handed to one provider, and where they stand. */
export interface Batch {
  readonly id: string;
  readonly owner: string;
  readonly account: string;
  readonly dialect: string;
  readonly provider: string;
  /** `upstream`: made elsewhere, mirrored from the provider's own list; the engine doesn't follow it. */
  readonly origin: "client" | "upstream";
  readonly native: NativeRef | null;
  readonly state: BatchState;
  readonly endpoint: string;
  readonly inputFileId: string | null;
  readonly outputFileId: string | null;
  readonly errorFileId: string | null;
  /** The native ids of those three, kept here so that a batch shows them even after a file is deleted. */
  readonly natives: BatchNatives;
  readonly model: string | null;
  readonly models: readonly string[];
  readonly mode: "native" | "direct";
  readonly priceTier: PriceTier;
  readonly completionWindow: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly counts: Counts;
  readonly bytes: number;
  readonly usage: Usage | null;
  readonly errors: readonly BatchError[];
  readonly warnings: readonly BatchWarning[];
  readonly times: BatchTimes;
  /** When the provider was last asked; null if never. */
  readonly polledAt: number | null;
  /** The batch whose failed lines this one runs again, and which lines those are. */
  readonly parent: string | null;
  readonly selectedLines: string | null;
  /** What later calls need of the request that made it: headers, region, role, S3 locations, translation mode. */
  readonly options: JsonObject;
  readonly version: number;
}

/** A provider's own handle on a Part: opaque to everyone but that provider. `id` is what its console shows. */
export interface JobRef {
  readonly id: string;
  readonly data: JsonObject;
}

/**
 * `planned` → `submitting` (its token is committed; a job may exist upstream) → `submitted` → `ended` → `collected`.
 * `uncertain`: nothing can prove whether the job exists; never sent again by itself. `failed`: the provider refused it.
 */
export type PartPhase =
  | "planned"
  | "submitting"
  | "submitted"
  | "ended"
  | "collected"
  | "uncertain"
  | "failed";

/** A raw result stream as the provider gave it, kept so that a mended codec can be run again. */
export interface RawResult {
  /** `unsent`: not the provider's, but ours for lines that couldn't be sent; in OpenAI's format. */
  readonly role: "output" | "error" | "unsent";
  readonly blob: string;
  readonly bytes: number;
  readonly lines: number;
  readonly sha256: string;
  /** The provider's own id of that file, where it has one. */
  readonly nativeId: string | null;
}

/** One Job's share of a Batch. Its id is the token by which a lost job is found again. */
export interface Part {
  readonly id: string;
  readonly batchId: string;
  readonly number: number;
  readonly owner: string;
  readonly account: string;
  readonly dialect: string;
  readonly provider: string;
  readonly endpoint: string;
  readonly model: string | null;
  readonly models: readonly string[];
  readonly mode: "native" | "direct";
  readonly priceTier: PriceTier;
  readonly phase: PartPhase;
  /** Lines of the input file, counted from 1. */
  readonly firstLine: number;
  readonly lines: number;
  readonly bytes: number;
  /** The provider's id of the input, once it is there. */
  readonly inputNativeId: string | null;
  readonly job: JobRef | null;
  readonly outcome: "completed" | "failed" | "expired" | "cancelled" | null;
  readonly attempts: number;
  readonly counts: Counts;
  readonly usage: Usage | null;
  readonly errors: readonly BatchError[];
  readonly warnings: readonly BatchWarning[];
  readonly results: readonly RawResult[];
  readonly options: JsonObject;
  readonly createdAt: number;
  readonly submittingAt: number | null;
  readonly submittedAt: number | null;
  readonly endedAt: number | null;
  readonly collectedAt: number | null;
  readonly version: number;
}
