import { emptyAnswer, type Answer } from "./answer.ts";
import { checksumHeader } from "./checksums.ts";
import { MAX_PUT_BYTES } from "./limits.ts";
import { headersToKeep, objectHeaders } from "./object-headers.ts";
import { header, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { findBucket, removeObject, replaceObject } from "./state.ts";
import type { Bucket, S3State, StoredObject } from "./state.ts";
import { storeBody } from "./stored-body.ts";

export async function putObject(state: S3State, request: S3Request): Promise<Answer> {
  const bucket = findBucket(state, request.bucket);
  if (header(request, "x-amz-copy-source") !== undefined) {
    throw new S3Error("NotImplemented", "Copies are not implemented.");
  }
  checkWriteCondition(bucket, request);
  const headers = headersToKeep(request);
  const { body, summary } = await storeBody(request, MAX_PUT_BYTES, state.directory);
  try {
    checkWriteCondition(bucket, request);
  } catch (error) {
    await body.remove();
    throw error;
  }
  const etag = summary.md5.toString("hex");
  const checksum =
    summary.checksum === null ? null : { ...summary.checksum, type: "FULL_OBJECT" as const };
  const modifiedAt = state.now();
  await replaceObject(bucket, { key: request.key, body, etag, modifiedAt, headers, checksum });
  return emptyAnswer(200, {
    etag: `"${etag}"`,
    "x-amz-server-side-encryption": headers["x-amz-server-side-encryption"] ?? "AES256",
    ...(summary.checksum === null
      ? {}
      : { [checksumHeader(summary.checksum.algorithm)]: summary.checksum.value }),
  });
}

/** `If-None-Match: *`: only if there is no such object yet. */
export function checkWriteCondition(bucket: Bucket, request: S3Request): void {
  const ifNoneMatch = header(request, "if-none-match");
  if (header(request, "if-match") !== undefined || (ifNoneMatch ?? "*") !== "*") {
    throw new S3Error(
      "NotImplemented",
      "Of conditional writes only If-None-Match: * is implemented.",
    );
  }
  if (ifNoneMatch !== undefined && bucket.objects.has(request.key)) {
    throw new S3Error(
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold",
      { Condition: "If-None-Match" },
    );
  }
}

/** GET and HEAD. */
export function getObject(state: S3State, request: S3Request): Answer {
  const object = findObject(state, request);
  const headers = objectHeaders(object);
  const ifMatch = header(request, "if-match");
  if (ifMatch !== undefined && !namesEtag(ifMatch, object.etag)) {
    throw new S3Error(
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold",
      { Condition: "If-Match" },
    );
  }
  const ifNoneMatch = header(request, "if-none-match");
  if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, object.etag)) {
    return emptyAnswer(304, { etag: `"${object.etag}"` });
  }
  const { bytes } = object.body;
  const range = parseRange(header(request, "range"), bytes);
  if (range !== null) {
    headers["content-range"] = `bytes ${range.start}-${range.end}/${bytes}`;
    headers["content-length"] = String(range.end - range.start + 1);
    return { status: 206, headers, body: object.body.read(range.start, range.end) };
  }
  headers["content-length"] = String(bytes);
  if (header(request, "x-amz-checksum-mode") === "ENABLED" && object.checksum !== null) {
    headers[checksumHeader(object.checksum.algorithm)] = object.checksum.value;
    headers["x-amz-checksum-type"] = object.checksum.type;
  }
  return { status: 200, headers, body: object.body.read(0, bytes - 1) };
}

/** 204 even if there was none. */
export async function deleteObject(state: S3State, request: S3Request): Promise<Answer> {
  await removeObject(findBucket(state, request.bucket), request.key);
  return emptyAnswer(204);
}

function findObject(state: S3State, request: S3Request): StoredObject {
  const object = findBucket(state, request.bucket).objects.get(request.key);
  if (object !== undefined) return object;
  throw new S3Error("NoSuchKey", "The specified key does not exist.", { Key: request.key });
}

function namesEtag(condition: string, etag: string): boolean {
  if (condition.trim() === "*") return true;
  return condition.split(",").some((one) => one.trim().replace(/^"|"$/g, "") === etag);
}

/** One range; what S3 doesn't understand it ignores. */
function parseRange(
  text: string | undefined,
  bytes: number,
): { readonly start: number; readonly end: number } | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text ?? "");
  if (match === null) return null;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return null;
  const start = first === "" ? Math.max(bytes - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return null;
  if (start >= bytes || start > end) {
    throw new S3Error("InvalidRange", "The requested range is not satisfiable", {
      RangeRequested: text ?? "",
      ActualObjectSize: String(bytes),
    });
  }
  return { start, end };
}
