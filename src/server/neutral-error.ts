import type { RenderedError } from "../core/dialect.ts";
import type { GatewayError } from "../core/errors.ts";

/** For paths that are no dialect's: a shape in which the SDKs of OpenAI and of Anthropic both find type and message. */
export function renderNeutralError(error: GatewayError, requestId: string): RenderedError {
  return {
    status: error.status,
    headers: {},
    body: neutralErrorBody(error.status, error.message, requestId),
  };
}

export function neutralErrorBody(status: number, message: string, requestId: string | null) {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return {
    type: "error",
    error: { type, message, param: null, code: null },
    ...(requestId === null ? {} : { request_id: requestId }),
  };
}
