import { GatewayError } from "../../core/errors.ts";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Runs one call on the disk; what it throws becomes ours. */
export async function onDisk<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    throw toDiskError(error);
  }
}

export function toDiskError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = diskErrorCode(error);
  return code !== null && FULL.has(code)
    ? new GatewayError("storage_full", "There is no space left to store this.", { cause: error })
    : new GatewayError(
        "storage_unavailable",
        `The disk that holds the files can't be used now (${code ?? "unknown error"}).`,
        { cause: error },
      );
}

export function diskErrorCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : null;
}
