import type { GatewayError } from "../core/errors.ts";
import { unsatisfiedRange } from "../lib/http-range.ts";

/** The clients of OpenAI and Anthropic obey any `retry-after`, so it is kept small. */
const MAX_RETRY_AFTER_SECONDS = 60;

/** SDKs of both families repeat 409, 429 and 5xx by themselves, also where that can't help. */
export function errorHeaders(error: GatewayError): Readonly<Record<string, string>> {
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

/** For an error that is passed on as the provider wrote it. */
export function retryAfterHeader(seconds: number | null): Readonly<Record<string, string>> {
  return seconds === null ? {} : { "retry-after": retryAfter(seconds) };
}

function retryAfter(seconds: number): string {
  return String(Math.min(Math.max(Math.ceil(seconds), 1), MAX_RETRY_AFTER_SECONDS));
}

/** What of an error a client may hear: nothing of what went wrong inside. */
export function publicMessage(error: GatewayError, requestId: string): string {
  return error.code === "internal"
    ? `The gateway had an error while processing this request. Its operator finds the reason under request id ${requestId}.`
    : error.message;
}
