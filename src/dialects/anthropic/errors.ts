import type { RenderedError } from "../../core/dialect.ts";
import { GatewayError, isGatewayError } from "../../core/errors.ts";
import { errorHeaders, publicMessage } from "../error-headers.ts";

/** https://platform.claude.com/docs/en/api/errors */
const TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** What a provider says that no status of ours tells: then it keeps Anthropic's own status. */
const UPSTREAM_STATUSES: ReadonlyMap<string, number> = new Map([
  ["billing_error", 402],
  ["overloaded_error", 529],
]);

/** https://platform.claude.com/docs/en/build-with-claude/files: what SDKs have classes of their own for. */
const ERROR_CODES: ReadonlySet<string> = new Set([
  "file_expired",
  "file_not_downloadable",
  "storage_quota_exceeded",
]);

export function renderError(error: GatewayError, requestId: string): RenderedError {
  const status = statusOf(error);
  const { reason = "" } = error.details;
  return {
    status,
    headers: { "request-id": requestId, ...errorHeaders(error) },
    body: {
      type: "error",
      error: {
        type: TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error"),
        message: publicMessage(error, requestId),
        ...(ERROR_CODES.has(reason) ? { details: { error_code: reason } } : {}),
      },
      request_id: requestId,
    },
  };
}

function statusOf({ status, details }: GatewayError): number {
  return UPSTREAM_STATUSES.get(details.upstreamType ?? "") ?? status;
}

/** A validation error as Anthropic writes it: the path with dots, a colon, what is wrong. */
export function invalid(path: string, problem: string): GatewayError {
  const message = path === "" ? problem : `${path}: ${problem}`;
  return new GatewayError("invalid_request", message, path === "" ? {} : { param: path });
}

export function batchNotFound(id: string, cause?: unknown): GatewayError {
  return new GatewayError("not_found", `Message Batch ${shorten(id)} not found.`, { cause });
}

export function noResults(id: string, cause?: unknown): GatewayError {
  const message = `Message Batch ${shorten(id)} has no available results.`;
  return new GatewayError("not_found", message, { cause });
}

export function fileNotFound(id: string, cause?: unknown): GatewayError {
  const reason = isGatewayError(cause) ? cause.details.reason : undefined;
  return reason === "file_expired"
    ? new GatewayError("not_found", `File has expired: ${shorten(id)}`, { reason, cause })
    : new GatewayError("not_found", `File not found: ${shorten(id)}`, { cause });
}

export function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
