import type { Accounts } from "../core/accounts.ts";
import type { BlobStore } from "../core/blobs.ts";
import type { Providers } from "../core/providers.ts";
import type { Scheduler } from "../core/scheduler.ts";
import type { Database } from "../core/storage.ts";
import type { Log, Telemetry } from "../core/telemetry.ts";

/** Everything that the background work stands on. */
export interface EngineContext {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly scheduler: Scheduler;
  readonly providers: Providers;
  readonly accounts: Accounts;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly now: () => number;
  readonly newId: (now: number) => string;
  /** Between 0 and 1; for jitter. */
  readonly random: () => number;
  readonly settings: EngineSettings;
}

interface EngineSettings {
  readonly pollSeconds: number;
  /** How long a call whose reply was lost may still take effect upstream: only after it does `absent` mean absent. */
  readonly settleSeconds: number;
  /** How long a result line may be. */
  readonly maxLineBytes: number;
  /** How many calls of one batch may be under way at once, where its lines are run one by one. */
  readonly directConcurrency: number;
  /** How long results are kept where the batch says nothing; null: for ever. */
  readonly resultDays: number | null;
  /** How long a pass of the sweep waits for the next. */
  readonly sweepSeconds: number;
}

/** The key under which the scheduler wakes a batch. */
export function batchKey(batchId: string): string {
  return `batch:${batchId}`;
}

export const SWEEP_KEY = "sweep";
