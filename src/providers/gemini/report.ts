import type { BatchError, BatchTimes, Counts } from "../../core/batch.ts";
import type { JobReport } from "../../core/provider.ts";
import type { WireOperation, WireOutput } from "./wire.ts";

export const WINDOW_HOURS = 48;

type Ended = Extract<JobReport, { kind: "ended" }>;

/** Where a job stands, in our words. Google's lists leave out results that aren't in a file. */
export function toReport(operation: WireOperation, view: "listed" | "whole"): JobReport {
  const { metadata } = operation;
  const nativeState = metadata?.state ?? "BATCH_STATE_UNSPECIFIED";
  const common = {
    nativeState,
    counts: toCounts(operation),
    times: toTimes(operation),
    model: metadata?.model?.replace(/^models\//, "") ?? null,
  };
  const running = (state: Extract<JobReport, { kind: "running" }>["state"]): JobReport => ({
    ...common,
    kind: "running",
    state,
  });
  const ended = (outcome: Ended["outcome"]): JobReport => ({
    ...common,
    kind: "ended",
    outcome,
    usage: null,
    errors: outcome === "failed" ? [toError(operation)] : [],
    times: { ...common.times, ...toEndTime(operation, outcome) },
    outputNativeId: outputOf(operation).responsesFile ?? null,
    errorNativeId: null,
    ...(view === "whole" && !hasOutput(operation) ? { hasNoResults: true } : {}),
  });
  // Vertex, and Google's own SDKs, say JOB_STATE_ where the API says BATCH_STATE_.
  switch (nativeState.replace(/^(?:BATCH|JOB)_STATE_/, "")) {
    case "PENDING":
      return running("validating");
    case "RUNNING":
      return running("in_progress");
    case "SUCCEEDED": {
      // It may have succeeded a moment before its output is named: its results must not count as missing.
      const isUnlisted = view === "listed" && !metadata?.inputConfig?.fileName;
      return hasOutput(operation) || isUnlisted ? ended("completed") : running("finalizing");
    }
    case "FAILED":
      return ended("failed");
    case "CANCELLED":
      return ended("cancelled");
    case "EXPIRED":
      return ended("expired");
    default:
      // A state that Google adds tomorrow must not end a batch early; an operation that is done says so itself.
      if (operation.done === true && operation.error) return ended("failed");
      if (operation.done === true && hasOutput(operation)) return ended("completed");
      return running("in_progress");
  }
}

/** It is in two places, and may be in one of them first. */
export function outputOf({ metadata, response }: WireOperation): WireOutput {
  const outputs = [metadata?.output, response];
  const found = outputs.find((output) => output?.responsesFile || output?.inlinedResponses);
  return found ?? {};
}

function hasOutput(operation: WireOperation): boolean {
  const { responsesFile, inlinedResponses } = outputOf(operation);
  return Boolean(responsesFile) || Boolean(inlinedResponses);
}

function toCounts({ metadata }: WireOperation): Counts | null {
  const stats = metadata?.batchStats;
  if (!stats) return null;
  return {
    total: stats.requestCount,
    completed: stats.successfulRequestCount,
    failed: stats.failedRequestCount,
  };
}

function toTimes({ metadata }: WireOperation): Partial<BatchTimes> {
  const createdAt = metadata?.createTime;
  if (!createdAt) return {};
  return { createdAt, expiresAt: createdAt + WINDOW_HOURS * 3_600_000 };
}

function toEndTime({ metadata }: WireOperation, outcome: Ended["outcome"]): Partial<BatchTimes> {
  return metadata?.endTime ? { [`${outcome}At`]: metadata.endTime } : {};
}

function toError({ error }: WireOperation): BatchError {
  return {
    code: STATUS_NAMES[error?.code ?? 2] ?? "UNKNOWN",
    message: error?.message ?? "The provider gave no reason.",
    param: null,
    line: null,
  };
}

/** By the numbers of gRPC. */
const STATUS_NAMES: readonly string[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];
