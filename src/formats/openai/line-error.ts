import type { LineFields } from "../../core/format.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { LINE_ERROR_STATUS, type LineError, type LineErrorType } from "../../core/lines.ts";

/** A call that failed: its status, and the body with OpenAI's `error`. https://platform.openai.com/docs/guides/error-codes */
export function parseHttpError(response: LineFields, status: number): LineError {
  const body = response.inner("body");
  const error = body?.inner("error") ?? body;
  const word = textOf(error?.get("type"));
  const code = textOf(error?.get("code"));
  const isBroke = word === "insufficient_quota" || code === "insufficient_quota";
  return {
    status,
    type: isBroke ? "billing" : typeOf(status),
    // Some compatible hosts give the message alone.
    message: textOf(error?.get("message")) ?? textOf(body?.get("error")) ?? `status ${status}`,
    code,
    param: textOf(error?.get("param")),
    native: body === null ? undefined : { family: "openai", body: response.body("body") },
  };
}

/** OpenAI's own types say less than the status: a wrong key and an unknown model are both `invalid_request_error`. */
function typeOf(status: number): LineErrorType {
  const known = TYPES_BY_STATUS.get(status);
  if (known !== undefined) return known;
  return status < 500 ? "invalid_request" : "server";
}

const TYPES_BY_STATUS: ReadonlyMap<number, LineErrorType> = new Map([
  [401, "authentication"],
  [402, "billing"],
  [403, "permission"],
  [404, "not_found"],
  [408, "timeout"],
  [409, "conflict"],
  [413, "too_large"],
  [429, "rate_limit"],
  [501, "unimplemented"],
  [503, "overloaded"],
  [504, "timeout"],
  [529, "overloaded"],
]);

/** The body of a failed call: always all four keys. */
export function httpErrorBody(error: LineError): JsonObject {
  const { message, type, code, param, path } = error;
  return {
    error: { message, type: WORDS[type], param: param ?? path ?? null, code: code ?? null },
  };
}

const WORDS: Readonly<Record<LineErrorType, string>> = {
  invalid_request: "invalid_request_error",
  authentication: "authentication_error",
  billing: "insufficient_quota",
  permission: "permission_error",
  not_found: "not_found_error",
  timeout: "timeout_error",
  conflict: "conflict_error",
  too_large: "invalid_request_error",
  rate_limit: "rate_limit_error",
  server: "server_error",
  unimplemented: "server_error",
  overloaded: "server_error",
};

/** The `error` of a line that never ran. `param` and `line` are ours; OpenAI has them in a batch's `errors`. */
export function parseLineError(error: LineFields | null): LineError {
  const code = textOf(error?.get("code"));
  const type = (code === undefined ? undefined : TYPES_BY_CODE.get(code)) ?? "server";
  const line = error?.get("line");
  return {
    status: LINE_ERROR_STATUS[type],
    type,
    message: textOf(error?.get("message")) ?? "the line has neither a response nor an error",
    code,
    path: textOf(error?.get("param")),
    line: typeof line === "number" ? line : undefined,
  };
}

export function writeLineError(error: LineError): JsonObject {
  const { code, type, message, param, path, line } = error;
  return { code: code ?? type, message, param: path ?? param, line };
}

/** Whether we found the fault: before anything was sent, or since nothing came back that could be read. */
export function isNeverRun(error: LineError): boolean {
  if (error.native !== undefined) return false;
  if (error.line !== undefined || error.path !== undefined) return true;
  return error.code !== undefined && TYPES_BY_CODE.has(error.code);
}

const TYPES_BY_CODE: ReadonlyMap<string, LineErrorType> = new Map([
  ["untranslatable", "invalid_request"],
  ["invalid_request", "invalid_request"],
  ["missing", "server"],
  ["batch_result_missing", "server"],
  ["invalid_result", "server"],
  ["not_joined", "server"],
  ["internal", "server"],
]);

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
