import type { RenderedError } from "../../core/dialect.ts";
import { type ErrorCode, GatewayError } from "../../core/errors.ts";
import { errorHeaders, publicMessage } from "../error-headers.ts";

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
  const { details, status } = error;
  return {
    status,
    headers: errorHeaders(error),
    body: {
      error: {
        message: publicMessage(error, requestId),
        type: typeOf(error),
        param: details.param ?? null,
        code: codeOf(error),
      },
    },
  };
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

export function notAnObject(): GatewayError {
  return new GatewayError(
    "invalid_request",
    "Invalid type for the request body: expected an object.",
    { reason: "invalid_type" },
  );
}

/** `problem` goes on from "The JSON body of the request". */
export function invalidBody(problem: string): GatewayError {
  return new GatewayError("invalid_request", `The JSON body of the request ${problem}.`);
}

export function bodyTooLarge(problem: string): GatewayError {
  return new GatewayError("too_large", `The body of the request is too large: ${problem}.`);
}
