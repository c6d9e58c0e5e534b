import type { Batch } from "../core/batch.ts";
import { type ErrorDetails, GatewayError } from "../core/errors.ts";
import type { StoredFile } from "../core/file.ts";
import type { Call } from "../core/gateway.ts";
import type { AliasKind } from "../core/storage.ts";
import { checkS3Location } from "../core/s3-gate.ts";
import { findObjectId } from "./find-object.ts";
import type { GatewayContext } from "./context.ts";
import { mirrorBatchById, mirrorFileById, openSources, type Source } from "./mirror.ts";
import { hasOwnKey, namedProvider } from "./resolve.ts";

/** The file that the client means by any of its ids, also one that was made elsewhere; null if it may see none. */
export async function findFile(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<StoredFile | null> {
  const file = await findKept(context, call, id);
  return file === null || isExpired(context, file) ? null : file;
}

function isExpired({ now }: GatewayContext, { expiresAt }: StoredFile): boolean {
  return expiresAt !== null && expiresAt <= now();
}

/** One that has expired is there until it is swept. */
async function findKept(
  context: GatewayContext,
  call: Call,
  given: string,
): Promise<StoredFile | null> {
  const id = plainId(context, { kind: "file", id: given });
  // A location is checked whether or not something is there: the answer must not tell. Who sees only what it made is told that
  // nothing is there.
  if (/^s3:/i.test(id) && call.client.mirrors) checkS3Location(call.client, id, "id");
  const known = await findKnown(context, call, { kind: "file", id });
  if (known !== null) return context.database.files.get(known, call.client.owners);
  for (const source of elsewhere(context, call, { kind: "file", id })) {
    const file = await mirrorFileById(context, { call, source, id });
    if (file !== null) return file;
  }
  return null;
}

export async function findBatch(
  context: GatewayContext,
  call: Call,
  given: string,
): Promise<Batch | null> {
  const id = plainId(context, { kind: "batch", id: given });
  const known = await findKnown(context, call, { kind: "batch", id });
  if (known !== null) return context.database.batches.get(known, call.client.owners);
  for (const source of elsewhere(context, call, { kind: "batch", id })) {
    const batch = await mirrorBatchById(context, { call, source, id });
    if (batch !== null) return batch;
  }
  return null;
}

export async function getFile(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<StoredFile> {
  const file = await findKept(context, call, id);
  if (file !== null && !isExpired(context, file)) return file;
  throw noSuchFile(id, {
    param: "id",
    ...(file === null ? {} : { reason: "file_expired" }),
  });
}

export function noSuchFile(id: string, details: ErrorDetails): GatewayError {
  return new GatewayError("not_found", `No such File object: ${shown(id)}`, details);
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
    throw new GatewayError("not_found", `No object with id '${shown(after)}' to begin after.`, {
      param: "after",
    });
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

interface WantedId {
  readonly kind: "file" | "batch";
  readonly id: string;
}

/** Ids that a provider itself may know: plain words, no paths that would change what the call upstream means. */
const PLAUSIBLE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/;

/**
 * Where an id that isn't ours may be from: the provider that is named, and the one whose ids look so, the dialect's own first,
 * since a file of one may be run at another. Tenants with virtual keys see only what they made.
 */
function elsewhere(context: GatewayContext, call: Call, { kind, id }: WantedId): readonly Source[] {
  if (!call.client.mirrors) return [];
  const { providers } = context;
  const named = namedProvider(call, providers);
  // Named hosts speak the same as the built-in ones, so an id can't tell them from those.
  const builtIn = providers.names.filter((each) => each === providers.get(each).format);
  const likely = [call.defaultProvider, ...builtIn]
    .filter((name) => providers.has(name))
    .map((name) => providers.get(name))
    .find((provider) => provider.nativeIds[kind]?.test(id) === true);
  const isPossible =
    named !== null && (PLAUSIBLE_ID.test(id) || named.nativeIds[kind]?.test(id) === true);
  const asked = [
    ...(isPossible ? [named] : []),
    // The key that came along is for the provider that is named, and goes to no other.
    ...(likely !== undefined && (named === null || (named !== likely && hasOwnKey(likely)))
      ? [likely]
      : []),
  ];
  return asked.flatMap((provider) => openSources(context, call, provider));
}

/** Ids with slashes come percent- or base64-encoded from clients whose routes can't hold them. */
function plainId(context: GatewayContext, { kind, id }: WantedId): string {
  const { providers } = context;
  const isNative = (text: string) =>
    providers.names.some((name) => providers.get(name).nativeIds[kind]?.test(text) === true);
  if (isNative(id)) return id;
  const decoded = [percentDecoded(id), Buffer.from(id, "base64url").toString("utf8")];
  return decoded.find((text) => text.includes("/") && isNative(text)) ?? id;
}

function percentDecoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function shown(id: string): string {
  return id.length > 80 ? `${id.slice(0, 80)}…` : id;
}
