import type { Readable } from "node:stream";
import { claimNativeId } from "../core/aliases.ts";
import type { Batch, Part } from "../core/batch.ts";
import { GatewayError } from "../core/errors.ts";
import type { KnownBlob } from "../core/blobs.ts";
import type { JsonObject } from "../core/json.ts";
import type { Submission, UpstreamFile, UpstreamFiles } from "../core/provider.ts";
import type { FileCopy } from "../core/file.ts";
import { preparedOf } from "../lines/prepared-record.ts";
import type { EngineContext } from "./context.ts";

/** With so many pairs of its client's there is none left for our token: see `Submission.ownInput`. */
const MAX_METADATA_PAIRS = 16;

/** The bytes of a batch's input; null where they are only upstream. */
export function inputBlob(batch: Batch): string | null {
  const blob = batch.options["inputBlob"];
  return typeof blob === "string" ? blob : null;
}

/** The same with what it holds. */
export function knownInput(batch: Batch): KnownBlob | null {
  const key = inputBlob(batch);
  if (key === null) return null;
  return { key, bytes: batch.bytes, sha256: hashIn(batch.options) };
}

function hashIn(options: JsonObject): string | null {
  const sha256 = options["inputSha256"];
  return typeof sha256 === "string" ? sha256 : null;
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

/** The lines of a Part as they are sent; null: the batch's own input. */
export function partBlob(part: Part): string | null {
  const blob = part.options["inputBlob"];
  return typeof blob === "string" ? blob : null;
}

/** What a Part sends and where it lies, its own lines or the batch's; null: only upstream. */
export function knownLines(batch: Batch, part: Part): KnownBlob | null {
  const key = partBlob(part);
  if (key === null) return knownInput(batch);
  return { key, bytes: part.bytes, sha256: hashIn(part.options) };
}

type Stored = Pick<EngineContext, "database" | "blobs">;

/** A Part's lines in its provider's format. */
function openPart(
  context: Stored,
  { batch, part }: { readonly batch: Batch; readonly part: Part },
  signal: AbortSignal,
): Promise<Readable> {
  const blob = partBlob(part) === null ? null : knownLines(batch, part);
  return blob === null ? openInput(context, batch, signal) : context.blobs.open(blob, signal);
}

export function openInput(
  context: Pick<EngineContext, "blobs">,
  batch: Batch,
  signal: AbortSignal,
): Promise<Readable> {
  const blob = knownInput(batch);
  if (blob === null)
    throw new GatewayError("internal", `batch ${batch.id} has no input bytes here`);
  return context.blobs.open(blob, signal);
}

/**
 * Reads an input to its end once more before it is said to be wrong: what was wrong may have been what the store answered,
 * which throws `storage_unavailable` here.
 */
export async function confirmInput(
  context: Pick<EngineContext, "blobs">,
  batch: Batch,
  signal: AbortSignal,
): Promise<void> {
  if (inputBlob(batch) === null) return;
  for await (const _ of await openInput(context, batch, signal)) signal.throwIfAborted();
}

/** Whether a Part's job can only be found again by its input, so that the input must be the Part's own: where we have its bytes. */
export function needsOwnInput(batch: Batch): boolean {
  if (inputBlob(batch) === null) return false;
  return Object.keys(batch.metadata ?? {}).length >= MAX_METADATA_PAIRS;
}

export function toSubmission(context: Stored, batch: Batch, part: Part): Submission {
  return {
    token: tokenOf(part),
    endpoint: batch.endpoint,
    model: part.model,
    variant: preparedOf(batch).variant,
    lines: part.lines,
    bytes: part.bytes,
    open: (signal) => openPart(context, { batch, part }, signal),
    inputNativeId: part.inputNativeId,
    ownInput: part.options["ownInput"] === true || needsOwnInput(batch),
    completionWindow: batch.completionWindow,
    metadata: batch.metadata,
    options: batch.options,
    submittingAt: part.createdAt,
    isTaken: (jobId) => isTaken(context, { batch, part, jobId }),
  };
}

/** How many jobs of this Part were made that never ran. */
export function triesOf({ options }: Part): number {
  return Number(options["tries"] ?? 0);
}

/** Each job's own, so that one that never ran isn't found in place of the next. */
function tokenOf(part: Part): string {
  const tries = triesOf(part);
  return tries === 0 ? part.id : `${part.id}x${tries}`;
}

/** Whether a job is another Part's. One that was merely listed since it was made may be the very one that is looked for. */
async function isTaken(
  { database }: Stored,
  { batch, part, jobId }: { readonly batch: Batch; readonly part: Part; readonly jobId: string },
): Promise<boolean> {
  const aliases = await database.aliases.find("batch", jobId, "every");
  for (const { account, objectId } of aliases) {
    if (account !== batch.account || objectId === batch.id) continue;
    if ((await database.batches.get(objectId, "every"))?.origin === "client") return true;
  }
  return database.batches.isJobTaken(part, jobId);
}

/** The Part with the provider's id of its input: of the copy made at upload if that still serves, else of one made now. */
export async function ensureInputThere(
  context: EngineContext,
  work: {
    readonly batch: Batch;
    readonly part: Part;
    readonly files: UpstreamFiles;
  },
  signal: AbortSignal,
): Promise<Part> {
  const { batch, part } = work;
  const isOwn = part.options["ownInput"] === true || partBlob(part) !== null;
  if (part.inputNativeId !== null && (isOwn || part.options["recipe"] !== undefined)) return part;
  const copied = isOwn || needsOwnInput(batch) ? null : await findCopy(context, batch, "bytes");
  if (copied !== null) {
    return context.database.batches.updatePart(part, { inputNativeId: copied.nativeId });
  }
  const { sent, isShared } = await sendInput(context, work, signal);
  return context.database.batches.updatePart(part, {
    inputNativeId: sent.id,
    ...(isShared ? {} : { options: { ...part.options, ownInput: true } }),
  });
}

/** The copy of an input that was made at its provider when it was uploaded; null if there is none, or it is about to expire. */
export async function findCopy(
  context: EngineContext,
  batch: Batch,
  recipe: string,
): Promise<FileCopy | null> {
  if (batch.inputFileId === null) return null;
  const copies = await context.database.copies.find(
    batch.inputFileId,
    batch.provider,
    batch.account,
  );
  return (
    copies.find((copy) => copy.recipe === recipe && !isExpired(copy.expiresAt, context.now())) ??
    null
  );
}

/** What was sent is the File's copy from then on, unless it must be the Part's own or its File is gone. */
async function sendInput(
  context: EngineContext,
  {
    batch,
    part,
    files,
  }: { readonly batch: Batch; readonly part: Part; readonly files: UpstreamFiles },
  signal: AbortSignal,
): Promise<{ readonly sent: UpstreamFile; readonly isShared: boolean }> {
  const { inputFileId } = batch;
  const own = partBlob(part);
  const blob = knownLines(batch, part);
  const about = { param: "input_file_id" };
  if (blob === null) {
    throw new GatewayError(
      "invalid_request",
      "The input file's bytes are neither here nor at this provider any more.",
      about,
    );
  }
  if ((await context.blobs.stat(blob.key, signal)) === null)
    throw new GatewayError("invalid_request", "The input file was deleted.", about);
  const file = inputFileId === null ? null : await context.database.files.get(inputFileId, "every");
  const sent = await files.upload(
    {
      filename: file?.filename ?? `${batch.id}.jsonl`,
      purpose: "batch",
      mimeType: "application/jsonl",
      bytes: blob.bytes,
      expiresAfterSeconds: null,
      open: (abort, range) => context.blobs.open(blob, abort, range),
    },
    signal,
  );
  if (file === null) return { sent, isShared: false };
  const isShared = own === null && !needsOwnInput(batch);
  const native = { id: sent.id, format: context.providers.get(batch.provider).format };
  const there = { ...file, account: batch.account, provider: batch.provider, native };
  return context.database.transaction(async (tables) => {
    // Its client may have deleted it while it was sent.
    if ((await tables.files.get(file.id, "every")) === null) return { sent, isShared: false };
    // Else the provider's list would show the lines of a batch as a file of their own.
    await claimNativeId(tables, "file", there);
    if (!isShared) return { sent, isShared };
    await tables.copies.save({
      fileId: file.id,
      provider: batch.provider,
      account: batch.account,
      recipe: "bytes",
      nativeId: sent.id,
      bytes: sent.bytes,
      createdAt: context.now(),
      expiresAt: sent.expiresAt,
    });
    return { sent, isShared };
  });
}

/** An hour's margin: the provider still has to read the file. */
function isExpired(expiresAt: number | null, now: number): boolean {
  return expiresAt !== null && now > expiresAt - 3_600_000;
}
