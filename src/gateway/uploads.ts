import { createHash } from "node:crypto";
import type { KnownBlob } from "../core/blobs.ts";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import type { Upload, UploadPart } from "../core/file.ts";
import type {
  Call,
  CompleteUpload,
  CreateUpload,
  ReceivedContent,
  UploadView,
} from "../core/gateway.ts";
import { insertAliases } from "../core/aliases.ts";
import type { ClientTables } from "../core/storage.ts";
import { actorOf } from "./actor.ts";
import { findObjectId } from "./find-object.ts";
import { checkS3Options } from "../core/s3-gate.ts";
import type { GatewayContext } from "./context.ts";
import { storeFile } from "./create-file.ts";
import { openSource } from "./mirror.ts";
import { receive } from "./receive.ts";
import { discard, removeBlobs } from "./remove-blobs.ts";
import { resolveProvider } from "./resolve.ts";

const LIFETIME_MILLISECONDS = 3_600_000;

/** The parts are kept here; the provider sees the file when it is whole. */
export async function createUpload(
  context: GatewayContext,
  call: Call,
  request: CreateUpload,
): Promise<Upload> {
  checkS3Options(call.client, request.options);
  const provider = resolveProvider(call, context.providers);
  const { account } = openSource(context, call, provider);
  const now = context.now();
  const upload: Upload = {
    id: context.newId(now),
    owner: account.owner,
    account: account.access.account,
    dialect: call.dialect,
    provider: provider.name,
    filename: request.filename,
    purpose: request.purpose,
    mimeType: request.mimeType,
    bytes: request.bytes,
    state: "pending",
    fileId: null,
    fileExpiresAfterSeconds: request.expiresAfterSeconds,
    options: request.options,
    createdAt: now,
    expiresAt: now + LIFETIME_MILLISECONDS,
    version: 1,
  };
  await context.database.transaction(async (tables) => {
    await tables.uploads.insert(upload);
    await insertAliases(tables, "upload", upload);
    await note(context, tables, { call, upload, what: "created" });
  });
  return upload;
}

export async function addUploadPart(
  context: GatewayContext,
  call: Call,
  { id, content }: { readonly id: string; readonly content: ReceivedContent },
): Promise<UploadPart> {
  const upload = await getPending(context, call, id);
  const now = context.now();
  const part: UploadPart = {
    id: `part_${context.newId(now)}`,
    uploadId: upload.id,
    owner: upload.owner,
    blob: content.blob,
    bytes: content.bytes,
    createdAt: now,
  };
  const { uploads } = context.database;
  await uploads.insertPart(part);
  // Whoever cancels or completes it at this moment may not have seen the part.
  const current = await getUpload(context, call, id);
  if (current.state !== "pending") {
    await uploads.deleteParts(upload.id);
    throw notPending(current.state);
  }
  return part;
}

/** Completing a completed upload gives the same file again: the first reply may have been lost. */
export async function completeUpload(
  context: GatewayContext,
  call: Call,
  { id, request }: { readonly id: string; readonly request: CompleteUpload },
): Promise<UploadView> {
  const upload = await getUpload(context, call, id);
  if (upload.state === "completed" && upload.fileId !== null) {
    return { upload, file: await context.database.files.get(upload.fileId, call.client.owners) };
  }
  checkPending(context, upload);
  try {
    const parts = await context.database.uploads.parts(upload.id);
    const view = await makeFile(context, call, { upload, parts, request });
    await removeBlobs(
      context,
      parts.map((part) => part.blob),
    );
    return view;
  } catch (error) {
    const current = await getUpload(context, call, id);
    if (current.version === upload.version) throw error;
    // Another call completed or cancelled it meanwhile, and took the parts away: that is the answer.
    return completeUpload(context, call, { id, request });
  }
}

/** The file, the upload's end and its parts are one transaction, so that a crash leaves all of it or nothing. */
async function makeFile(
  context: GatewayContext,
  call: Call,
  work: {
    readonly upload: Upload;
    readonly parts: readonly UploadPart[];
    readonly request: CompleteUpload;
  },
): Promise<UploadView> {
  const { upload, request } = work;
  const parts = choose(work.parts, request.partIds);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes !== upload.bytes) {
    throw new GatewayError(
      "invalid_request",
      `The parts hold ${bytes} bytes together, but the upload was created for ${upload.bytes}.`,
      { param: "part_ids", reason: "invalid_value" },
    );
  }
  const md5 = createHash("md5");
  const content = await receive(context, joined(context, call, { parts, md5 }), call.signal);
  try {
    checkDigest(request, md5.digest("hex"));
    let completed = upload;
    const file = await storeFile(
      context,
      { ...call, namedProviders: [upload.provider] },
      {
        request: {
          content,
          filename: upload.filename,
          purpose: upload.purpose,
          mimeType: upload.mimeType,
          expiresAfterSeconds: upload.fileExpiresAfterSeconds,
          options: upload.options,
        },
        async also(tables, stored) {
          completed = await tables.uploads.update(upload, {
            state: "completed",
            fileId: stored.id,
          });
          await tables.uploads.deleteParts(upload.id);
          await note(context, tables, { call, upload, what: "completed" });
        },
      },
    );
    return { upload: completed, file };
  } catch (error) {
    await discard(context, content);
    throw error;
  }
}

function checkDigest({ md5 }: CompleteUpload, digest: string): void {
  if (md5 === null || md5.toLowerCase() === digest) return;
  throw new GatewayError(
    "invalid_request",
    `The MD5 of the parts is ${digest}, not the one given.`,
    { param: "md5", reason: "invalid_value" },
  );
}

export async function cancelUpload(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<Upload> {
  const upload = await getPending(context, call, id);
  try {
    const { cancelled, parts } = await context.database.transaction(async (tables) => {
      const { uploads } = tables;
      const cancelled = await uploads.update(upload, { state: "cancelled" });
      const parts = await uploads.parts(upload.id);
      await uploads.deleteParts(upload.id);
      await note(context, tables, { call, upload, what: "cancelled" });
      return { cancelled, parts };
    });
    await removeBlobs(
      context,
      parts.map((part) => part.blob),
    );
    return cancelled;
  } catch (error) {
    if (!isGatewayError(error, "stale")) throw error;
    return cancelUpload(context, call, id);
  }
}

async function note(
  context: GatewayContext,
  tables: ClientTables,
  event: { readonly call: Call; readonly upload: Upload; readonly what: string },
): Promise<void> {
  const { call, upload, what } = event;
  const at = context.now();
  await tables.events.append({
    id: context.newId(at),
    at,
    owner: upload.owner,
    actor: actorOf(call.client, upload),
    kind: "upload",
    objectId: upload.id,
    what,
    data: { provider: upload.provider },
  });
}

async function getUpload(context: GatewayContext, call: Call, id: string): Promise<Upload> {
  const objectId = await findObjectId(context.database, "upload", {
    id,
    owners: call.client.owners,
    provider: null,
  });
  const upload =
    objectId === null ? null : await context.database.uploads.get(objectId, call.client.owners);
  if (upload === null) {
    throw new GatewayError("not_found", `No such Upload object: ${id.slice(0, 80)}`, {
      param: "upload_id",
    });
  }
  return upload;
}

async function getPending(context: GatewayContext, call: Call, id: string): Promise<Upload> {
  const upload = await getUpload(context, call, id);
  checkPending(context, upload);
  return upload;
}

function checkPending(context: GatewayContext, upload: Upload): void {
  if (upload.state === "pending" && context.now() < upload.expiresAt) return;
  throw notPending(upload.state === "pending" ? "expired" : upload.state);
}

function notPending(state: Upload["state"]): GatewayError {
  return new GatewayError("invalid_request", `This upload is ${state}. Create a new one.`, {
    param: "upload_id",
  });
}

function choose(parts: readonly UploadPart[], ids: readonly string[]): readonly UploadPart[] {
  if (new Set(ids).size !== ids.length) {
    throw new GatewayError("invalid_request", "A part is named twice in 'part_ids'.", {
      param: "part_ids",
    });
  }
  return ids.map((id) => {
    const part = parts.find((candidate) => candidate.id === id);
    if (part === undefined) {
      throw new GatewayError("not_found", `Part '${id.slice(0, 80)}' isn't one of this upload.`, {
        param: "part_ids",
      });
    }
    return part;
  });
}

function knownPart({ blob: key, bytes }: UploadPart): KnownBlob {
  return { key, bytes, sha256: null };
}

async function* joined(
  context: GatewayContext,
  call: Call,
  {
    parts,
    md5,
  }: { readonly parts: readonly UploadPart[]; readonly md5: ReturnType<typeof createHash> },
): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    for await (const chunk of await context.blobs.open(knownPart(part), call.signal)) {
      if (!(chunk instanceof Uint8Array)) continue;
      md5.update(chunk);
      yield chunk;
    }
  }
}
