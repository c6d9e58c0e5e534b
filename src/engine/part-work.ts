import type { Batch, Part } from "../core/batch.ts";
import type { Access } from "../core/client.ts";
import type { Provider, Upstream } from "../core/provider.ts";
import type { EarlySubmissions } from "./early-submissions.ts";

export interface PartWork {
  readonly batch: Batch;
  readonly part: Part;
  readonly provider: Provider;
  readonly upstream: Upstream;
  readonly access: Access;
  /** What was begun while the batch was planned. */
  readonly early: EarlySubmissions;
}

/** When to look again, in milliseconds since the epoch; null: the Part is where this step can bring it. */
export type WakeAt = number | null;
