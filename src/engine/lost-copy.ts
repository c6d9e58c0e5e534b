import type { Batch, Part } from "../core/batch.ts";
import { isGatewayError } from "../core/errors.ts";
import type { UpstreamFiles } from "../core/provider.ts";
import type { EngineContext } from "./context.ts";
import { findCopy, inputBlob, partBlob } from "./input.ts";
import type { PartWork } from "./part-work.ts";
import { preparedShare } from "./plan.ts";

/** A copy that goes again and again is somebody's will. */
const MAX_ATTEMPTS = 5;

/**
 * The Part that a provider refused because the copy of its input, made at upload, is gone there: deleted by its client meanwhile
 * or in the provider's console. It is sent anew from our own bytes. Null: that isn't why.
 */
export async function withoutLostCopy(
  context: EngineContext,
  { batch, part, upstream }: PartWork,
  signal: AbortSignal,
): Promise<Part | null> {
  const { inputNativeId } = part;
  const isOwn = part.options["ownInput"] === true || partBlob(part) !== null;
  if (inputNativeId === null || isOwn || upstream.files === undefined) return null;
  if (inputBlob(batch) === null || part.attempts > MAX_ATTEMPTS) return null;
  if (!(await isGone(upstream.files, inputNativeId, signal))) return null;
  await forget(context, batch, inputNativeId);
  if (part.options["recipe"] !== undefined) return preparedAnew(context, { batch, part }, signal);
  return context.database.batches.updatePart(part, { phase: "planned", inputNativeId: null });
}

interface PartOfBatch {
  readonly batch: Batch;
  readonly part: Part;
}

/** The Part as it can be sent: a translated copy goes with its file, which its client may have deleted meanwhile. */
export async function withLiveCopy(
  context: EngineContext,
  { batch, part }: PartOfBatch,
  signal: AbortSignal,
): Promise<Part> {
  const { recipe } = part.options;
  if (typeof recipe !== "string") return part;
  const copy = await findCopy(context, batch, recipe);
  if (copy !== null && copy.nativeId === part.inputNativeId) return part;
  return (await preparedAnew(context, { batch, part }, signal)) ?? part;
}

/** With lines of its own, made of the input's bytes here. */
async function preparedAnew(
  context: EngineContext,
  { batch, part }: PartOfBatch,
  signal: AbortSignal,
): Promise<Part | null> {
  const { recipe: _recipe, ...options } = part.options;
  const share = await preparedShare(context, batch, signal);
  if (share === null) return null;
  return context.database.batches.updatePart(part, {
    phase: "planned",
    inputNativeId: null,
    bytes: share.bytes,
    options: { ...options, inputBlob: share.blob, inputSha256: share.sha256 },
  });
}

async function isGone(files: UpstreamFiles, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    await files.retrieve(id, signal);
    return false;
  } catch (error) {
    if (isGatewayError(error, "upstream_not_found")) return true;
    throw error;
  }
}

async function forget(
  { database }: Pick<EngineContext, "database">,
  { inputFileId, provider, account }: Batch,
  nativeId: string,
): Promise<void> {
  if (inputFileId === null) return;
  for (const copy of await database.copies.find(inputFileId, provider, account)) {
    if (copy.nativeId === nativeId) await database.copies.delete(copy);
  }
}
