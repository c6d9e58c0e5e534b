import type { LineFields } from "../../core/format.ts";
import { LINE_ERROR_STATUS, type LineError, type LineErrorType } from "../../core/lines.ts";

/** A record's `error`: https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html */
export function parseLineError(line: LineFields, error: LineFields): LineError {
  const code = error.get("errorCode");
  const said = error.get("errorMessage") ?? error.get("message");
  const message = typeof said === "string" ? said : "the provider gave no reason";
  const name = exceptionIn(code);
  const native = { family: "bedrock", body: line.body("error") } as const;
  return { ...toRecordError(statusOf(code), message, name), native };
}

/** `name` is the exception's where it isn't said before the message. */
export function toRecordError(
  statusSaid: number,
  message: string,
  name = exceptionIn(message),
): LineError {
  const known = name === undefined ? undefined : EXCEPTIONS.get(name);
  const status = known?.status ?? statusSaid;
  return { status, type: known?.type ?? typeOf(status), message, code: name };
}

/** The name may stand for the code, or before the message: `ThrottlingException: too many`. */
function exceptionIn(value: unknown): string | undefined {
  return typeof value === "string" ? /^(\w{1,80}Exception)\b/.exec(value)?.[1] : undefined;
}

function statusOf(code: unknown): number {
  const status = typeof code === "string" ? Number(code) : code;
  if (typeof status !== "number" || !Number.isInteger(status)) return 500;
  return status >= 400 && status <= 599 ? status : 500;
}

interface Known {
  readonly status: number;
  readonly type: LineErrorType;
}

/** By wire.md F.8: a conflict and a full quota come as 400, and wrong keys as 403. */
const EXCEPTIONS: ReadonlyMap<string, Known> = new Map<string, Known>([
  ["ValidationException", known("invalid_request")],
  ["ConflictException", known("conflict")],
  ["ServiceQuotaExceededException", known("rate_limit")],
  ["ThrottlingException", known("rate_limit")],
  ["TooManyRequestsException", known("rate_limit")],
  ["ModelNotReadyException", known("rate_limit")],
  ["AccessDeniedException", known("permission")],
  ["UnrecognizedClientException", known("authentication")],
  ["InvalidSignatureException", known("authentication")],
  ["ExpiredTokenException", known("authentication")],
  ["MissingAuthenticationTokenException", known("authentication")],
  ["ResourceNotFoundException", known("not_found")],
  ["ModelTimeoutException", { status: 408, type: "timeout" }],
  ["ModelErrorException", { status: 424, type: "server" }],
  ["InternalServerException", known("server")],
  ["ServiceUnavailableException", known("overloaded")],
]);

function known(type: LineErrorType): Known {
  return { status: LINE_ERROR_STATUS[type], type };
}

function typeOf(status: number): LineErrorType {
  const type = TYPES.get(status);
  if (type !== undefined) return type;
  return status < 500 ? "invalid_request" : "server";
}

const TYPES: ReadonlyMap<number, LineErrorType> = new Map<number, LineErrorType>([
  [401, "authentication"],
  [402, "billing"],
  [403, "permission"],
  [404, "not_found"],
  [408, "timeout"],
  [409, "conflict"],
  [413, "too_large"],
  [424, "server"],
  [429, "rate_limit"],
  [501, "unimplemented"],
  [503, "overloaded"],
  [504, "timeout"],
  [529, "overloaded"],
]);
