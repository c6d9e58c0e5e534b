import { Readable } from "node:stream";
import { z } from "zod";
import type { JobRef } from "../../core/batch.ts";
import { isGatewayError } from "../../core/errors.ts";
import type {
  ResultPart,
  Submission,
  Upstream,
  UpstreamJob,
  UpstreamJobs,
} from "../../core/provider.ts";
import type { UpstreamHttp } from "../upstream.ts";
import { type BatchPage, displayNameOf, findJob } from "./find-job.ts";
import { refuseLargeInline, writeInline, writeInlineResults } from "./inline.ts";
import { pathOf, pathOfModel } from "./names.ts";
import { MAX_PAGE, pageAfter } from "./pages.ts";
import { outputOf, toReport } from "./report.ts";
import { type WireOperation, wireOperation, wireOperations } from "./wire.ts";

export const EMBEDDINGS = "/v1/embeddings";
const CHAT = "/v1/chat/completions";

/** Results of lines that came inline are shown with the batch itself. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;

type Batches = Pick<Upstream, "submit" | "find" | "poll" | "collect" | "cancel"> & {
  readonly jobs: UpstreamJobs;
};

export function createBatches(http: UpstreamHttp): Batches {
  async function retrieve(id: string, signal: AbortSignal): Promise<WireOperation> {
    return http.json("GET", pathOf("batches", id), {
      operation: "batches.retrieve",
      signal,
      reply: wireOperation,
      maxReplyBytes: MAX_BATCH_BYTES,
    });
  }

  async function readPage(
    { token, size }: { readonly token: string | null; readonly size: number },
    signal: AbortSignal,
  ): Promise<BatchPage> {
    const page = await http.json("GET", "/v1beta/batches", {
      operation: "batches.list",
      signal,
      query: { pageSize: size, pageToken: token },
      reply: wireOperations,
    });
    return {
      items: page.operations ?? [],
      nextToken: page.nextPageToken || null,
      isPartial: (page.unreachable ?? []).length > 0,
    };
  }

  return {
    async submit(part, signal) {
      return toJob(await create(http, part, signal));
    },

    find: (part, signal) => findJob(part, (token) => readPage({ token, size: MAX_PAGE }, signal)),

    poll: async (job, signal) => toReport(await retrieve(job.id, signal), "whole"),

    async *collect(job, signal): AsyncIterable<ResultPart> {
      const { responsesFile, inlinedResponses } = outputOf(await retrieve(job.id, signal));
      if (responsesFile) {
        yield {
          role: "output",
          nativeId: responsesFile,
          open: async (signal) =>
            http.stream(`${pathOf("files", responsesFile)}:download`, {
              operation: "files.download",
              signal,
              query: { alt: "media" },
            }),
        };
      } else if (inlinedResponses) {
        const items = inlinedResponses.inlinedResponses ?? [];
        yield {
          role: "output",
          nativeId: null,
          open: async () => Readable.from(writeInlineResults(items), { objectMode: false }),
        };
      }
    },

    async cancel(job, signal) {
      const path = `${pathOf("batches", job.id)}:cancel`;
      const call = { operation: "batches.cancel", signal, idempotent: true, reply: z.unknown() };
      try {
        await http.json("POST", path, call);
      } catch (error) {
        const isRefusal =
          isGatewayError(error, "upstream_rejected") || isGatewayError(error, "upstream_conflict");
        if (!isRefusal || !hasEnded(await retrieve(job.id, signal))) throw error;
      }
    },

    jobs: {
      retrieve: async (id, signal) => toUpstreamJob(await retrieve(id, signal), "whole"),
      async list(query, signal) {
        const { items, next } = await pageAfter(query, (token, size) =>
          readPage({ token, size }, signal),
        );
        return { items: items.map((operation) => toUpstreamJob(operation, "listed")), next };
      },
      async delete(job, signal) {
        const call = { operation: "batches.delete", signal, idempotent: true, reply: z.unknown() };
        try {
          await http.json("DELETE", pathOf("batches", job.id), call);
        } catch (error) {
          if (!isGatewayError(error, "upstream_not_found")) throw error;
        }
      },
    },
  };
}

async function create(
  http: UpstreamHttp,
  part: Submission,
  signal: AbortSignal,
): Promise<WireOperation> {
  const method = part.endpoint === EMBEDDINGS ? "asyncBatchEmbedContent" : "batchGenerateContent";
  const path = `${pathOfModel(part.model)}:${method}`;
  const displayName = displayNameOf(part);
  const call = { operation: "batches.create", signal, reply: wireOperation };
  if (part.inputNativeId !== null) {
    const inputConfig = { fileName: part.inputNativeId };
    return http.json("POST", path, { ...call, body: { batch: { displayName, inputConfig } } });
  }
  refuseLargeInline(part);
  return http.send("POST", path, {
    ...call,
    contentType: "application/json",
    bytes: null,
    body: (signal) => writeInline(part, displayName, signal),
  });
}

function hasEnded(operation: WireOperation): boolean {
  return operation.done === true || toReport(operation, "whole").kind === "ended";
}

function toJob({ name }: WireOperation): JobRef {
  return { id: name, data: {} };
}

function toUpstreamJob(operation: WireOperation, view: "listed" | "whole"): UpstreamJob {
  const { metadata } = operation;
  const report = toReport(operation, view);
  const isEmbedding = metadata?.["@type"]?.endsWith(".EmbedContentBatch") === true;
  return {
    job: toJob(operation),
    report,
    endpoint: isEmbedding ? EMBEDDINGS : CHAT,
    inputNativeId: metadata?.inputConfig?.fileName ?? null,
    // The time that Google aims at; after twice that it gives up.
    completionWindow: "24h",
    metadata: null,
    createdAt: report.times.createdAt ?? 0,
    expiresAt: report.times.expiresAt ?? null,
  };
}
