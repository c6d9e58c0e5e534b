/** An answer of 4xx or 5xx, or a request of a batch that comes to nothing, in Anthropic's shape. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly facts: ErrorFacts;

  constructor(status: number, message: string, facts: ErrorFacts = {}) {
    super(message);
    this.status = status;
    this.facts = facts;
  }
}

export interface ErrorFacts {
  /** What goes into `details.error_code`. */
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** https://docs.claude.com/en/api/errors */
const TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** `requestId` is null in the row of a request that never got as far as being a call. */
export function renderError(error: ApiError, requestId: string | null) {
  const otherwise = error.status < 500 ? "invalid_request_error" : "api_error";
  const { code } = error.facts;
  return {
    type: "error",
    error: {
      type: TYPES[error.status] ?? otherwise,
      message: error.message,
      ...(code === undefined ? {} : { details: { error_code: code } }),
    },
    request_id: requestId,
  };
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, message);
}

export function tooLarge(): ApiError {
  return new ApiError(413, "Request exceeds the maximum size");
}

const MESSAGES: Readonly<Record<number, string>> = {
  401: "invalid x-api-key",
  402: "Your credit balance is too low to access the Anthropic API.",
  403: "Your API key does not have permission to use the specified resource.",
  404: "Not found",
  413: "Request exceeds the maximum size",
  429: "This request would exceed your organization's rate limit.",
  504: "The request timed out.",
  529: "Overloaded",
};

/** How Anthropic words a status that a test asks for. */
export function errorOfStatus(status: number): ApiError {
  const otherwise =
    status < 500 ? `The request was refused with status ${status}.` : "Internal server error";
  return new ApiError(status, MESSAGES[status] ?? otherwise);
}
