import type { BatchTimes, Counts, Usage } from "../../core/batch.ts";
import type { JobReport } from "../../core/provider.ts";
import type { WireJob, WireManifest } from "./wire.ts";

type Ended = Extract<JobReport, { kind: "ended" }>;

/** Where a job stands, in our words. */
export function toReport(job: WireJob): JobReport {
  const common = {
    nativeState: job.status,
    counts: toCounts(job),
    times: toTimes(job),
    model: job.modelId ?? null,
  };
  const running = (state: "validating" | "in_progress" | "cancelling"): JobReport => ({
    ...common,
    kind: "running",
    state,
  });
  const ended = (outcome: Ended["outcome"]): JobReport => ({
    ...common,
    kind: "ended",
    outcome,
    usage: null,
    errors: outcome === "failed" ? [toError(job)] : [],
    outputNativeId: null,
    errorNativeId: null,
  });
  switch (job.status) {
    case "Submitted":
    case "Validating":
    case "Scheduled":
      return running("validating");
    case "InProgress":
      return running("in_progress");
    case "Stopping":
      return running("cancelling");
    case "Completed":
      return ended("completed");
    case "Failed":
      return ended("failed");
    case "Stopped":
      return ended("cancelled");
    case "PartiallyCompleted":
    // By AWS's definition not all records could be processed in time.
    case "Expired":
      return ended("expired");
    default:
      // A state that Bedrock adds tomorrow must not end a batch early.
      return running("in_progress");
  }
}

/** The counters are absent or zero until the input has been validated. */
export function toCounts(counted: WireJob | WireManifest): Counts | null {
  const { totalRecordCount: total } = counted;
  if (!total) return null;
  return {
    total,
    completed: counted.successRecordCount ?? 0,
    failed: counted.errorRecordCount ?? 0,
  };
}

export function toUsage(manifest: WireManifest): Usage | null {
  const { inputTokenCount, outputTokenCount } = manifest;
  if (typeof inputTokenCount !== "number" || typeof outputTokenCount !== "number") return null;
  return {
    inputTokens: inputTokenCount,
    cachedTokens: 0,
    outputTokens: outputTokenCount,
    reasoningTokens: 0,
    totalTokens: inputTokenCount + outputTokenCount,
  };
}

function toError(job: WireJob) {
  return {
    code: "job_failed",
    message: job.message ?? "Bedrock gave no reason.",
    param: null,
    line: null,
  };
}

const END_TIMES: ReadonlyMap<string, keyof BatchTimes> = new Map<string, keyof BatchTimes>([
  ["Completed", "completedAt"],
  ["PartiallyCompleted", "expiredAt"],
  ["Failed", "failedAt"],
  ["Stopped", "cancelledAt"],
  ["Expired", "expiredAt"],
]);

function toTimes(job: WireJob): Partial<BatchTimes> {
  const end = END_TIMES.get(job.status);
  const endTime = job.endTime ?? job.lastModifiedTime;
  return {
    ...(job.submitTime ? { createdAt: job.submitTime.getTime() } : {}),
    ...(job.jobExpirationTime ? { expiresAt: job.jobExpirationTime.getTime() } : {}),
    ...(end !== undefined && endTime ? { [end]: endTime.getTime() } : {}),
  };
}
