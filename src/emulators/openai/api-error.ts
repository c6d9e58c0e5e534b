/** An answer of 4xx or 5xx in OpenAI's shape: all four keys are always there. */
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
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export function renderError(error: ApiError): ErrorBody {
  const { type, param, code } = error.facts;
  return {
    error: {
      message: error.message,
      type: type ?? "invalid_request_error",
      param: param ?? null,
      code: code ?? null,
    },
  };
}

export function badRequest(
  message: string,
  param: string | null = null,
  code: string | null = null,
) {
  return new ApiError(400, message, { param, code });
}

export function notFound(message: string, param: string | null = null) {
  return new ApiError(404, message, { param });
}

/** How OpenAI words a status that a test asks for. */
export function errorOfStatus(status: number): ApiError {
  switch (status) {
    case 401:
      return new ApiError(401, "Incorrect API key provided.", { code: "invalid_api_key" });
    case 403:
      return new ApiError(403, "You are not allowed to do this.", { code: "forbidden" });
    case 404:
      return new ApiError(404, "The requested object was not found.");
    case 409:
      return new ApiError(409, "The request conflicts with another one.");
    case 429:
      return new ApiError(429, "Rate limit reached for requests.", {
        type: "requests",
        code: "rate_limit_exceeded",
      });
    default:
      return status < 500
        ? new ApiError(status, `The request was refused with status ${status}.`)
        : new ApiError(status, "The server had an error while processing your request.", {
            type: "server_error",
          });
  }
}
