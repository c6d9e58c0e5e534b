import type { JobRef } from "../../core/batch.ts";
import { GatewayError, isGatewayError } from "../../core/errors.ts";
import type { FoundJob, JobReport, ResultPart, Submission, Upstream } from "../../core/provider.ts";
import type { ControlPlane } from "./control-plane.ts";
import { jobNameOf, toJobRequest } from "./job-request.ts";
import type { Bucket } from "./bucket.ts";
import type { Place } from "./place.ts";
import { toReport } from "./report.ts";
import { collectResults, readOutput } from "./results.ts";
import type { WireJob } from "./wire.ts";

/** How long the results of a completed job may be on their way before they count as missing. */
const OUTPUT_GRACE_MILLISECONDS = 15 * 60_000;
const MAX_PAGE = 1_000;

export interface JobsContext {
  readonly provider: string;
  readonly roleArn: string | null;
  readonly place: Place;
  readonly now: () => number;
  /** Of a region; null: of the one that this connection is for. */
  readonly controlPlane: (region: string | null) => Promise<ControlPlane>;
  readonly openBucket: (name: string, region: string | null) => Promise<Bucket>;
}

type Jobs = Pick<Upstream, "submit" | "find" | "poll" | "collect" | "cancel">;

export function createJobs(context: JobsContext): Jobs {
  async function find(part: Submission, signal: AbortSignal): Promise<FoundJob> {
    const control = await context.controlPlane(null);
    const name = jobNameOf(part.token);
    let next: string | null = null;
    do {
      const query = { nameContains: name, maxResults: MAX_PAGE };
      const page = await control.list(
        next === null ? query : { ...query, nextToken: next },
        signal,
      );
      const job = page.jobs.find((each) => each.jobName === name);
      if (job !== undefined) return { kind: "found", job: toJob(job) };
      ({ next } = page);
    } while (next !== null);
    return { kind: "absent" };
  }

  async function outputOf(job: JobRef, signal: AbortSignal) {
    const region = regionOf(job.id);
    const known = job.data["output"];
    const output =
      typeof known === "string"
        ? known
        : outputUriOf(await (await context.controlPlane(region)).get(job.id, signal));
    const openBucket = async (name: string) => context.openBucket(name, region);
    return output === null ? null : { openBucket, output, jobId: job.id };
  }

  /** A job may count as completed before its results are there, and its counters don't hold its tokens. */
  async function withOutput(
    report: Extract<JobReport, { kind: "ended" }>,
    job: JobRef,
    signal: AbortSignal,
  ): Promise<JobReport> {
    const of = await outputOf(job, signal);
    if (of === null) return report;
    const { files, counts, usage } = await readOutput(of, signal);
    const endedAt = report.times.completedAt ?? context.now();
    const isYoung = context.now() - endedAt < OUTPUT_GRACE_MILLISECONDS;
    if (report.outcome === "completed" && files.length === 0 && isYoung) {
      const { nativeState, times, model } = report;
      const state = "finalizing";
      return { kind: "running", state, nativeState, times, model, counts: report.counts };
    }
    return {
      ...report,
      counts: report.counts ?? counts,
      usage,
      outputNativeId: files.length === 1 ? (files[0] ?? null) : null,
    };
  }

  return {
    async submit(part, signal) {
      const { outputUri, ...request } = toJobRequest(part, context);
      const control = await context.controlPlane(null);
      try {
        const id = await control.create(request, signal);
        return { id, data: { output: outputUri } };
      } catch (error) {
        if (!isGatewayError(error, "upstream_conflict")) throw error;
        // A job of this name is there already: it can only be ours, made by a call whose answer was lost.
        const found = await find(part, signal);
        if (found.kind === "found") return found.job;
        throw new GatewayError(error.code, error.message, { ...error.details, notSent: false });
      }
    },

    find,

    async poll(job, signal) {
      const control = await context.controlPlane(regionOf(job.id));
      const report = toReport(await control.get(job.id, signal));
      if (report.kind === "running" || report.outcome === "failed") return report;
      try {
        return await withOutput(report, job, signal);
      } catch (error) {
        // That the job has ended stands, though its bucket is closed to us: its results can't be collected, and that will say why.
        if (!isGatewayError(error) || error.retryable) throw error;
        return report;
      }
    },

    async *collect(job, signal): AsyncGenerator<ResultPart> {
      const of = await outputOf(job, signal);
      if (of !== null) yield* collectResults(of, signal);
    },

    async cancel(job, signal) {
      const control = await context.controlPlane(regionOf(job.id));
      try {
        await control.stop(job.id, signal);
      } catch (error) {
        // Which of the two a finished job is refused with isn't documented.
        const isRefusal =
          isGatewayError(error, "upstream_conflict") || isGatewayError(error, "upstream_rejected");
        if (!isRefusal) throw error;
        const report = toReport(await control.get(job.id, signal));
        if (report.kind === "running" && report.state !== "cancelling") throw error;
      }
    },
  };
}

export function toJob(job: WireJob): JobRef {
  const output = outputUriOf(job);
  return { id: job.jobArn, data: output === null ? {} : { output } };
}

function outputUriOf(job: WireJob): string | null {
  return job.outputDataConfig?.s3OutputDataConfig?.s3Uri ?? null;
}

/** `arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl`; null for the last segment alone. */
export function regionOf(jobId: string): string | null {
  const region = /^arn:[^:]+:bedrock:([a-z0-9-]+):/.exec(jobId)?.[1];
  return region ?? null;
}
