// https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html#API_CreateModelInvocationJob_Errors
import { type ErrorCode, ERRORS, GatewayError } from "../../core/errors.ts";
import { redactKeys } from "../../lib/redact-keys.ts";
import { parseRetryAfter } from "../../lib/retry-after.ts";
import { httpStatusOf, networkCodeOf } from "../../s3/sdk-error.ts";

const MAX_MESSAGE_CHARACTERS = 2_000;

/** What the status doesn't say: a conflict and a full quota come as 400, and wrong keys as 403. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["ValidationException", "upstream_rejected"],
  ["ConflictException", "upstream_conflict"],
  ["ServiceQuotaExceededException", "upstream_rate_limited"],
  ["ThrottlingException", "upstream_rate_limited"],
  ["TooManyRequestsException", "upstream_rate_limited"],
  ["ModelNotReadyException", "upstream_rate_limited"],
  ["AccessDeniedException", "upstream_forbidden"],
  ["ResourceNotFoundException", "upstream_not_found"],
  ["UnrecognizedClientException", "upstream_unauthorized"],
  ["InvalidSignatureException", "upstream_unauthorized"],
  ["IncompleteSignatureException", "upstream_unauthorized"],
  ["ExpiredTokenException", "upstream_unauthorized"],
  ["MissingAuthenticationTokenException", "upstream_unauthorized"],
  ["MissingAuthenticationToken", "upstream_unauthorized"],
]);

const STATUS_CODES: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [401, "upstream_unauthorized"],
  [403, "upstream_forbidden"],
  [404, "upstream_not_found"],
  [408, "upstream_timeout"],
  [409, "upstream_conflict"],
  [413, "upstream_too_large"],
  [429, "upstream_rate_limited"],
]);

/** Then nothing reached AWS. */
const UNREACHED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

export interface FailedCall {
  readonly provider: string;
  /** `CreateModelInvocationJob` */
  readonly call: string;
  readonly now: number;
}

export function codeOf(type: string | null, status: number): ErrorCode {
  const named = type === null ? undefined : CODES.get(type);
  if (named !== undefined) return named;
  return STATUS_CODES.get(status) ?? (status >= 500 ? "upstream_unavailable" : "upstream_rejected");
}

/** The status that an answer should have had. */
export function answeredStatus(type: string | null, status: number): number {
  const code = type === null ? undefined : CODES.get(type);
  return code === undefined ? status : ERRORS[code].status;
}

/** The error that a failed call of the SDK stands for. The SDK's own is no cause: it may hold what was signed. */
export function toBedrockError(error: unknown, { provider, call, now }: FailedCall): GatewayError {
  if (error instanceof GatewayError) return error;
  const status = httpStatusOf(error);
  if (status === null || status < 300) return toBrokenError(error, { provider, call, now });
  const type = error instanceof Error ? error.name : "unknown error";
  const code = codeOf(type, status);
  const answer = `${provider} answered ${status} ${type} to ${call}`;
  const said = error instanceof Error ? redactKeys(error.message, null) : "";
  const retryAfterSeconds = parseRetryAfter(responseHeaders(error), now);
  return new GatewayError(code, messageOf({ provider, code, answer, said }), {
    upstreamStatus: status,
    upstreamType: type,
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
    ...(status < 500 ? { notSent: true } : {}),
    cause: new Error(answer),
  });
}

function messageOf(told: {
  readonly provider: string;
  readonly code: ErrorCode;
  readonly answer: string;
  readonly said: string;
}): string {
  // AWS quotes what was to be signed, session token included.
  if (told.code === "upstream_unauthorized") {
    return `${told.answer}: it refused the AWS credentials that the gateway uses.`;
  }
  const said = told.said.slice(0, MAX_MESSAGE_CHARACTERS);
  if (said === "" || said === "UnknownError") return `${told.answer}.`;
  return told.code === "upstream_unavailable" ? `${told.answer}: ${said}` : said;
}

function toBrokenError(cause: unknown, { provider, call }: FailedCall): GatewayError {
  const code = networkCodeOf(cause);
  if (code !== null && UNREACHED.has(code)) {
    return new GatewayError("upstream_unavailable", `${provider} can't be reached (${code}).`, {
      notSent: true,
      cause,
    });
  }
  const name = cause instanceof Error ? cause.name : "unknown error";
  // The SDK also calls a reset so.
  if (name === "TimeoutError" && code === null) {
    return new GatewayError("upstream_timeout", `${provider} was silent for too long in ${call}.`, {
      cause,
    });
  }
  return new GatewayError(
    "upstream_unavailable",
    `${provider} didn't answer ${call} properly (${code ?? name}).`,
    { cause },
  );
}

/** The SDK keeps the answer that an error was read from where nothing prints it. */
export function responseHeaders(error: unknown): Readonly<Record<string, string | undefined>> {
  const response = member(error, "$response");
  const headers = member(response, "headers");
  if (typeof headers !== "object" || headers === null) return {};
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
