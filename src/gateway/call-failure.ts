import type { Access } from "../core/client.ts";
import { CodecError } from "../core/codec-error.ts";
import { type ErrorCode, type ErrorDetails, GatewayError } from "../core/errors.ts";
import type { LineError, LineErrorType } from "../core/lines.ts";
import type { SynchronousAnswer } from "../core/provider.ts";
import { toCallError } from "../formats/call-error.ts";
import { formats } from "../formats/formats.ts";
import { StreamFailure } from "../formats/translate-stream.ts";
import type { Source } from "./mirror.ts";

export function isSuccess({ status }: SynchronousAnswer): boolean {
  return status >= 200 && status < 300;
}

/** The error that an answer other than a 2xx stands for. */
export function failureOf(
  { status, body, retryAfterSeconds }: SynchronousAnswer,
  { provider, account }: Source,
): GatewayError {
  const error = toCallError(formats[provider.format], Math.max(400, status), body);
  return toCallFailure(error, {
    provider: provider.name,
    access: account.access,
    retryAfterSeconds,
  });
}

/** What goes wrong in `read` is the provider's fault or ours. */
export function readingAnswer<Result>({ provider, account }: Source, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof StreamFailure) {
      const { access } = account;
      throw toCallFailure(error.error, {
        provider: provider.name,
        access,
        retryAfterSeconds: null,
      });
    }
    if (error instanceof CodecError || error instanceof RangeError) {
      throw new GatewayError(
        "upstream_unavailable",
        `The answer of ${provider.name} can't be read: ${error.message}.`,
        { cause: error },
      );
    }
    throw error;
  }
}

interface FailedCall {
  readonly provider: string;
  readonly access: Access;
  readonly retryAfterSeconds: number | null;
}

/** The error that a provider's refusal of a call is to its client, with the provider's own status where that says more. */
function toCallFailure(error: LineError, call: FailedCall): GatewayError {
  const { code, keepsStatus, upstreamType } = FAILURES[error.type];
  const param = error.param ?? error.path;
  const details: ErrorDetails = {
    upstreamStatus: error.status,
    notSent: error.status < 500,
    ...(keepsStatus ? { status: error.status } : {}),
    ...(upstreamType === undefined ? {} : { upstreamType }),
    ...(error.code === undefined ? {} : { reason: error.code }),
    ...(param === undefined ? {} : { param }),
    ...(call.retryAfterSeconds === null ? {} : { retryAfterSeconds: call.retryAfterSeconds }),
  };
  return new GatewayError(code, messageOf(error, call), details);
}

interface Failure {
  readonly code: ErrorCode;
  readonly keepsStatus: boolean;
  /** Anthropic's word where the status alone doesn't tell: its dialect says it by that. */
  readonly upstreamType?: string;
}

const FAILURES: Readonly<Record<LineErrorType, Failure>> = {
  invalid_request: { code: "upstream_rejected", keepsStatus: true },
  authentication: { code: "upstream_unauthorized", keepsStatus: false },
  billing: { code: "upstream_rejected", keepsStatus: true, upstreamType: "billing_error" },
  permission: { code: "upstream_forbidden", keepsStatus: false },
  not_found: { code: "upstream_not_found", keepsStatus: false },
  timeout: { code: "upstream_timeout", keepsStatus: false },
  conflict: { code: "upstream_conflict", keepsStatus: false },
  too_large: { code: "upstream_too_large", keepsStatus: false },
  rate_limit: { code: "upstream_rate_limited", keepsStatus: false },
  server: { code: "upstream_unavailable", keepsStatus: true },
  unimplemented: { code: "upstream_rejected", keepsStatus: true },
  overloaded: { code: "upstream_unavailable", keepsStatus: true, upstreamType: "overloaded_error" },
};

function messageOf({ type, message }: LineError, { provider, access }: FailedCall): string {
  if (type !== "authentication") return message;
  return access.source === "client"
    ? `No key is configured for ${provider}, and it refused the one that came with the request: ${message}`
    : `${provider} refused the key that is configured for it: ${message}`;
}
