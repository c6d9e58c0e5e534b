import type { BatchTimes, Counts } from "../../core/batch.ts";
import type { JobReport } from "../../core/provider.ts";
import { toTime, type WireBatch } from "./wire.ts";

/** Where a job stands, in our words. */
export function toReport(batch: WireBatch): JobReport {
  const common = {
    nativeState: batch.processing_status,
    counts: toCounts(batch),
    // Each request names its own.
    model: null,
  };
  switch (batch.processing_status) {
    case "ended": {
      const outcome = outcomeOf(batch);
      return {
        ...common,
        kind: "ended",
        outcome,
        usage: null,
        errors: [],
        times: { ...toTimes(batch), ...time(`${outcome}At`, batch.ended_at) },
        outputNativeId: null,
        errorNativeId: null,
        ...(batch.archived_at ? { hasNoResults: true } : {}),
      };
    }
    case "canceling":
      return { ...common, kind: "running", state: "cancelling", times: toTimes(batch) };
    default:
      // A state that Anthropic adds tomorrow must not end a batch early.
      return { ...common, kind: "running", state: "in_progress", times: toTimes(batch) };
  }
}

/** `ended` says nothing about how: as at OpenAI, requests that were never run say it of the whole, though others were answered. */
function outcomeOf({
  request_counts: counts,
  cancel_initiated_at: cancelledAt,
}: WireBatch): "completed" | "cancelled" | "expired" {
  if (!counts) return "completed";
  if (cancelledAt && counts.canceled > 0) return "cancelled";
  return counts.expired > 0 ? "expired" : "completed";
}

/** Until the end all requests count as processing. */
function toCounts({ request_counts: counts }: WireBatch): Counts | null {
  if (!counts) return null;
  const failed = counts.errored + counts.canceled + counts.expired;
  return {
    total: counts.processing + counts.succeeded + failed,
    completed: counts.succeeded,
    failed,
  };
}

function toTimes(batch: WireBatch): Partial<BatchTimes> {
  return {
    ...time("createdAt", batch.created_at),
    ...time("inProgressAt", batch.created_at),
    ...time("expiresAt", batch.expires_at),
    ...time("cancellingAt", batch.cancel_initiated_at),
  };
}

function time(name: keyof BatchTimes, timestamp: string | null | undefined): Partial<BatchTimes> {
  const milliseconds = toTime(timestamp);
  return milliseconds === null ? {} : { [name]: milliseconds };
}
