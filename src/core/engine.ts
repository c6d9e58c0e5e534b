import type { Batch } from "./batch.ts";

/** The background half of a batch's life, as the operations of the gateway need it. */
export interface Engine {
  /** Asks the provider now if it was last asked more than the poll interval ago; returns the row as it then is. */
  refresh(batch: Batch, signal: AbortSignal): Promise<Batch>;
  /**
   * Waits until the batch was handed to its provider, or has failed, or the time is up, and returns the row as it then is.
   * Null if the batch is gone.
   */
  handedOver(batchId: string, waitMilliseconds: number, signal: AbortSignal): Promise<Batch | null>;
}
