import type { BatchTimes, Counts, Usage } from "../../core/batch.ts";
import type { JobReport } from "../../core/provider.ts";
import type { WireBatch, WireUsage } from "./wire.ts";

/** Where a job stands, in our words. */
export function toReport(batch: WireBatch): JobReport {
  const common = {
    nativeState: batch.status,
    counts: toCounts(batch),
    times: toTimes(batch),
    model: batch.model ?? null,
  };
  const ended = (outcome: "completed" | "failed" | "expired" | "cancelled"): JobReport => ({
    ...common,
    kind: "ended",
    outcome,
    usage: batch.usage ? toUsage(batch.usage) : null,
    errors: (batch.errors?.data ?? []).map((error) => ({
      code: error.code ?? "invalid_request",
      message: error.message ?? "The provider gave no reason.",
      param: error.param ?? null,
      line: error.line ?? null,
    })),
    outputNativeId: batch.output_file_id ?? null,
    errorNativeId: batch.error_file_id ?? null,
    ...(outcome === "failed" && isOverQuota(batch) ? { isOverQuota: true } : {}),
  });
  switch (batch.status) {
    case "validating":
    case "in_progress":
    case "finalizing":
    case "cancelling":
      return { ...common, kind: "running", state: batch.status };
    case "completed":
      // For a moment a completed batch may not name its files yet: its results must not count as missing.
      if (isUnnamed(batch)) return { ...common, kind: "running", state: "finalizing" };
      return ended("completed");
    case "failed":
    case "expired":
    case "cancelled":
      return ended(batch.status);
    default:
      // A state that OpenAI adds tomorrow must not end a batch early.
      return { ...common, kind: "running", state: "in_progress" };
  }
}

/** https://platform.openai.com/docs/guides/batch: enqueued tokens are counted after the create, so the job fails. */
function isOverQuota({ errors }: WireBatch): boolean {
  return (errors?.data ?? []).some(({ code }) => code === "token_limit_exceeded");
}

function isUnnamed(batch: WireBatch): boolean {
  const isNamed = Boolean(batch.output_file_id) || Boolean(batch.error_file_id);
  return !isNamed && (batch.request_counts?.completed ?? 0) > 0;
}

/** After a cancel the counts fall back to zero although lines were answered. */
function toCounts({ status, request_counts: counts }: WireBatch): Counts | null {
  if (!counts || status === "cancelling" || status === "cancelled") return null;
  return { total: counts.total, completed: counts.completed, failed: counts.failed };
}

function toTimes(batch: WireBatch): Partial<BatchTimes> {
  return {
    createdAt: batch.created_at * 1_000,
    ...time("expiresAt", batch.expires_at),
    ...time("inProgressAt", batch.in_progress_at),
    ...time("finalizingAt", batch.finalizing_at),
    ...time("completedAt", batch.completed_at),
    ...time("failedAt", batch.failed_at),
    ...time("expiredAt", batch.expired_at),
    ...time("cancellingAt", batch.cancelling_at),
    ...time("cancelledAt", batch.cancelled_at),
  };
}

function time(name: keyof BatchTimes, seconds: number | null | undefined): Partial<BatchTimes> {
  return seconds ? { [name]: seconds * 1_000 } : {};
}

function toUsage(usage: WireUsage): Usage {
  return {
    inputTokens: usage.input_tokens,
    cachedTokens: usage.input_tokens_details?.cached_tokens ?? 0,
    outputTokens: usage.output_tokens,
    reasoningTokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
    totalTokens: usage.total_tokens,
  };
}
