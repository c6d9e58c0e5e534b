import { GatewayError } from "../../core/errors.ts";
import type { UpstreamJob, UpstreamJobs } from "../../core/provider.ts";
import type { ControlPlane } from "./control-plane.ts";
import { regionOf, toJob } from "./jobs.ts";
import { toReport } from "./report.ts";
import type { WireJob } from "./wire.ts";

const MAX_PAGE = 1_000;
/** The id of a job, in full or its last segment; a `nextToken` of Bedrock's is neither. */
const JOB_ID = /^(?:arn:[^/]+\/)?[a-z0-9]{12}$/;

/** Jobs made elsewhere, and ours. */
export function createJobList(
  controlPlane: (region: string | null) => Promise<ControlPlane>,
): UpstreamJobs {
  return {
    async retrieve(id, signal) {
      if (!JOB_ID.test(id)) throw notThere(id);
      const control = await controlPlane(regionOf(id));
      return toUpstreamJob(await control.get(id, signal));
    },

    async list({ after, limit }, signal) {
      const control = await controlPlane(null);
      const isId = after !== null && JOB_ID.test(after);
      const maxResults = isId ? MAX_PAGE : Math.min(limit, MAX_PAGE);
      let awaited = isId ? after : null;
      let nextToken = isId ? null : after;
      do {
        const { jobs, next } = await control.list(
          {
            sortBy: "CreationTime",
            sortOrder: "Descending",
            maxResults,
            ...(nextToken === null ? {} : { nextToken }),
          },
          signal,
        );
        const found = awaited === null ? -1 : jobs.findIndex((job) => hasId(job, awaited));
        if (awaited === null || found >= 0) {
          const items = jobs.slice(found + 1).map(toUpstreamJob);
          awaited = null;
          if (items.length > 0 || next === null) return { items, next };
        }
        nextToken = next;
      } while (nextToken !== null);
      throw notThere(after ?? "");
    },
  };
}

function hasId({ jobArn }: WireJob, id: string | null): boolean {
  return jobArn === id || jobArn.split("/").at(-1) === id;
}

function toUpstreamJob(job: WireJob): UpstreamJob {
  return {
    job: toJob(job),
    report: toReport(job),
    // Nothing else tells what is in its lines.
    endpoint: /\bembed|titan-embed/.test(job.modelId ?? "") ? "/v1/embeddings" : CHAT,
    inputNativeId: job.inputDataConfig?.s3InputDataConfig?.s3Uri ?? null,
    completionWindow: `${job.timeoutDurationInHours ?? 24}h`,
    // Bedrock has tags, which its answers don't show.
    metadata: null,
    createdAt: job.submitTime?.getTime() ?? 0,
    expiresAt: job.jobExpirationTime?.getTime() ?? null,
  };
}

const CHAT = "/v1/chat/completions";

function notThere(id: string): GatewayError {
  return new GatewayError(
    "upstream_not_found",
    `There is no job ${JSON.stringify(id.slice(0, 200))}.`,
  );
}
