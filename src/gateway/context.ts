import type { Accounts } from "../core/accounts.ts";
import type { BlobStore } from "../core/blobs.ts";
import type { Engine } from "../core/engine.ts";
import type { Providers } from "../core/providers.ts";
import type { Scheduler } from "../core/scheduler.ts";
import type { ClientDatabase } from "../core/storage.ts";
import type { Log, Telemetry } from "../core/telemetry.ts";
import type { TranslationMode } from "../core/write-context.ts";

/** Everything that the operations stand on. */
export interface GatewayContext {
  readonly database: ClientDatabase;
  readonly blobs: BlobStore;
  readonly scheduler: Scheduler;
  readonly providers: Providers;
  readonly accounts: Accounts;
  readonly engine: Engine;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly now: () => number;
  readonly newId: (now: number) => string;
  /** How long input files of batches are kept where nobody says; null: for ever. */
  readonly batchFileDays: number | null;
  /** What becomes of what a provider can't be told, where the request doesn't say. */
  readonly translation: TranslationMode;
  readonly maxLineBytes: number;
  /** How long a create waits for its provider before it answers with our own id. */
  readonly handOverMilliseconds: number;
}
