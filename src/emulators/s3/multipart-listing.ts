import { xmlAnswer, type Answer } from "./answer.ts";
import { MAX_PAGE, MAX_PARTS } from "./limits.ts";
import { isoSecond, textEncoder } from "./listing.ts";
import { findUpload } from "./multipart.ts";
import { queryNumber, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { compareKeys, findBucket, type MultipartUpload, type S3State } from "./state.ts";
import type { XmlElement } from "./xml.ts";

const OWNER: readonly XmlElement[] = [
  ["ID", "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"],
  ["DisplayName", "emulator"],
];

export function listParts(state: S3State, request: S3Request): Answer {
  const { bucket, upload } = findUpload(state, request);
  const maxParts = queryNumber(request, "max-parts", {
    min: 1,
    max: MAX_PAGE,
    otherwise: MAX_PAGE,
  });
  const marker = queryNumber(request, "part-number-marker", {
    min: 0,
    max: MAX_PARTS,
    otherwise: 0,
  });
  const rest = [...upload.parts.values()]
    .filter((part) => part.number > marker)
    .sort((one, other) => one.number - other.number);
  const page = rest.slice(0, maxParts);
  const isTruncated = rest.length > page.length;
  return xmlAnswer("ListPartsResult", [
    ["Bucket", bucket.name],
    ["Key", upload.key],
    ["UploadId", upload.id],
    ["Initiator", OWNER],
    ["Owner", OWNER],
    ["StorageClass", "STANDARD"],
    ["PartNumberMarker", marker],
    ["NextPartNumberMarker", isTruncated ? page.at(-1)?.number : undefined],
    ["MaxParts", maxParts],
    ["IsTruncated", isTruncated],
    ["ChecksumAlgorithm", upload.algorithm ?? undefined],
    ...page.map(({ number, modifiedAt, etag, body, checksum }): XmlElement => [
      "Part",
      [
        ["PartNumber", number],
        ["LastModified", isoSecond(modifiedAt)],
        ["ETag", `"${etag}"`],
        ["Size", body.bytes],
        [`Checksum${checksum?.algorithm ?? "CRC32"}`, checksum?.value],
      ],
    ]),
  ]);
}

/** By key, then by when they were started. */
export function listMultipartUploads(state: S3State, request: S3Request): Answer {
  const bucket = findBucket(state, request.bucket);
  const { query } = request;
  if (query.has("delimiter")) {
    throw new S3Error("NotImplemented", "A delimiter is not implemented for multipart uploads.");
  }
  const maxUploads = queryNumber(request, "max-uploads", {
    min: 1,
    max: MAX_PAGE,
    otherwise: MAX_PAGE,
  });
  const prefix = query.get("prefix") ?? "";
  const keyMarker = query.get("key-marker") ?? "";
  const uploadIdMarker = query.get("upload-id-marker") ?? "";
  const shown = textEncoder(request);
  const sorted = [...bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix))
    .sort(compareUploads);
  const rest = sorted.slice(indexAfter(sorted, keyMarker, uploadIdMarker));
  const page = rest.slice(0, maxUploads);
  const last = page.at(-1);
  const isTruncated = rest.length > page.length && last !== undefined;
  return xmlAnswer("ListMultipartUploadsResult", [
    ["Bucket", bucket.name],
    ["KeyMarker", shown(keyMarker)],
    ["UploadIdMarker", uploadIdMarker],
    ["NextKeyMarker", isTruncated ? shown(last.key) : undefined],
    ["NextUploadIdMarker", isTruncated ? last.id : undefined],
    ["Prefix", shown(prefix)],
    ["EncodingType", query.get("encoding-type")],
    ["MaxUploads", maxUploads],
    ["IsTruncated", isTruncated],
    ...page.map((upload): XmlElement => [
      "Upload",
      [
        ["Key", shown(upload.key)],
        ["UploadId", upload.id],
        ["Initiator", OWNER],
        ["Owner", OWNER],
        ["StorageClass", "STANDARD"],
        ["Initiated", isoSecond(upload.startedAt)],
        ["ChecksumAlgorithm", upload.algorithm ?? undefined],
      ],
    ]),
  ]);
}

function compareUploads(one: MultipartUpload, other: MultipartUpload): number {
  return (
    compareKeys(one.key, other.key) ||
    one.startedAt - other.startedAt ||
    compareKeys(one.id, other.id)
  );
}

/** Without an upload id the marker's whole key is passed over. */
function indexAfter(
  sorted: readonly MultipartUpload[],
  keyMarker: string,
  uploadIdMarker: string,
): number {
  if (keyMarker === "") return 0;
  const marked = sorted.findIndex(({ key, id }) => key === keyMarker && id === uploadIdMarker);
  if (uploadIdMarker !== "" && marked !== -1) return marked + 1;
  const next = sorted.findIndex(({ key }) => compareKeys(key, keyMarker) > 0);
  return next === -1 ? sorted.length : next;
}
