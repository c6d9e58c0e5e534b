import type { S3Client } from "@aws-sdk/client-s3";
import { GatewayError } from "../../core/errors.ts";
import { withDeadline } from "./deadline.ts";
import { toS3BlobError } from "./s3-errors.ts";

/** One bucket, and how it is called: every call has a deadline, and throws `GatewayError`. */
export interface S3Target {
  readonly sdk: typeof import("@aws-sdk/client-s3");
  readonly client: S3Client;
  readonly bucket: string;
  readonly timeoutMilliseconds: number;
}

/** An object that is told from another's under the same key, after an answer was lost. */
export interface MarkedKey {
  readonly key: string;
  readonly token: string;
}

/** The user metadata that holds the token. */
export const TOKEN = "crossbatch-put";

export async function callS3<Answer>(
  target: S3Target,
  signal: AbortSignal,
  call: (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await withDeadline(target.timeoutMilliseconds, signal, async (abortSignal) =>
      call(target.client, { abortSignal }),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw toS3BlobError(error);
  }
}

export function unreadable(missing: string): GatewayError {
  return new GatewayError(
    "storage_unavailable",
    `The S3 bucket that holds the files answered without ${missing}.`,
  );
}
