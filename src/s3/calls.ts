import type { S3Client } from "@aws-sdk/client-s3";
import { type ErrorCode, GatewayError } from "../core/errors.ts";
import { withDeadline } from "../lib/deadline.ts";

/** One bucket, and how it is called: every call has a deadline, and throws `GatewayError`. */
export interface S3Target {
  readonly sdk: typeof import("@aws-sdk/client-s3");
  readonly client: S3Client;
  readonly bucket: string;
  readonly timeoutMilliseconds: number;
  readonly errors: S3Errors;
}

/** Trouble with the store that the gateway's own files are in is told otherwise than trouble with a client's bucket. */
export interface S3Errors {
  /** `The S3 bucket that holds the files` */
  readonly bucket: string;
  /** `A stored file` */
  readonly object: string;
  /** The codes of what isn't S3's own word: half an answer or silence, and no answer in time. */
  readonly broken: ErrorCode;
  readonly late: ErrorCode;
  /** What a call failed with. */
  toError(error: unknown): GatewayError;
}

/** An object that is told from another's under the same key, after an answer was lost. */
export interface MarkedKey {
  readonly key: string;
  readonly token: string;
  /** `application/octet-stream` if left out. */
  readonly contentType?: string;
  /** More user metadata than the token. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The user metadata that holds the token. */
const TOKEN = "crossbatch-put";

/** What a new object is called and described as, for S3. */
export function describeObject({ key, token, contentType, metadata }: MarkedKey) {
  return {
    Key: key,
    ContentType: contentType ?? "application/octet-stream",
    Metadata: { ...metadata, [TOKEN]: token },
  };
}

export function tokenIn(metadata: Readonly<Record<string, string>> | undefined): string | null {
  return metadata?.[TOKEN] ?? null;
}

export async function callS3<Answer>(
  target: S3Target,
  signal: AbortSignal,
  call: (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  const { timeoutMilliseconds, errors } = target;
  const seconds = timeoutMilliseconds / 1000;
  const late = () =>
    new GatewayError(errors.late, `${errors.bucket} didn't answer within ${seconds} s.`);
  try {
    return await withDeadline({ milliseconds: timeoutMilliseconds, late }, signal, (abortSignal) =>
      call(target.client, { abortSignal }),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof GatewayError ? error : errors.toError(error);
  }
}

export function unreadable(target: S3Target, missing: string): GatewayError {
  const { broken, bucket } = target.errors;
  return new GatewayError(broken, `${bucket} answered without ${missing}.`);
}

/** What an answer must say; one that doesn't isn't S3's, whatever its status. */
export function said(target: S3Target, value: string | undefined, name: string): string {
  if (value === undefined || value === "") throw unreadable(target, name);
  return value;
}
