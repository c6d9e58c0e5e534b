import type { LineFields } from "../../core/format.ts";
import { LINE_ERROR_STATUS, type LineErrorType, type LineOutcome } from "../../core/lines.ts";
import { bodyText } from "../line-fields.ts";

type Errored = LineOutcome & { readonly kind: "errored" };

/** Under `key` is the whole answer of the API, and the error itself is in its `error`. */
export function parseLineError(fields: LineFields, key: "error" | "body"): Errored {
  const envelope = fields.inner(key);
  const error = envelope?.inner("error") ?? envelope;
  const type = textIn(error, "type") ?? "api_error";
  const requestId = textIn(envelope, "request_id") ?? null;
  const known = TYPES.get(type) ?? "server";
  return {
    kind: "errored",
    requestId,
    error: {
      status: LINE_ERROR_STATUS[known],
      type: known,
      message: textIn(error, "message") ?? "the provider gave no reason",
      code: textIn(error?.inner("details") ?? null, "error_code"),
      native: envelope === null ? undefined : { family: "anthropic", body: fields.body(key) },
    },
  };
}

function textIn(fields: LineFields | null, key: string): string | undefined {
  const value = fields?.get(key);
  return typeof value === "string" ? value : undefined;
}

/** https://platform.claude.com/docs/en/api/errors */
const TYPES: ReadonlyMap<string, LineErrorType> = new Map<string, LineErrorType>([
  ["invalid_request_error", "invalid_request"],
  ["authentication_error", "authentication"],
  ["billing_error", "billing"],
  ["permission_error", "permission"],
  ["not_found_error", "not_found"],
  ["timeout_error", "timeout"],
  ["conflict_error", "conflict"],
  ["request_too_large", "too_large"],
  ["rate_limit_error", "rate_limit"],
  ["api_error", "server"],
  ["overloaded_error", "overloaded"],
]);

export function writeLineError({ requestId, error }: Errored): string {
  const { native, code } = error;
  if (native?.family === "anthropic") return bodyText(native.body);
  return JSON.stringify({
    type: "error",
    error: {
      type: WORDS[error.type],
      message: error.message,
      details: code === undefined ? undefined : { error_code: code },
    },
    request_id: requestId,
  });
}

const WORDS: Readonly<Record<LineErrorType, string>> = {
  invalid_request: "invalid_request_error",
  authentication: "authentication_error",
  billing: "billing_error",
  permission: "permission_error",
  not_found: "not_found_error",
  timeout: "timeout_error",
  conflict: "conflict_error",
  too_large: "request_too_large",
  rate_limit: "rate_limit_error",
  server: "api_error",
  unimplemented: "api_error",
  overloaded: "overloaded_error",
};
