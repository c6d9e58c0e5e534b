import type { Readable } from "node:stream";
import type { Batch, Part } from "../core/batch.ts";
import { GatewayError } from "../core/errors.ts";
import type { StoredFile } from "../core/file.ts";
import type { Submission, Upstream } from "../core/provider.ts";
import type { EngineContext } from "./context.ts";

/** The key under which a client's own batches carry no 17th pair: see `Submission.ownInput`. */
const MAX_METADATA_PAIRS = 16;

/** The bytes of a batch's input; null where they are only upstream. */
export function inputBlob(batch: Batch): string | null {
  const blob = batch.options["inputBlob"];
  return typeof blob === "string" ? blob : null;
}

/** The client's own headers that travel with every call about its batch. */
export function headersOf(batch: Batch): Readonly<Record<string, string>> {
  const headers = batch.options["headers"];
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) return {};
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

export function openInput(
  context: EngineContext,
  batch: Batch,
  signal: AbortSignal,
): Promise<Readable> {
  const blob = inputBlob(batch);
  if (blob === null)
    throw new GatewayError("internal", `batch ${batch.id} has no input bytes here`);
  return context.blobs.open(blob, signal);
}

/** Whether a Part's job can only be found again by its input, so that the input must be the Part's own. */
export function needsOwnInput(batch: Batch): boolean {
  return Object.keys(batch.metadata ?? {}).length >= MAX_METADATA_PAIRS;
}

export function toSubmission(context: EngineContext, batch: Batch, part: Part): Submission {
  return {
    token: part.id,
    endpoint: batch.endpoint,
    model: batch.model,
    lines: part.lines,
    bytes: part.bytes,
    open: (signal) => openInput(context, batch, signal),
    inputNativeId: part.inputNativeId,
    ownInput: needsOwnInput(batch),
    completionWindow: batch.completionWindow,
    metadata: batch.metadata,
    options: batch.options,
    submittingAt: part.createdAt,
  };
}

/** The provider's id of the input: the copy made at upload if it still serves, else one made now. */
export async function ensureInputThere(
  context: EngineContext,
  work: {
    readonly batch: Batch;
    readonly file: StoredFile | null;
    readonly upstream: Upstream;
    readonly account: string;
  },
  signal: AbortSignal,
): Promise<string | null> {
  const { batch, file, upstream, account } = work;
  if (upstream.files === undefined) return null;
  if (!needsOwnInput(batch) && batch.inputFileId !== null) {
    const copies = await context.database.copies.find(batch.inputFileId, batch.provider, account);
    const usable = copies.find(
      (copy) => copy.recipe === "bytes" && !isExpired(copy.expiresAt, context.now()),
    );
    if (usable !== undefined) return usable.nativeId;
  }
  const blob = inputBlob(batch);
  if (blob === null) {
    throw new GatewayError(
      "invalid_request",
      "The input file's bytes are neither here nor at this provider any more.",
      {
        param: "input_file_id",
      },
    );
  }
  const stat = await context.blobs.stat(blob, signal);
  if (stat === null)
    throw new GatewayError("invalid_request", "The input file was deleted.", {
      param: "input_file_id",
    });
  const sent = await upstream.files.upload(
    {
      filename: file?.filename ?? `${batch.id}.jsonl`,
      purpose: "batch",
      mimeType: "application/jsonl",
      bytes: stat.bytes,
      expiresAfterSeconds: null,
      open: (abort, range) => context.blobs.open(blob, abort, range),
    },
    signal,
  );
  if (batch.inputFileId !== null && !needsOwnInput(batch)) {
    await context.database.copies.save({
      fileId: batch.inputFileId,
      provider: batch.provider,
      account,
      recipe: "bytes",
      nativeId: sent.id,
      bytes: sent.bytes,
      createdAt: context.now(),
      expiresAt: sent.expiresAt,
    });
  }
  return sent.id;
}

/** An hour's margin: the provider still has to read the file. */
function isExpired(expiresAt: number | null, now: number): boolean {
  return expiresAt !== null && now > expiresAt - 3_600_000;
}
