import { expect, test } from "vitest";
import {
  type ErrorCode,
  type ErrorDetails,
  ERRORS,
  GatewayError,
} from "../../../src/core/errors.ts";
import { renderError } from "../../../src/dialects/openai/errors.ts";
import { specProblem } from "../../support/specs.ts";

const CODES = Object.keys(ERRORS) as ErrorCode[];

test.each(CODES)(
  "%s has OpenAI's four keys, the status of the table, and is repeated only if that may help",
  (code) => {
    const error = new GatewayError(code, "what was wrong", { retryAfterSeconds: 3 });
    const { status, headers, body } = renderError(error, "req_1");
    expect(status).toBe(ERRORS[code].status);
    expect(specProblem("openai", "ErrorResponse", body)).toBeNull();
    expect(Object.keys((body as { error: object }).error)).toEqual([
      "message",
      "type",
      "param",
      "code",
    ]);
    expect(headers["retry-after"]).toBe(ERRORS[code].retryable ? "3" : undefined);
    const repeated = status === 409 || status === 429 || status >= 500;
    expect(headers["x-should-retry"]).toBe(
      repeated && !ERRORS[code].retryable ? "false" : undefined,
    );
  },
);

interface Case {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly error: object;
  readonly headers?: object;
}

test.each<Case>([
  {
    code: "invalid_request",
    details: { param: "purpose", reason: "missing_required_parameter" },
    error: { type: "invalid_request_error", param: "purpose", code: "missing_required_parameter" },
  },
  {
    code: "not_found",
    details: { param: "id" },
    error: { type: "invalid_request_error", param: "id", code: null },
  },
  {
    code: "upstream_unauthorized",
    details: {},
    error: { type: "invalid_request_error", param: null, code: "invalid_api_key" },
  },
  {
    code: "conflict",
    details: {},
    error: { type: "invalid_request_error", param: null, code: null },
    headers: { "x-should-retry": "false" },
  },
  {
    code: "upstream_conflict",
    details: {},
    error: { type: "invalid_request_error", code: null },
    headers: { "x-should-retry": "false" },
  },
  {
    code: "upstream_rate_limited",
    details: { upstreamType: "tokens", reason: "rate_limit_exceeded", retryAfterSeconds: 600 },
    error: { type: "tokens", code: "rate_limit_exceeded" },
    headers: { "retry-after": "60" },
  },
  {
    code: "rate_limited",
    details: { retryAfterSeconds: 0.2 },
    error: { type: "requests", code: "rate_limit_exceeded" },
    headers: { "retry-after": "1" },
  },
  {
    code: "upstream_rate_limited",
    details: { reason: "insufficient_quota" },
    error: { type: "insufficient_quota", code: "insufficient_quota" },
    headers: { "x-should-retry": "false" },
  },
  {
    code: "upstream_rejected",
    details: { upstreamType: "not_found_error", upstreamStatus: 400 },
    error: { type: "invalid_request_error", code: null },
  },
  {
    code: "upstream_timeout",
    details: {},
    error: { type: "server_error", code: null },
    headers: {},
  },
  {
    code: "range_not_satisfiable",
    details: { reason: "120" },
    error: { type: "invalid_request_error", code: null },
    headers: { "content-range": "bytes */120" },
  },
])("$code with $details is told in OpenAI's terms", ({ code, details, error, headers }) => {
  const rendered = renderError(new GatewayError(code, "what was wrong", details), "req_1");
  expect(rendered.body).toMatchObject({ error: { message: "what was wrong", ...error } });
  expect(rendered.headers).toEqual(headers ?? {});
});

test("what went wrong inside is not told, only where the operator finds it", () => {
  const { body } = renderError(new GatewayError("internal", "password=hunter2"), "req_42");
  expect(JSON.stringify(body)).not.toContain("hunter2");
  expect(body).toMatchObject({ error: { message: expect.stringContaining("req_42") } });
});
