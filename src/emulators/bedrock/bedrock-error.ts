/** Names and statuses of what Bedrock refuses. Conflicts and quotas are 400s there. */
const STATUSES = {
  ValidationException: 400,
  ConflictException: 400,
  ServiceQuotaExceededException: 400,
  AccessDeniedException: 403,
  UnrecognizedClientException: 403,
  InvalidSignatureException: 403,
  IncompleteSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  UnknownOperationException: 404,
  ResourceNotFoundException: 404,
  ModelTimeoutException: 408,
  ModelErrorException: 424,
  ThrottlingException: 429,
  InternalServerException: 500,
  ServiceUnavailableException: 503,
} as const;

type ErrorName = keyof typeof STATUSES;

/** An answer of 4xx or 5xx, or what a record of a job is answered with. */
export class BedrockError extends Error {
  override readonly name = "BedrockError";
  readonly type: string;
  readonly status: number;

  constructor(type: ErrorName, message: string, status: number = STATUSES[type]) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

export function invalid(message: string): BedrockError {
  return new BedrockError("ValidationException", message);
}

const BY_STATUS: Readonly<Record<number, readonly [ErrorName, string]>> = {
  400: ["ValidationException", "The request is invalid."],
  403: ["AccessDeniedException", "You don't have sufficient access to perform this action."],
  404: ["ResourceNotFoundException", "The resource was not found."],
  408: ["ModelTimeoutException", "The model took too long to respond."],
  424: ["ModelErrorException", "The model failed while it processed the request."],
  429: ["ThrottlingException", "Too many requests, please wait before trying again."],
  500: ["InternalServerException", "The system encountered an unexpected error."],
  503: ["ServiceUnavailableException", "Bedrock is unable to process your request."],
};

/** How Bedrock words a status that a test asks for. */
export function errorOfStatus(status: number): BedrockError {
  const [type, message] = BY_STATUS[status] ??
    BY_STATUS[status < 500 ? 400 : 500] ?? ["InternalServerException", ""];
  return new BedrockError(type, message, status);
}

/** The body of an error; its name goes in a header. */
export function renderError(error: BedrockError): { readonly message: string } {
  return { message: error.message };
}
