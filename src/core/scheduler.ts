import type { Tables } from "./storage.ts";

/** Handles one wake of a key. Throwing makes it run again after a back-off. It must be idempotent. */
export type WakeHandler = (key: string, signal: AbortSignal) => Promise<void>;

/**
 * Background work. Per key there is at most one wake waiting and one handler running, over all replicas. Of two wakes the earlier wins; a
 * wake during handling makes the handler run once more; both survive a crash of the process and of the database.
 * After a crash a key runs again (at least once), so that two handlers may overlap for a paused process: every write
 * carries the row's version.
 */
export interface Scheduler {
  /** Wakes `key` at `at` (milliseconds). Given `tables`, in that transaction: the wake exists if and only if it commits. */
  wake(key: string, at: number, tables?: Tables): Promise<void>;
  /** Starts handling. Called once. */
  work(handler: WakeHandler): Promise<void>;
  /** How late the oldest due wake is, in seconds; 0 if none is due. */
  oldestDueSeconds(): Promise<number>;
  /** Takes no new work, aborts what still runs after `graceMilliseconds`, and returns when nothing runs. */
  stop(graceMilliseconds: number): Promise<void>;
}
