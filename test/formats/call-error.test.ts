import { describe, expect, test } from "vitest";
import type { LineError } from "../../src/core/lines.ts";
import { toCallError } from "../../src/formats/call-error.ts";
import { formats } from "../../src/formats/formats.ts";
import { readLine } from "../../src/formats/line-fields.ts";

interface Case {
  readonly format: keyof typeof formats;
  readonly status: number;
  readonly said: object;
  readonly error: Pick<LineError, "type" | "message">;
}

const CASES: readonly Case[] = [
  {
    format: "openai",
    status: 429,
    said: {
      error: { message: "Slow down.", type: "requests", param: null, code: "rate_limit_exceeded" },
    },
    error: { type: "rate_limit", message: "Slow down." },
  },
  {
    format: "openai",
    status: 429,
    said: {
      error: { message: "No money.", type: "insufficient_quota", code: "insufficient_quota" },
    },
    error: { type: "billing", message: "No money." },
  },
  {
    format: "anthropic",
    status: 529,
    said: {
      type: "error",
      error: { type: "overloaded_error", message: "Overloaded" },
      request_id: "req_1",
    },
    error: { type: "overloaded", message: "Overloaded" },
  },
  {
    format: "gemini",
    status: 400,
    said: {
      error: { code: 400, message: "Bad field.", status: "INVALID_ARGUMENT", details: [{ n: 1 }] },
    },
    error: { type: "invalid_request", message: "Bad field." },
  },
  {
    format: "gemini",
    status: 499,
    said: { error: { code: 499, message: "Gone.", status: "CANCELLED" } },
    error: { type: "invalid_request", message: expect.stringContaining("Gone.") },
  },
  {
    format: "bedrock",
    status: 429,
    said: { message: "Too many requests." },
    error: { type: "rate_limit", message: "Too many requests." },
  },
  {
    format: "bedrock",
    status: 400,
    said: { __type: "com.amazon#ConflictException:", message: "Twice." },
    error: { type: "conflict", message: "ConflictException: Twice." },
  },
];

describe("a call that failed", () => {
  test.each(CASES)(
    "reads as a line of $format that failed: $said",
    ({ format, status, said, error }) => {
      const { resultLine } = formats[format];
      const found = toCallError(formats[format], status, JSON.stringify(said));
      expect(found).toMatchObject(error);
      const outcome = { kind: "errored", requestId: null, error: found } as const;
      const line = resultLine.write({ line: 1, customId: "a", id: null, outcome });
      expect(resultLine.parse(readLine(line), 1)).toMatchObject({
        customId: "a",
        outcome: { kind: "errored", error },
      });
    },
  );

  test.each(Object.values(formats))(
    "of $name is told even by a proxy's page, or nothing",
    (format) => {
      for (const text of [
        "<html>Bad gateway</html>",
        "",
        "[1]",
        '"no"',
        "{}",
        '{"error":{"a"',
        '{"error":7}',
      ]) {
        const found = toCallError(format, 502, text);
        expect(found.message).not.toBe("");
        expect(found.status).toBeGreaterThanOrEqual(400);
        const outcome = { kind: "errored", requestId: null, error: found } as const;
        const line = format.resultLine.write({ line: 1, customId: "a", id: null, outcome });
        expect(format.resultLine.parse(readLine(line), 1)).toMatchObject({
          outcome: { kind: "errored" },
        });
      }
    },
  );
});
