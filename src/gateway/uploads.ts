import { createHash } from "node:crypto";
import { GatewayError } from "../core/errors.ts";
import type { StoredFile, Upload, UploadPart } from "../core/file.ts";
import type {
  Call,
  CompleteUpload,
  CreateUpload,
  ReceivedContent,
  UploadView,
} from "../core/gateway.ts";
import { insertAliases } from "../core/aliases.ts";
import { findObjectId } from "./find-object.ts";
import { checkS3Options } from "../core/s3-gate.ts";
import type { GatewayContext } from "./context.ts";
import { createFile, discard } from "./files.ts";
import { openSource } from "./mirror.ts";
import { receive } from "./receive.ts";
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
  await context.database.uploads.insertPart(part);
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
  const parts = await context.database.uploads.parts(upload.id);
  const chosen = choose(parts, request.partIds);
  const bytes = chosen.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes !== upload.bytes) {
    throw new GatewayError(
      "invalid_request",
      `The parts hold ${bytes} bytes together, but the upload was created for ${upload.bytes}.`,
      { param: "part_ids", reason: "invalid_value" },
    );
  }
  const md5 = createHash("md5");
  const content = await receive(
    context,
    joined(context, call, { parts: chosen, md5 }),
    call.signal,
  );
  const file = await makeFile(context, call, {
    upload,
    content,
    digest: md5.digest("hex"),
    request,
  });
  // From here on the file is the client's, whatever happens to the upload's own row.
  const completed = await context.database.uploads.update(upload, {
    state: "completed",
    fileId: file.id,
  });
  await removeParts(context, parts);
  await context.database.uploads.deleteParts(upload.id);
  return { upload: completed, file };
}

async function makeFile(
  context: GatewayContext,
  call: Call,
  work: {
    readonly upload: Upload;
    readonly content: ReceivedContent;
    readonly digest: string;
    readonly request: CompleteUpload;
  },
): Promise<StoredFile> {
  const { upload, content, digest, request } = work;
  try {
    if (request.md5 !== null && request.md5.toLowerCase() !== digest) {
      throw new GatewayError(
        "invalid_request",
        `The MD5 of the parts is ${digest}, not the one given.`,
        { param: "md5", reason: "invalid_value" },
      );
    }
    return await createFile(
      context,
      { ...call, namedProviders: [upload.provider] },
      {
        content,
        filename: upload.filename,
        purpose: upload.purpose,
        mimeType: upload.mimeType,
        expiresAfterSeconds: upload.fileExpiresAfterSeconds,
        options: upload.options,
      },
    );
  } catch (error) {
    await discard(context, content);
    throw error;
  }
}

export async function cancelUpload(
  context: GatewayContext,
  call: Call,
  id: string,
): Promise<Upload> {
  const upload = await getPending(context, call, id);
  const cancelled = await context.database.uploads.update(upload, { state: "cancelled" });
  await removeParts(context, await context.database.uploads.parts(upload.id));
  await context.database.uploads.deleteParts(upload.id);
  return cancelled;
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
  const state = upload.state === "pending" ? "expired" : upload.state;
  throw new GatewayError("invalid_request", `This upload is ${state}. Create a new one.`, {
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
      throw new GatewayError(
        "invalid_request",
        `Part '${id.slice(0, 80)}' isn't one of this upload.`,
        {
          param: "part_ids",
          reason: "invalid_value",
        },
      );
    }
    return part;
  });
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
    for await (const chunk of await context.blobs.open(part.blob, call.signal)) {
      if (!(chunk instanceof Uint8Array)) continue;
      md5.update(chunk);
      yield chunk;
    }
  }
}

async function removeParts(context: GatewayContext, parts: readonly UploadPart[]): Promise<void> {
  for (const part of parts) await context.blobs.delete(part.blob, AbortSignal.timeout(30_000));
}
