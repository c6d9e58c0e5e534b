import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/core/json.ts";
import type { LineError, LineOutcome } from "../../../src/core/lines.ts";
import { createAnthropicFormat } from "../../../src/formats/anthropic/anthropic.ts";
import { cutLine, readLine } from "../../../src/formats/line-fields.ts";
import { expectValid } from "./bodies.ts";

const format = createAnthropicFormat();
const { requestLine, resultLine, idRule, bodies } = format;
const params = `{ "model" : "claude-sonnet-4-5", "max_tokens": 1.0, "messages": [] }`;

describe("A request line", () => {
  const text = `{"custom_id":"a","params":${params}}`;

  test("is read as a value or cut out as text", () => {
    const known = {
      line: 3,
      customId: "a",
      endpoint: "chat",
      model: "claude-sonnet-4-5",
    };
    expect(requestLine.parse(readLine(text), 3)).toEqual({
      ...known,
      body: { kind: "value", value: JSON.parse(params) as Json },
    });
    expect(requestLine.parse(cutLine(text), 3)).toEqual({
      ...known,
      body: { kind: "raw", text: params },
    });
  });

  test("is written as it was cut", () => {
    expect(requestLine.write(requestLine.parse(cutLine(text), 1))).toBe(text);
  });

  test("is written from a value", () => {
    const value = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "ü\u2028\n" }] };
    const line = { line: 1, customId: `q"1`, endpoint: "chat", model: "m" } as const;
    const written = requestLine.write({ ...line, body: { kind: "value", value } });
    expect(JSON.parse(written)).toEqual({ custom_id: `q"1`, params: value });
    expect(written).not.toContain("\n");
    expectValid("MessageBatchIndividualRequestParams", {
      ...(JSON.parse(written) as JsonObject),
      custom_id: "q1",
    });
  });

  test.each([
    [`{"params":{}}`, "custom_id"],
    [`{"custom_id":7,"params":{}}`, "custom_id"],
    [`{"custom_id":"","params":{}}`, "custom_id"],
    [`{"custom_id":"a"}`, "params"],
    [`{"custom_id":"a","params":[]}`, "params"],
  ])("%s is refused", (line, path) => {
    for (const read of [readLine, cutLine]) {
      expect(() => requestLine.parse(read(line), 1)).toThrow(
        expect.objectContaining({ code: "invalid_request", path }),
      );
    }
  });

  test.each([
    [["custom_id", "params"], true, false],
    [["custom_id", "result"], false, true],
    [["custom_id", "method", "url", "body"], false, false],
    [["id", "custom_id", "response", "error"], false, false],
    [["key", "request"], false, false],
    [["params"], false, false],
  ])("keys %j: a request %s, a result %s", (keys, isRequest, isResult) => {
    expect(requestLine.recognises(keys)).toBe(isRequest);
    expect(resultLine.recognises(keys)).toBe(isResult);
  });
});

const parse = (result: Json): LineOutcome =>
  resultLine.parse(readLine(JSON.stringify({ custom_id: "a", result })), 1).outcome;

const envelope = (error: JsonObject, request_id: string | null = null) => ({
  type: "error",
  error,
  request_id,
});

describe("A result line", () => {
  test("that succeeded passes its body", () => {
    const text = `{"custom_id":"a","result":{"type":"succeeded","message":{"id": "msg_1"}}}`;
    const line = resultLine.parse(cutLine(text), 1);
    expect(line).toEqual({
      line: 1,
      customId: "a",
      id: null,
      outcome: {
        kind: "succeeded",
        status: 200,
        requestId: null,
        body: { kind: "raw", text: `{"id": "msg_1"}` },
      },
    });
    expect(resultLine.write(line)).toBe(text);
  });

  test.each([{ kind: "canceled" }, { kind: "expired" }] as const)("$kind", (outcome) => {
    expect(parse({ type: outcome.kind })).toEqual(outcome);
    const written = resultLine.write({ line: 1, customId: "a", id: null, outcome });
    expect(written).toBe(`{"custom_id":"a","result":{"type":"${outcome.kind}"}}`);
    expectValid("MessageBatchIndividualResponse", JSON.parse(written));
  });

  test.each([
    ["invalid_request_error", "invalid_request", 400],
    ["authentication_error", "authentication", 401],
    ["billing_error", "billing", 402],
    ["permission_error", "permission", 403],
    ["not_found_error", "not_found", 404],
    ["conflict_error", "conflict", 409],
    ["request_too_large", "too_large", 413],
    ["rate_limit_error", "rate_limit", 429],
    ["api_error", "server", 500],
    ["timeout_error", "timeout", 504],
    ["overloaded_error", "overloaded", 503],
    ["made_after_this_was_written", "server", 500],
  ])("%s is %s", (word, type, status) => {
    const whole = envelope({ type: word, message: "model: claude-x" }, "workerreq_1");
    expect(parse({ type: "errored", error: whole })).toEqual({
      kind: "errored",
      requestId: "workerreq_1",
      error: {
        status,
        type,
        message: "model: claude-x",
        code: undefined,
        native: { family: "anthropic", body: { kind: "value", value: whole } },
      },
    });
  });

  test("has the code of an error", () => {
    const details = { error_code: "file_expired" };
    const error = envelope({ type: "not_found_error", message: "gone", details });
    expect(parse({ type: "errored", error })).toMatchObject({ error: { code: "file_expired" } });
  });

  test.each([
    [{ type: "errored" }, "the provider gave no reason"],
    [{ type: "errored", error: { type: "api_error", message: "flat" } }, "flat"],
    [{ type: "errored", error: { error: { message: 1 } } }, "the provider gave no reason"],
    [{ type: "vanished" }, "the result is of an unknown type: vanished"],
    [{}, "the result is of an unknown type: none"],
  ])("%j is an error all the same", (result, message) => {
    expect(parse(result)).toMatchObject({
      kind: "errored",
      error: { status: 500, type: "server", message },
    });
  });

  test.each([
    [{ type: "succeeded" }, "result.message"],
    ["succeeded", "result"],
  ])("%j is refused", (result, path) => {
    expect(() => parse(result)).toThrow(expect.objectContaining({ path }));
  });

  const write = (error: LineError, requestId: string | null = null) =>
    JSON.parse(
      resultLine.write({
        line: 1,
        customId: "a",
        id: null,
        outcome: { kind: "errored", requestId, error },
      }),
    ) as { readonly result: JsonObject };

  test("writes an error of another family's in Anthropic's words", () => {
    const error = {
      status: 400,
      type: "invalid_request",
      message: "body.n: no",
      code: "untranslatable",
    } as const;
    const written = write(error, "req_1");
    expect(written).toEqual({
      custom_id: "a",
      result: {
        type: "errored",
        error: {
          type: "error",
          error: {
            type: "invalid_request_error",
            message: "body.n: no",
            details: { error_code: "untranslatable" },
          },
          request_id: "req_1",
        },
      },
    });
    expectValid("MessageBatchIndividualResponse", written);
  });

  test.each([
    ["invalid_request", "invalid_request_error"],
    ["authentication", "authentication_error"],
    ["billing", "billing_error"],
    ["permission", "permission_error"],
    ["not_found", "not_found_error"],
    ["timeout", "timeout_error"],
    ["conflict", "conflict_error"],
    ["too_large", "request_too_large"],
    ["rate_limit", "rate_limit_error"],
    ["server", "api_error"],
    ["unimplemented", "api_error"],
    ["overloaded", "overloaded_error"],
  ] as const)("%s is written as %s", (type, word) => {
    const { result } = write({ status: 500, type, message: "m" });
    expect(result).toHaveProperty("error.error", { type: word, message: "m" });
  });

  test("writes an error of Anthropic's as it was", () => {
    const raw = `{"type":"error", "error":{"type":"api_error","message":"m","new":1.0}}`;
    const text = `{"custom_id":"a","result":{"type":"errored","error":${raw}}}`;
    expect(resultLine.write(resultLine.parse(cutLine(text), 1))).toBe(text);
  });
});

describe("The format", () => {
  test.each([
    ["a", true],
    ["A-b_9", true],
    ["x".repeat(64), true],
    ["x".repeat(65), false],
    ["", false],
    ["a b", false],
    ["ü", false],
    ["a\n", false],
  ])("custom id %j: %s", (id, isTaken) => {
    expect(idRule?.pattern.test(id)).toBe(isTaken);
  });

  test("has one body, for chats", () => {
    expect(bodies.map((body) => body.codec.name)).toEqual(["anthropic.messages"]);
    const choice = { model: null, variant: null, sample: null };
    expect(format.chooseBody({ ...choice, endpoint: "chat" })).toBe(bodies[0]);
    expect(format.chooseBody({ ...choice, endpoint: "responses" })).toBe(bodies[0]);
  });

  test.each(["embeddings", "/v1/moderations"] as const)("has no %s", (endpoint) => {
    expect(() => format.chooseBody({ endpoint, model: null, variant: null, sample: null })).toThrow(
      expect.objectContaining({ name: "CodecError", code: "untranslatable" }),
    );
  });
});
