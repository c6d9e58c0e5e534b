import { MAX_METADATA_BYTES } from "./limits.ts";
import { header, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import type { StoredObject } from "./state.ts";

const KEPT = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
  "x-amz-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id",
];
const METADATA = "x-amz-meta-";

/** What a request wants to be given back with its object. */
export function headersToKeep(request: S3Request): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {
    "content-type": "binary/octet-stream",
    "x-amz-server-side-encryption": "AES256",
  };
  for (const name of KEPT) {
    const value = header(request, name);
    if (value !== undefined) kept[name] = value;
  }
  // A transfer coding of S3's own: the object isn't stored in it.
  const encoding = (kept["content-encoding"] ?? "").replace(/\s*aws-chunked\s*,?/, "");
  if (encoding === "") delete kept["content-encoding"];
  else kept["content-encoding"] = encoding;

  let metadataBytes = 0;
  for (const name of Object.keys(request.message.headers)) {
    if (!name.startsWith(METADATA)) continue;
    const value = header(request, name) ?? "";
    kept[name] = value;
    metadataBytes += name.length - METADATA.length + Buffer.byteLength(value);
  }
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw new S3Error(
      "MetadataTooLarge",
      "Your metadata headers exceed the maximum allowed metadata size",
      { Size: String(metadataBytes), MaxSizeAllowed: String(MAX_METADATA_BYTES) },
    );
  }
  return kept;
}

/** The headers of an object's own, for GET and HEAD. */
export function objectHeaders(object: StoredObject): Record<string, string> {
  return {
    ...object.headers,
    "accept-ranges": "bytes",
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.modifiedAt).toUTCString(),
  };
}
