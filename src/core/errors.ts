/**
 * Every error code of the gateway: the HTTP status it gets, and whether the same call may succeed later. Dialects render
 * the code into their own shape; `docs/errors.md` lists exactly these.
 */
export const ERRORS = {
  invalid_request: { status: 400, retryable: false },
  untranslatable: { status: 400, retryable: false },
  unknown_provider: { status: 400, retryable: false },
  unauthorized: { status: 401, retryable: false },
  forbidden: { status: 403, retryable: false },
  not_found: { status: 404, retryable: false },
  conflict: { status: 409, retryable: false },
  too_large: { status: 413, retryable: false },
  unsupported_media_type: { status: 415, retryable: false },
  range_not_satisfiable: { status: 416, retryable: false },
  rate_limited: { status: 429, retryable: true },
  upstream_rejected: { status: 400, retryable: false },
  upstream_unauthorized: { status: 401, retryable: false },
  upstream_forbidden: { status: 403, retryable: false },
  upstream_not_found: { status: 404, retryable: false },
  upstream_conflict: { status: 409, retryable: false },
  upstream_too_large: { status: 413, retryable: false },
  upstream_rate_limited: { status: 429, retryable: true },
  upstream_unavailable: { status: 502, retryable: true },
  upstream_timeout: { status: 504, retryable: true },
  client_closed: { status: 499, retryable: false },
  shutting_down: { status: 503, retryable: true },
  storage_unavailable: { status: 503, retryable: true },
  storage_full: { status: 507, retryable: true },
  stale: { status: 503, retryable: true },
  internal: { status: 500, retryable: false },
} as const satisfies Record<string, { readonly status: number; readonly retryable: boolean }>;

export type ErrorCode = keyof typeof ERRORS;

/** What else is known of an error; dialects show the part that their error shape has room for. */
export interface ErrorDetails {
  /** What clients see in place of the code's own status: a model's provider says more than the code does. */
  readonly status?: number;
  /** The field that was wrong, in the dialect's own spelling: `purpose`, `requests.0.custom_id`. */
  readonly param?: string;
  /** A code of the dialect's or provider's own vocabulary: `missing_required_parameter`. */
  readonly reason?: string;
  /** When to try again; for `rate_limited` and `upstream_rate_limited`. */
  readonly retryAfterSeconds?: number;
  /** The status that the upstream answered with. */
  readonly upstreamStatus?: number;
  /** The error type that the upstream named, if it named one. */
  readonly upstreamType?: string;
  /** True where it is proven that the upstream did nothing; left out where that isn't known. */
  readonly notSent?: boolean;
  readonly cause?: unknown;
}

/** The one error that operations throw. Its message is shown to clients: it holds no secret and says what would be right. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return this.details.status ?? ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

export function isGatewayError(error: unknown, code?: ErrorCode): error is GatewayError {
  return error instanceof GatewayError && (code === undefined || error.code === code);
}
