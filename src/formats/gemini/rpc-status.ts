import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { LineError, LineErrorType } from "../../core/lines.ts";
import { arrayIn, objectIn, textIn } from "./proto-fields.ts";

/** The codes of gRPC, which Google's APIs use over HTTP too: wire.md F.8. */
const CODES: readonly RpcCode[] = [
  { code: 1, name: "CANCELLED", http: 499, type: "server" },
  { code: 2, name: "UNKNOWN", http: 500, type: "server" },
  { code: 3, name: "INVALID_ARGUMENT", http: 400, type: "invalid_request" },
  { code: 4, name: "DEADLINE_EXCEEDED", http: 504, type: "timeout" },
  { code: 5, name: "NOT_FOUND", http: 404, type: "not_found" },
  { code: 6, name: "ALREADY_EXISTS", http: 409, type: "conflict" },
  { code: 7, name: "PERMISSION_DENIED", http: 403, type: "permission" },
  { code: 8, name: "RESOURCE_EXHAUSTED", http: 429, type: "rate_limit" },
  { code: 9, name: "FAILED_PRECONDITION", http: 400, type: "invalid_request" },
  { code: 10, name: "ABORTED", http: 409, type: "conflict" },
  { code: 11, name: "OUT_OF_RANGE", http: 400, type: "invalid_request" },
  { code: 12, name: "UNIMPLEMENTED", http: 501, type: "unimplemented" },
  { code: 13, name: "INTERNAL", http: 500, type: "server" },
  { code: 14, name: "UNAVAILABLE", http: 503, type: "overloaded" },
  { code: 15, name: "DATA_LOSS", http: 500, type: "server" },
  { code: 16, name: "UNAUTHENTICATED", http: 401, type: "authentication" },
];

interface RpcCode {
  readonly code: number;
  readonly name: string;
  readonly http: number;
  readonly type: LineErrorType;
}

const UNKNOWN: RpcCode = { code: 2, name: "UNKNOWN", http: 500, type: "server" };

/** How a call ended that didn't succeed. */
export type RpcFailure =
  | { readonly kind: "canceled" }
  | { readonly kind: "expired" }
  | { readonly kind: "error"; readonly error: LineError };

/** A google.rpc.Status: of batches with gRPC's code, of single calls with HTTP's. */
export function parseStatus(status: JsonObject): RpcFailure {
  const { code } = status;
  const known = findCode(code, textIn(status, "status"));
  if (known?.name === "CANCELLED") return { kind: "canceled" };
  const info = errorInfo(status);
  const reason = info === undefined ? undefined : textIn(info, "reason");
  const isOurs = info !== undefined && textIn(info, "domain") === DOMAIN;
  if (isOurs && reason === EXPIRED) return { kind: "expired" };
  const found = info === undefined || !isOurs ? {} : (objectIn(info, "metadata") ?? {});
  const { name, type, http } = known ?? UNKNOWN;
  // A wrong key is an invalid argument to Google (wire.md C.0).
  const isKey = reason === "API_KEY_INVALID";
  const line = Number(textIn(found, "line"));
  return {
    kind: "error",
    error: {
      status: isKey ? 401 : known === undefined ? httpStatus(code) : http,
      type: isKey ? "authentication" : known === undefined ? typeOfHttp(code) : type,
      message: textIn(status, "message") ?? name,
      code: reason ?? (known === undefined ? undefined : name),
      param: textIn(found, "param"),
      path: textIn(found, "path"),
      line: Number.isSafeInteger(line) && line > 0 ? line : undefined,
    },
  };
}

function findCode(code: Json | undefined, name: string | undefined): RpcCode | undefined {
  const number = typeof code === "string" ? Number(code) : code;
  return (
    CODES.find((known) => known.name === name) ??
    CODES.find((known) => known.code === number) ??
    CODES.find((known) => known.http === number)
  );
}

function httpStatus(code: Json | undefined): number {
  const isStatus = typeof code === "number" && Number.isInteger(code) && code >= 400 && code < 600;
  return isStatus ? code : 500;
}

function typeOfHttp(code: Json | undefined): LineErrorType {
  const status = httpStatus(code);
  if (status === 413) return "too_large";
  if (status === 408) return "timeout";
  return status < 500 ? "invalid_request" : "server";
}

function errorInfo(status: JsonObject): JsonObject | undefined {
  const details = arrayIn(status, "details");
  return details.find(
    (detail): detail is JsonObject =>
      isJsonObject(detail) && textIn(detail, "reason") !== undefined,
  );
}

export function writeStatus(error: LineError): JsonObject {
  const { code, name } = CODES_BY_TYPE[error.type];
  const { message, path, param, line } = error;
  const isSaid = error.code === undefined || error.code === name;
  if (isSaid && path === undefined && param === undefined && line === undefined) {
    return { code, message, status: name };
  }
  const reason = isSaid ? name : error.code;
  const metadata = { path, param, line: line === undefined ? undefined : String(line) };
  return { code, message, status: name, details: [ourInfo(reason, metadata)] };
}

/** Where our own words go into a Status; Google's clients show them as they are. */
function ourInfo(reason: string, metadata: JsonObject): JsonObject {
  return { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: DOMAIN, metadata };
}

const DOMAIN = "crossbatch";
const EXPIRED = "BATCH_EXPIRED";

export const CANCELED_STATUS: JsonObject = {
  code: 1,
  message: "The request was not executed because the batch was cancelled.",
  status: "CANCELLED",
};

export const EXPIRED_STATUS: JsonObject = {
  code: 4,
  message: "Deadline expired before operation could complete.",
  status: "DEADLINE_EXCEEDED",
  details: [ourInfo(EXPIRED, {})],
};

const CODES_BY_TYPE: Readonly<
  Record<LineErrorType, { readonly code: number; readonly name: string }>
> = {
  invalid_request: { code: 3, name: "INVALID_ARGUMENT" },
  authentication: { code: 16, name: "UNAUTHENTICATED" },
  billing: { code: 9, name: "FAILED_PRECONDITION" },
  permission: { code: 7, name: "PERMISSION_DENIED" },
  not_found: { code: 5, name: "NOT_FOUND" },
  timeout: { code: 4, name: "DEADLINE_EXCEEDED" },
  conflict: { code: 10, name: "ABORTED" },
  too_large: { code: 3, name: "INVALID_ARGUMENT" },
  rate_limit: { code: 8, name: "RESOURCE_EXHAUSTED" },
  server: { code: 13, name: "INTERNAL" },
  unimplemented: { code: 12, name: "UNIMPLEMENTED" },
  overloaded: { code: 14, name: "UNAVAILABLE" },
};

/** Vertex has the error in the text of its status: `Bad Request: {"error":{…}}`. */
export function parseStatusText(text: string): RpcFailure {
  const start = text.indexOf("{");
  const value = start < 0 ? undefined : parseJson(text.slice(start));
  const status = isJsonObject(value) ? (objectIn(value, "error") ?? value) : undefined;
  return parseStatus(status ?? { message: text });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
