import { GatewayError } from "../../core/errors.ts";
import type { S3Errors } from "../../s3/calls.ts";
import { httpStatusOf, networkCodeOf } from "../../s3/sdk-error.ts";

export const S3_BLOB_ERRORS: S3Errors = {
  bucket: "The S3 bucket that holds the files",
  object: "A stored file",
  broken: "storage_unavailable",
  late: "storage_unavailable",
  toError: toS3BlobError,
};

/** What stores of several makers answer when they are full. */
const FULL = new Set(["XMinioStorageFull", "InsufficientStorage", "QuotaExceeded"]);

/** Only the error's name is shown to clients: S3's own messages hold account numbers and role names. */
function toS3BlobError(error: unknown): GatewayError {
  const name = error instanceof Error ? error.name : "unknown error";
  const status = httpStatusOf(error);
  if (name === "NoSuchKey" || (name === "NotFound" && status === 404)) {
    return new GatewayError("not_found", "There is no such stored content.", {
      cause: error,
    });
  }
  if (name === "InvalidRange" || status === 416) {
    return new GatewayError(
      "range_not_satisfiable",
      "The bytes asked for lie outside of the stored content.",
      { cause: error },
    );
  }
  if (FULL.has(name) || status === 507) {
    return new GatewayError("storage_full", "There is no space left to store this.", {
      cause: error,
    });
  }
  return new GatewayError(
    "storage_unavailable",
    `The S3 bucket that holds the files can't be used now (${networkCodeOf(error) ?? name}).`,
    { cause: error },
  );
}
