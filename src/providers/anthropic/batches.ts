import { z } from "zod";
import type { JobRef } from "../../core/batch.ts";
import { GatewayError, isGatewayError } from "../../core/errors.ts";
import type {
  ResultPart,
  UncountedSubmission,
  Upstream,
  UpstreamJob,
  UpstreamJobs,
  UpstreamPage,
} from "../../core/provider.ts";
import { joinLines } from "../../lib/lines-as-array.ts";
import { pathSegment, type UpstreamHttp } from "../upstream.ts";
import { findJob } from "./find-job.ts";
import { toReport } from "./report.ts";
import { nextOf, toTime, type WireBatch, wireBatch, wireBatches } from "./wire.ts";

const MAX_PAGE = 1_000;
const PATH = "/messages/batches";

const BODY_START = Buffer.from('{"requests":[');
const BODY_END = Buffer.from("]}");

/** What a create has beside the lines themselves. */
export const ENVELOPE_BYTES = BODY_START.length + BODY_END.length;

type Batches = Pick<Upstream, "submit" | "submitEarly" | "find" | "poll" | "collect" | "cancel"> & {
  readonly jobs: UpstreamJobs;
};

export function createBatches(http: UpstreamHttp): Batches {
  async function retrieve(id: string, signal: AbortSignal): Promise<WireBatch> {
    const call = { operation: "batches.retrieve", signal, reply: wireBatch };
    return http.json("GET", `${PATH}/${pathSegment(id)}`, call);
  }

  async function list(
    query: { readonly after: string | null; readonly limit: number },
    signal: AbortSignal,
  ): Promise<UpstreamPage<WireBatch>> {
    const page = await http.json("GET", PATH, {
      operation: "batches.list",
      signal,
      query: { limit: Math.min(query.limit, MAX_PAGE), after_id: query.after },
      reply: wireBatches,
    });
    return { items: page.data, next: nextOf(page) };
  }

  async function create(
    part: UncountedSubmission,
    bytes: number | null,
    signal: AbortSignal,
  ): Promise<JobRef> {
    const batch = await http.send("POST", PATH, {
      operation: "batches.create",
      signal,
      once: bytes === null,
      contentType: "application/json",
      bytes,
      body: (signal) => openBody(part, signal),
      reply: wireBatch,
    });
    return toJob(batch);
  }

  return {
    submit: async (part, signal) => create(part, ENVELOPE_BYTES + part.bytes, signal),

    // Without its last bracket the body is no JSON, wherever it was cut off.
    submitEarly: async (part, signal) => create(part, null, signal),

    find: (part, signal) => findJob(part, (after) => list({ after, limit: MAX_PAGE }, signal)),

    poll: async (job, signal) => toReport(await retrieve(job.id, signal)),

    async *collect(job): AsyncIterable<ResultPart> {
      // Never what `results_url` names: the key goes to the configured host and nowhere else.
      const path = `${PATH}/${pathSegment(job.id)}/results`;
      const open = async (signal: AbortSignal) =>
        http.stream(path, { operation: "batches.results", signal });
      yield { role: "output", nativeId: null, open };
    },

    async cancel(job, signal) {
      const path = `${PATH}/${pathSegment(job.id)}/cancel`;
      const call = { operation: "batches.cancel", signal, idempotent: true, reply: z.unknown() };
      try {
        await http.json("POST", path, call);
      } catch (error) {
        // What Anthropic says of a batch that has ended isn't documented.
        const isRefusal =
          isGatewayError(error, "upstream_conflict") || isGatewayError(error, "upstream_rejected");
        if (!isRefusal || !isEnding(await retrieve(job.id, signal))) throw error;
      }
    },

    jobs: {
      retrieve: async (id, signal) => toUpstreamJob(await retrieve(id, signal)),
      async list(query, signal) {
        const { items, next } = await list(query, signal);
        return { items: items.map(toUpstreamJob), next };
      },
      async delete(job, signal) {
        const path = `${PATH}/${pathSegment(job.id)}`;
        const call = { operation: "batches.delete", signal, idempotent: true, reply: z.unknown() };
        try {
          await http.json("DELETE", path, call);
        } catch (error) {
          if (!isGatewayError(error, "upstream_not_found")) throw error;
        }
      },
    },
  };
}

async function* openBody(
  part: UncountedSubmission,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield BODY_START;
  try {
    yield* joinLines(await part.open(signal));
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    // A body that was never whole can't have made anything.
    throw new GatewayError(error.code, error.message, {
      ...error.details,
      notSent: true,
      cause: error,
    });
  }
  yield BODY_END;
}

function isEnding({ processing_status: status }: WireBatch): boolean {
  return status === "canceling" || status === "ended";
}

function toJob(batch: WireBatch): JobRef {
  return { id: batch.id, data: {} };
}

function toUpstreamJob(batch: WireBatch): UpstreamJob {
  return {
    job: toJob(batch),
    report: toReport(batch),
    // Messages are chats: a reader of another family gets them as such.
    endpoint: "/v1/chat/completions",
    inputNativeId: null,
    completionWindow: "24h",
    metadata: null,
    createdAt: toTime(batch.created_at) ?? 0,
    expiresAt: toTime(batch.expires_at),
  };
}
