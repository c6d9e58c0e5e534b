import { GatewayError } from "../../core/errors.ts";

/** What stores of several makers answer when they are full. */
const FULL = new Set(["XMinioStorageFull", "InsufficientStorage", "QuotaExceeded"]);

/** Only the error's name is shown to clients: S3's own messages hold account numbers and role names. */
export function toS3BlobError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const name = error instanceof Error ? error.name : "unknown error";
  const status = httpStatus(error);
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
    `The S3 bucket that holds the files can't be used now (${networkCode(error) ?? name}).`,
    { cause: error },
  );
}

function httpStatus(error: unknown): number | null {
  if (!(error instanceof Error) || !("$metadata" in error)) return null;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) {
    return null;
  }
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : null;
}

function networkCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : null;
}
