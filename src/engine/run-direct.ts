import type { Batch, Counts, Part, RawResult } from "../core/batch.ts";
import { isTerminal } from "../core/batch.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import { parseS3Uri } from "../core/s3-uri.ts";
import { formats } from "../formats/formats.ts";
import { preparedOf } from "../lines/prepared-record.ts";
import type { EngineContext } from "./context.ts";
import { runDirectly } from "./direct/direct.ts";
import { knownLines } from "./input.ts";
import { sumCounts } from "./poll.ts";
import { changeBatch } from "./rows.ts";
import { refusePart } from "./refuse.ts";
import type { PartWork, WakeAt } from "./part-work.ts";

/** Runs a Part's lines one by one for a while. What it makes is stored as a job's results are, so all that follows is the same. */
export async function runDirectPart(
  context: EngineContext,
  work: PartWork,
  signal: AbortSignal,
): Promise<WakeAt> {
  const { batch, provider, upstream } = work;
  const { calls } = upstream;
  if (calls === undefined) {
    const message = `${provider.name} takes no single calls, so these lines can't be run one by one.`;
    return refusePart(context, work.part, new GatewayError("invalid_request", message));
  }
  let part = work.part.phase === "planned" ? await begin(context, batch, work.part) : work.part;
  const progress = await runDirectly(
    context,
    {
      ...runOf(context, { batch, part }),
      format: formats[provider.format],
      calls,
      stop: () => reasonToStop(context, batch.id),
      onProgress: async (counts) => {
        part = await saveCounts(context, { batch, part, counts });
      },
    },
    signal,
  );
  part = await saveCounts(context, { batch, part, counts: progress.counts });
  if (progress.kind === "running") {
    // The window may end before the provider wants to be asked again.
    return Math.min(progress.wakeAt, batch.times.expiresAt ?? progress.wakeAt);
  }
  const { outcome, output } = progress;
  if (output !== null) await publish(context, { ...work, part, output }, signal);
  const now = context.now();
  await context.database.batches.updatePart(part, {
    phase: "collected",
    outcome,
    results: output === null ? [] : [output],
    endedAt: now,
    collectedAt: now,
  });
  return now;
}

interface PartOfBatch {
  readonly batch: Batch;
  readonly part: Part;
}

function runOf(context: EngineContext, { batch, part }: PartOfBatch) {
  const blob = knownLines(batch, part);
  if (blob === null) {
    throw new GatewayError("internal", `Part ${part.id} has no lines here that could be run`);
  }
  const { id: partId, endpoint, model, lines, bytes } = part;
  const { variant } = preparedOf(batch);
  const open = (signal: AbortSignal, range: Parameters<typeof context.blobs.open>[2]) =>
    context.blobs.open(blob, signal, range);
  return { partId, endpoint, model, variant, lines, input: { bytes, open } };
}

function begin(context: EngineContext, batch: Batch, part: Part): Promise<Part> {
  const now = context.now();
  return context.database.transaction(async (tables) => {
    await changeBatch(tables, batch.id, (current) => ({
      ...(current.state === "validating" ? { state: "in_progress" } : {}),
      times: {
        ...current.times,
        submittedAt: current.times.submittedAt ?? now,
        inProgressAt: current.times.inProgressAt ?? now,
      },
    }));
    return tables.batches.updatePart(part, {
      phase: "submitted",
      attempts: part.attempts + 1,
      submittingAt: now,
      submittedAt: now,
    });
  });
}

async function reasonToStop(
  context: EngineContext,
  batchId: string,
): Promise<"cancelled" | "expired" | null> {
  const batch = await context.database.batches.get(batchId, "every");
  if (batch === null || isTerminal(batch.state) || batch.state === "cancelling") return "cancelled";
  const { expiresAt } = batch.times;
  return expiresAt !== null && context.now() >= expiresAt ? "expired" : null;
}

function saveCounts(
  context: EngineContext,
  { batch, part, counts }: PartOfBatch & { readonly counts: Counts },
): Promise<Part> {
  return context.database.transaction(async (tables) => {
    const saved = await tables.batches.updatePart(part, { counts });
    const parts = await tables.batches.parts(batch.id);
    await changeBatch(tables, batch.id, (current) => ({
      polledAt: context.now(),
      counts: sumCounts(current, parts),
    }));
    return saved;
  });
}

/** Where the client named a place for results, it finds those of lines run one by one there too. */
async function publish(
  context: EngineContext,
  work: PartWork & { readonly output: RawResult },
  signal: AbortSignal,
): Promise<void> {
  const { batch, part, provider, access, output } = work;
  const uri = batch.options["output_s3_uri"];
  if (typeof uri !== "string" || !provider.hasForeignFiles) return;
  const { bucket, path: prefix } = parseS3Uri(uri);
  const place = { storage_config: { s3: { ...regionOf(batch), bucket, prefix } } };
  try {
    await provider.connect(access, { ...batch.options, ...place }).files?.upload(
      {
        filename: `${part.id}.jsonl.out`,
        purpose: "batch_output",
        mimeType: "application/jsonl",
        bytes: output.bytes,
        expiresAfterSeconds: null,
        open: (abort, range) => context.blobs.open(output.blob, abort, range),
      },
      signal,
    );
  } catch (error) {
    if (!isGatewayError(error) || error.retryable) throw error;
    const message = `The results could not be written to ${uri}: ${error.message}`;
    await changeBatch(context.database, batch.id, (current) => ({
      warnings: [
        ...current.warnings,
        {
          code: "output_not_written",
          message,
          field: "output_s3_uri",
          lines: null,
          firstLines: [],
        },
      ],
    }));
  }
}

function regionOf({ options }: Batch): { readonly region?: string } {
  const config = options["storage_config"];
  if (typeof config !== "object" || config === null || !("s3" in config)) return {};
  const { s3 } = config;
  if (typeof s3 !== "object" || s3 === null || Array.isArray(s3) || !("region" in s3)) return {};
  const region = Object.entries(s3).find(([key]) => key === "region")?.[1];
  return typeof region === "string" ? { region } : {};
}
