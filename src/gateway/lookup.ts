import type { Batch } from "../core/batch.ts";
import { GatewayError } from "../core/errors.ts";
import type { StoredFile } from "../core/file.ts";
import type { Call } from "../core/gateway.ts";
import type { AliasKind } from "../core/storage.ts";
import { checkS3Location } from "../core/s3-gate.ts";
import { findObjectId } from "./find-object.ts";
import type { GatewayContext } from "./context.ts";
import { mirrorBatchById, mirrorFileById, openSource } from "./mirror.ts";
import { namedProvider } from "./resolve.ts";

/** The file that the client means by any of its ids, also one that was made elsewhere; null if it may see none. */
export async function findFile(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<StoredFile | null> {
  // A location is checked whether or not something is there: the answer must not tell.
  if (/^s3:/i.test(id)) checkS3Location(call.client, id, "id");
  const known = await findKnown(context, call, { kind: "file", id });
  if (known !== null) {
    const file = await context.database.files.get(known, call.client.owners);
    const isExpired = file !== null && file.expiresAt !== null && file.expiresAt <= context.now();
    return isExpired ? null : file;
  }
  const source = elsewhere(context, call, id);
  return source === null ? null : mirrorFileById(context, { call, source, id });
}

export async function findBatch(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<Batch | null> {
  const known = await findKnown(context, call, { kind: "batch", id });
  if (known !== null) return context.database.batches.get(known, call.client.owners);
  const source = elsewhere(context, call, id);
  return source === null ? null : mirrorBatchById(context, { call, source, id });
}

export async function getFile(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<StoredFile> {
  const file = await findFile(context, call, id);
  if (file === null)
    throw new GatewayError("not_found", `No such File object: ${shown(id)}`, { param: "id" });
  return file;
}

export async function getBatch(context: GatewayContext, call: Call, id: string): Promise<Batch> {
  const batch = await findBatch(context, call, id);
  if (batch === null) throw new GatewayError("not_found", `No batch found with id '${shown(id)}'.`);
  return batch;
}

/** Where a list begins: the row that `after` means. */
export async function getCursor<Row>(
  find: (id: string) => Promise<Row | null>,
  after: string | null,
): Promise<Row | null> {
  if (after === null) return null;
  const row = await find(after);
  if (row === null) {
    throw new GatewayError(
      "invalid_request",
      `No object with id '${shown(after)}' to begin after.`,
      {
        param: "after",
        reason: "invalid_value",
      },
    );
  }
  return row;
}

async function findKnown(
  context: GatewayContext,
  call: Call,
  { kind, id }: { readonly kind: AliasKind; readonly id: string },
): Promise<string | null> {
  const provider = namedProvider(call, context.providers)?.name ?? null;
  return findObjectId(context.database, kind, { id, owners: call.client.owners, provider });
}

/** Ids that a provider itself may know: plain words, no paths that would change what the call upstream means. */
const PLAUSIBLE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/;

/**
 * Where an id that isn't ours may be from: the provider that is named, else the dialect's own if the id has its shape. Tenants
 * with virtual keys see only what they made.
 */
function elsewhere(context: GatewayContext, call: Call, id: string) {
  if (!call.client.mirrors || !PLAUSIBLE_ID.test(id)) return null;
  const named = namedProvider(call, context.providers);
  if (named !== null) return openSource(context, call, named);
  if (!/^(?:file-|batch_)/.test(id) || !context.providers.has(call.defaultProvider)) return null;
  return openSource(context, call, context.providers.get(call.defaultProvider));
}

function shown(id: string): string {
  return id.length > 80 ? `${id.slice(0, 80)}…` : id;
}
