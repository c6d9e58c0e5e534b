import { z } from "zod";
import type { JobRef } from "../../core/batch.ts";
import { GatewayError, isGatewayError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type {
  FoundJob,
  ResultPart,
  Submission,
  Upstream,
  UpstreamJob,
  UpstreamJobs,
  UpstreamPage,
} from "../../core/provider.ts";
import { pathSegment, type UpstreamHttp } from "../upstream.ts";
import { contentPath, nextOf } from "./files.ts";
import { addToken, carriesToken, hasToken, withoutToken } from "./part-token.ts";
import { toReport } from "./report.ts";
import { type WireBatch, wireBatch, wireList } from "./wire.ts";

const MAX_PAGE = 100;

/** How far the provider's clock may be behind ours. */
const CLOCK_SKEW_MILLISECONDS = 5 * 60_000;

const wireBatches = wireList(wireBatch);

type Batches = Pick<Upstream, "submit" | "find" | "poll" | "collect" | "cancel"> & {
  readonly jobs: UpstreamJobs;
};

export function createBatches(http: UpstreamHttp): Batches {
  async function retrieve(id: string, signal: AbortSignal): Promise<WireBatch> {
    const call = { operation: "batches.retrieve", signal, reply: wireBatch };
    return http.json("GET", `/batches/${pathSegment(id)}`, call);
  }

  async function list(
    query: { readonly after: string | null; readonly limit: number },
    signal: AbortSignal,
  ): Promise<UpstreamPage<WireBatch>> {
    const page = await http.json("GET", "/batches", {
      operation: "batches.list",
      signal,
      query: { limit: Math.min(query.limit, MAX_PAGE), after: query.after },
      reply: wireBatches,
    });
    return { items: page.data, next: nextOf(page) };
  }

  return {
    async submit(part, signal) {
      const body = toBody(part);
      const call = { operation: "batches.create", signal, body, reply: wireBatch };
      return toJob(await http.json("POST", "/batches", call));
    },

    find: (part, signal) => findJob(part, (after) => list({ after, limit: MAX_PAGE }, signal)),

    poll: async (job, signal) => toReport(await retrieve(job.id, signal)),

    async *collect(job, signal): AsyncIterable<ResultPart> {
      const batch = await retrieve(job.id, signal);
      const files = [
        ["output", batch.output_file_id],
        ["error", batch.error_file_id],
      ] as const;
      for (const [role, nativeId] of files) {
        if (!nativeId) continue;
        const open = async (signal: AbortSignal) =>
          http.stream(contentPath(nativeId), { operation: "files.content", signal });
        yield { role, nativeId, open };
      }
    },

    async cancel(job, signal) {
      const path = `/batches/${pathSegment(job.id)}/cancel`;
      const call = { operation: "batches.cancel", signal, idempotent: true, reply: z.unknown() };
      try {
        await http.json("POST", path, call);
      } catch (error) {
        // A job that has ended, or is being cancelled, is refused: OpenAI says 409, other hosts 400.
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
    },
  };
}

function toBody(part: Submission): JsonObject {
  if (part.inputNativeId === null) {
    throw new GatewayError(
      "invalid_request",
      "A batch needs its input as a file at the provider first.",
      {
        param: "input_file_id",
        notSent: true,
      },
    );
  }
  const metadata = addToken(part.metadata, part.token);
  const outputSeconds = part.options["outputExpiresAfterSeconds"];
  return {
    input_file_id: part.inputNativeId,
    endpoint: part.endpoint,
    completion_window: part.completionWindow,
    metadata,
    ...(typeof outputSeconds === "number"
      ? { output_expires_after: { anchor: "created_at", seconds: outputSeconds } }
      : {}),
  };
}

/** Looks through all jobs that are young enough. There is no filter by metadata, so the list is read, newest first. */
async function findJob(
  part: Submission,
  readPage: (after: string | null) => Promise<UpstreamPage<WireBatch>>,
): Promise<FoundJob> {
  const hasOwnToken = carriesToken(part.metadata);
  if (!hasOwnToken && !part.ownInput) return { kind: "unknown" };
  const oldest = part.submittingAt - CLOCK_SKEW_MILLISECONDS;
  let mayBeOurs = false;
  let keepsMetadata = false;
  let after: string | null = null;
  do {
    const { items, next }: UpstreamPage<WireBatch> = await readPage(after);
    for (const batch of items) {
      if (batch.metadata && Object.keys(batch.metadata).length > 0) keepsMetadata = true;
      if (batch.created_at * 1_000 < oldest) continue;
      const isSameInput = batch.input_file_id === part.inputNativeId;
      if (hasToken(batch.metadata, part.token) || (part.ownInput && isSameInput)) {
        return { kind: "found", job: toJob(batch) };
      }
      if (isSameInput && batch.endpoint === part.endpoint && !batch.metadata) mayBeOurs = true;
    }
    const last = items.at(-1);
    after = last !== undefined && last.created_at * 1_000 < oldest ? null : next;
  } while (after !== null);
  // A host that throws metadata away throws the token away with it, and then proves nothing.
  return mayBeOurs && !keepsMetadata ? { kind: "unknown" } : { kind: "absent" };
}

function isEnding(batch: WireBatch): boolean {
  return ["completed", "failed", "expired", "cancelling", "cancelled"].includes(batch.status);
}

function toJob(batch: WireBatch): JobRef {
  return { id: batch.id, data: {} };
}

function toUpstreamJob(batch: WireBatch): UpstreamJob {
  return {
    job: toJob(batch),
    report: toReport(batch),
    endpoint: batch.endpoint,
    inputNativeId: batch.input_file_id ?? null,
    completionWindow: batch.completion_window,
    metadata: withoutToken(batch.metadata),
    createdAt: batch.created_at * 1_000,
    expiresAt: batch.expires_at ? batch.expires_at * 1_000 : null,
  };
}
