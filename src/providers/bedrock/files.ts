import { GatewayError } from "../../core/errors.ts";
import type { FileToSend, UpstreamFile, UpstreamFiles } from "../../core/provider.ts";
import { baseName } from "../../lib/base-name.ts";
import { destroyOnAbort } from "../../lib/destroy-on-abort.ts";
import type { S3ObjectInfo } from "../../s3/objects.ts";
import { uploadToS3 } from "../../s3/upload.ts";
import { listFiles } from "./file-list.ts";
import { createKey, parseObjectId, purposeOf } from "./object-keys.ts";
import type { Bucket } from "./bucket.ts";
import { mustBeNamed, type Place } from "./place.ts";

/** All metadata of an object together may be 2 KB. */
const MAX_ENCODED_NAME = 1_200;

export interface FilesContext {
  readonly provider: string;
  readonly place: Place;
  readonly now: () => number;
  readonly openBucket: (name: string) => Promise<Bucket>;
}

/** Files are objects; the id of one is its S3 URI. */
export function createFiles(context: FilesContext): UpstreamFiles {
  const { provider, place, openBucket } = context;

  async function retrieve(id: string, signal: AbortSignal): Promise<UpstreamFile> {
    const { bucket, path } = parseObjectId(id);
    const { objects } = await openBucket(bucket);
    const found = await objects.stat(path, signal);
    if (found !== null) return toFile(id, found);
    throw new GatewayError("upstream_not_found", `There is no object ${id}.`, {
      upstreamStatus: 404,
    });
  }

  return {
    async upload(file, signal) {
      const location = mustBeNamed(place.files, provider);
      const bucket = await openBucket(location.bucket);
      const key = createKey(location, file, context.now());
      const content = await file.open(signal);
      try {
        await uploadToS3(bucket, describe(key, file), { content, signal });
      } finally {
        // An upload that fails at once never looks at it.
        content.destroy();
      }
      // When S3 has it since, only S3 can say.
      return retrieve(`s3://${location.bucket}/${key}`, signal);
    },

    retrieve,

    async list(query, signal) {
      if (place.files === null) return { items: [], next: null };
      const bucket = await openBucket(place.files.bucket);
      return listFiles({ bucket, location: place.files, toFile }, query, signal);
    },

    async open(id, signal, range) {
      const { bucket, path } = parseObjectId(id);
      const { objects } = await openBucket(bucket);
      return destroyOnAbort(await objects.open(path, signal, range), signal);
    },

    async delete(id, signal) {
      const { bucket, path } = parseObjectId(id);
      const { objects } = await openBucket(bucket);
      await objects.delete(path, signal);
    },
  };
}

const FILENAME = "crossbatch-filename";
const PURPOSE = "crossbatch-purpose";

function describe(key: string, file: FileToSend) {
  return {
    key,
    contentType: /^[ -~]+$/.test(file.mimeType) ? file.mimeType : "application/octet-stream",
    // What isn't ASCII would not be signed, or come back in other letters.
    metadata: { [FILENAME]: encodeName(file.filename), [PURPOSE]: encodeName(file.purpose) },
  };
}

function encodeName(name: string): string {
  const characters = Array.from(name.toWellFormed(), (character) => encodeURIComponent(character));
  while (characters.join("").length > MAX_ENCODED_NAME) characters.shift();
  return characters.join("");
}

function toFile(
  id: string,
  object: Pick<S3ObjectInfo, "key" | "bytes" | "modifiedAt"> & Partial<S3ObjectInfo>,
): UpstreamFile {
  const { key, bytes, modifiedAt, metadata = {}, contentType } = object;
  return {
    id,
    filename: decodeName(metadata[FILENAME]) ?? baseName(key),
    purpose: decodeName(metadata[PURPOSE]) ?? purposeOf(key),
    mimeType: contentType ?? null,
    bytes,
    createdAt: modifiedAt,
    expiresAt: null,
  };
}

/** Others write metadata too. */
function decodeName(encoded: string | undefined): string | null {
  if (encoded === undefined || encoded === "") return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}
