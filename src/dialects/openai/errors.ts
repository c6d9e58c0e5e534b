import type { RenderedError } from "../../core/dialect.ts";
import { type ErrorCode, GatewayError } from "../../core/errors.ts";
import { unsatisfiedRange } from "../../lib/http-range.ts";

/** Clients of OpenAI's SDK obey any `retry-after`, so it is kept small. */
const MAX_RETRY_AFTER_SECONDS = 60;

/** OpenAI's error types. What an upstream of another family names means nothing to its clients. */
const TYPES: ReadonlySet<string> = new Set([
  "invalid_request_error",
  "server_error",
  "requests",
  "tokens",
  "insufficient_quota",
]);

/** All four keys are always there: SDKs read them without looking. */
export function renderError(error: GatewayError, requestId: string): RenderedError {
  const { code, details, status } = error;
  return {
    status,
    headers: headersOf(error),
    body: {
      error: {
        message: code === "internal" ? internalMessage(requestId) : error.message,
        type: typeOf(error),
        param: details.param ?? null,
        code: codeOf(error),
      },
    },
  };
}

function internalMessage(requestId: string): string {
  return `The gateway had an error while processing this request. Its operator finds the reason under request id ${requestId}.`;
}

function typeOf({ status, details }: GatewayError): string {
  if (details.upstreamType !== undefined && TYPES.has(details.upstreamType)) {
    return details.upstreamType;
  }
  if (status === 429) {
    return details.reason === "insufficient_quota" ? "insufficient_quota" : "requests";
  }
  return status >= 500 ? "server_error" : "invalid_request_error";
}

function codeOf({ code, details }: GatewayError): string | null {
  // The reason of a range is the size of the file, which has a header of its own.
  if (code === "internal" || code === "range_not_satisfiable") return null;
  return details.reason ?? STANDARD_CODES[code] ?? null;
}

const STANDARD_CODES: Readonly<Partial<Record<ErrorCode, string>>> = {
  rate_limited: "rate_limit_exceeded",
  upstream_rate_limited: "rate_limit_exceeded",
  upstream_unauthorized: "invalid_api_key",
};

/** SDKs repeat 409, 429 and 5xx by themselves, also where that can't help. */
function headersOf(error: GatewayError): Readonly<Record<string, string>> {
  const { code, status, details } = error;
  const isRepeated = status === 409 || status === 429 || status >= 500;
  const isHopeless = !error.retryable || details.reason === "insufficient_quota";
  return {
    ...(isRepeated && isHopeless ? { "x-should-retry": "false" } : {}),
    ...(details.retryAfterSeconds !== undefined && error.retryable
      ? { "retry-after": retryAfter(details.retryAfterSeconds) }
      : {}),
    ...(code === "range_not_satisfiable" && /^\d+$/.test(details.reason ?? "")
      ? { "content-range": unsatisfiedRange(Number(details.reason)) }
      : {}),
  };
}

function retryAfter(seconds: number): string {
  return String(Math.min(Math.max(Math.ceil(seconds), 1), MAX_RETRY_AFTER_SECONDS));
}

export function missingParameter(name: string): GatewayError {
  return new GatewayError("invalid_request", `Missing required parameter: '${name}'.`, {
    param: name,
    reason: "missing_required_parameter",
  });
}

export function unknownParameter(name: string): GatewayError {
  return new GatewayError("invalid_request", `Unknown parameter: '${name}'.`, {
    param: name,
    reason: "unknown_parameter",
  });
}

export function invalidValue(name: string, rule: string): GatewayError {
  return new GatewayError("invalid_request", `Invalid '${name}': ${rule}`, {
    param: name,
    reason: "invalid_value",
  });
}
