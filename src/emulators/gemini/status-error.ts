import type { JsonObject } from "./json.ts";

/** Google's names of what went wrong, with the number that rows carry and the status that calls are answered with. */
const STATUSES = {
  CANCELLED: { code: 1, http: 499 },
  UNKNOWN: { code: 2, http: 500 },
  INVALID_ARGUMENT: { code: 3, http: 400 },
  DEADLINE_EXCEEDED: { code: 4, http: 504 },
  NOT_FOUND: { code: 5, http: 404 },
  ALREADY_EXISTS: { code: 6, http: 409 },
  PERMISSION_DENIED: { code: 7, http: 403 },
  RESOURCE_EXHAUSTED: { code: 8, http: 429 },
  FAILED_PRECONDITION: { code: 9, http: 400 },
  ABORTED: { code: 10, http: 409 },
  OUT_OF_RANGE: { code: 11, http: 400 },
  UNIMPLEMENTED: { code: 12, http: 501 },
  INTERNAL: { code: 13, http: 500 },
  UNAVAILABLE: { code: 14, http: 503 },
  UNAUTHENTICATED: { code: 16, http: 401 },
} as const;

export type StatusName = keyof typeof STATUSES;

/** An answer of 4xx or 5xx in the shape of google.rpc.Status. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: StatusName;
  readonly details: readonly JsonObject[];
  /** Differs from the name's own where HTTP has a better one. */
  readonly http: number;

  constructor(status: StatusName, message: string, facts: ErrorFacts = {}) {
    super(message);
    this.status = status;
    this.details = facts.details ?? [];
    this.http = facts.http ?? STATUSES[status].http;
  }
}

export interface ErrorFacts {
  readonly details?: readonly JsonObject[];
  readonly http?: number;
}

/** The body of a call's answer. */
export function renderError(error: StatusError): JsonObject {
  const { http, message, status, details } = error;
  return {
    error: { code: http, message, status, ...(details.length === 0 ? {} : { details }) },
  };
}

/** What a row of a batch says of the same: the number, and no name. */
export function renderStatus(error: StatusError): JsonObject {
  return { code: STATUSES[error.status].code, message: error.message };
}

export function invalidArgument(message: string): StatusError {
  return new StatusError("INVALID_ARGUMENT", message);
}

const NAMES_BY_HTTP: Readonly<Record<number, StatusName>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  500: "INTERNAL",
  501: "UNIMPLEMENTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** How Google words a status that a test asks for. */
export function errorOfStatus(http: number): StatusError {
  const status = NAMES_BY_HTTP[http] ?? (http < 500 ? "INVALID_ARGUMENT" : "INTERNAL");
  const details =
    http === 429 ? [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" }] : [];
  return new StatusError(status, MESSAGES[status] ?? `The call ended with status ${http}.`, {
    http,
    details,
  });
}

const MESSAGES: Partial<Record<StatusName, string>> = {
  UNAUTHENTICATED: "Request had invalid authentication credentials.",
  PERMISSION_DENIED: "The caller does not have permission",
  NOT_FOUND: "Requested entity was not found.",
  RESOURCE_EXHAUSTED:
    "You exceeded your current quota, please check your plan and billing details.",
  INTERNAL: "An internal error has occurred. Please retry.",
  UNAVAILABLE: "The model is overloaded. Please try again later.",
  DEADLINE_EXCEEDED: "Deadline expired before operation could complete.",
};
