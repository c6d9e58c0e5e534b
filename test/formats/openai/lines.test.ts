import { describe, expect, test } from "vitest";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import type { LineError, LineOutcome, RequestLine, ResultLine } from "../../../src/core/lines.ts";
import { cutLine, readLine } from "../../../src/formats/line-fields.ts";
import { createOpenAIFormat } from "../../../src/formats/openai/openai.ts";
import { specProblem } from "../../support/specs.ts";

const { requestLine, resultLine } = createOpenAIFormat();

const parsed = (text: string): JsonObject => {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error("a line must be an object");
  return value;
};

describe("a request line", () => {
  const body = '{"model":"gpt-4o","messages":[],"temperature":1.0,"seed":9223372036854775807}';
  const text = `{"custom_id":"ü/1","method":"POST","url":"/v1/chat/completions","body":${body}}`;

  test("is cut so that its body stays byte for byte", () => {
    const line = requestLine.parse(cutLine(text), 3);
    expect(line).toEqual({
      line: 3,
      customId: "ü/1",
      endpoint: "chat",
      model: "gpt-4o",
      body: { kind: "raw", text: body },
    });
    expect(requestLine.write(line)).toBe(text);
  });

  test("is read with its body as a value", () => {
    const line = requestLine.parse(readLine(text), 1);
    expect(line.body).toEqual({ kind: "value", value: parsed(body) });
    expect(specProblem("openai", "BatchRequestInput", parsed(requestLine.write(line)))).toBeNull();
  });

  test.each<[string, RequestLine["endpoint"], string]>([
    ["/v1/chat/completions", "chat", "/v1/chat/completions"],
    ["/chat/completions", "chat", "/v1/chat/completions"],
    ["/v1/responses", "responses", "/v1/responses"],
    ["/v1/embeddings", "embeddings", "/v1/embeddings"],
    ["/v1/completions", "/v1/completions", "/v1/completions"],
    ["/v1/moderations", "/v1/moderations", "/v1/moderations"],
  ])("to %s goes to the endpoint %s", (url, endpoint, written) => {
    const line = requestLine.parse(readLine(JSON.stringify({ custom_id: "a", url, body: {} })), 1);
    expect(line).toMatchObject({ endpoint, model: null });
    expect(parsed(requestLine.write(line))).toEqual({
      custom_id: "a",
      method: "POST",
      url: written,
      body: {},
    });
  });

  test.each<[string, string, JsonObject]>([
    ["no custom_id", "custom_id", { url: "/v1/responses", body: {} }],
    ["an empty custom_id", "custom_id", { custom_id: "", url: "/v1/responses", body: {} }],
    ["a custom_id that is a number", "custom_id", { custom_id: 1, url: "/a", body: {} }],
    ["another method", "method", { custom_id: "a", method: "GET", url: "/a", body: {} }],
    ["no url", "url", { custom_id: "a", body: {} }],
    ["a url with a host", "url", { custom_id: "a", url: "https://a/v1/responses", body: {} }],
    ["no body", "body", { custom_id: "a", url: "/a" }],
    ["a body that is a text", "body", { custom_id: "a", url: "/a", body: "{}" }],
  ])("with %s names the place", (_, path, fields) => {
    for (const read of [readLine, cutLine]) {
      expect(() => requestLine.parse(read(JSON.stringify(fields)), 1)).toThrow(
        expect.objectContaining({ name: "CodecError", code: "invalid_request", path }),
      );
    }
  });

  test("without an id of its own gets one from its place", () => {
    const line = {
      line: 7,
      customId: null,
      endpoint: "chat",
      model: null,
      body: { kind: "raw", text: "{}" },
    } as const;
    expect(parsed(requestLine.write(line))["custom_id"]).toBe("request-7");
  });

  test("nested too deep to be printed fails as a line", () => {
    const value = parsed(`{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`);
    const line = {
      line: 1,
      customId: "a",
      endpoint: "chat",
      model: null,
      body: { kind: "value", value },
    } as const;
    expect(() => requestLine.write(line)).toThrow(expect.objectContaining({ name: "CodecError" }));
  });
});

describe("a line is recognised by its keys", () => {
  test.each<[string, boolean, boolean]>([
    ["custom_id method url body", true, false],
    ["url body", true, false],
    ["custom_id body", true, false],
    ["id custom_id response error", false, true],
    ["custom_id response", false, true],
    ["custom_id error", false, true],
    ["custom_id params", false, false],
    ["custom_id result", false, false],
    ["key request", false, false],
    ["key response", false, false],
    ["custom_id request response status", false, false],
    ["recordId modelInput", false, false],
    ["recordId modelInput error", false, false],
    ["body", false, false],
  ])("%s", (keys, isRequest, isResult) => {
    const list = keys.split(" ");
    expect(requestLine.recognises(list)).toBe(isRequest);
    expect(resultLine.recognises(list)).toBe(isResult);
  });
});

describe("a result line", () => {
  const succeeded =
    '{"id":"batch_req_1","custom_id":"a","response":{"status_code":200,"request_id":"req_1","body":{"x":1.0}},"error":null}';
  const refused =
    '{"id":"batch_req_2","custom_id":"b","response":{"status_code":400,"request_id":"req_2","body":{"error":{"message":"Too hot","type":"invalid_request_error","param":"temperature","code":"x"},"n":1.0}},"error":null}';
  const expired =
    '{"id":"batch_req_3","custom_id":"c","response":null,"error":{"code":"batch_expired","message":"This request could not be executed before the completion window expired."}}';
  const cancelled =
    '{"id":"batch_req_4","custom_id":"d","response":null,"error":{"code":"batch_cancelled","message":"This request was not executed because the batch was cancelled."}}';

  test.each<[string, string, LineOutcome["kind"]]>([
    ["a success", succeeded, "succeeded"],
    ["a refusal", refused, "errored"],
    ["an expiry", expired, "expired"],
    ["a cancel", cancelled, "canceled"],
  ])("of %s is the same text after cutting and writing", (_, text, kind) => {
    const line = resultLine.parse(cutLine(text), 1);
    expect(line.outcome.kind).toBe(kind);
    expect(resultLine.write(line)).toBe(text);
  });

  test.each([succeeded, refused, expired, cancelled])("%s has OpenAI's shape", (text) => {
    const written = parsed(resultLine.write(resultLine.parse(readLine(text), 1)));
    expect(written).toEqual(parsed(text));
    expect(specProblem("openai", "BatchRequestOutput", written)).toBeNull();
  });

  test("keeps all that a refusal said", () => {
    expect(resultLine.parse(readLine(refused), 1).outcome).toMatchObject({
      kind: "errored",
      requestId: "req_2",
      error: {
        status: 400,
        type: "invalid_request",
        message: "Too hot",
        code: "x",
        param: "temperature",
        native: { family: "openai", body: { kind: "value" } },
      },
    });
  });

  test.each<[number, JsonObject, LineError["type"], string]>([
    [401, { error: { message: "m", type: "invalid_request_error" } }, "authentication", "m"],
    [403, { error: { message: "m" } }, "permission", "m"],
    [404, { error: { message: "m", type: "invalid_request_error" } }, "not_found", "m"],
    [408, { error: "late" }, "timeout", "late"],
    [409, {}, "conflict", "status 409"],
    [413, { message: "big" }, "too_large", "big"],
    [422, { error: { message: "m" } }, "invalid_request", "m"],
    [429, { error: { message: "m", type: "tokens" } }, "rate_limit", "m"],
    [429, { error: { message: "m", type: "insufficient_quota" } }, "billing", "m"],
    [418, { error: { message: "m" } }, "invalid_request", "m"],
    [500, { error: { message: "m", type: "server_error" } }, "server", "m"],
    [501, { error: { message: "m" } }, "unimplemented", "m"],
    [503, { error: { message: "m" } }, "overloaded", "m"],
    [529, { error: { message: "m" } }, "overloaded", "m"],
    [504, { error: { message: "m" } }, "timeout", "m"],
  ])("with status %i and %j is an error of type %s", (...[status, body, type, message]) => {
    const text = JSON.stringify({ custom_id: "a", response: { status_code: status, body } });
    expect(resultLine.parse(cutLine(text), 1).outcome).toMatchObject({
      kind: "errored",
      error: { status, type, message },
    });
  });

  test.each<[string, string, Partial<LineError>]>([
    ["nothing at all", '{"custom_id":"a"}', { status: 500, type: "server" }],
    [
      "a code of tomorrow",
      '{"custom_id":"a","response":null,"error":{"code":"eaten","message":"Mice"}}',
      { status: 500, type: "server", code: "eaten", message: "Mice" },
    ],
    [
      "a refusal of ours",
      '{"custom_id":"a","response":null,"error":{"code":"untranslatable","message":"No","param":"body.n","line":3}}',
      { status: 400, type: "invalid_request", code: "untranslatable", path: "body.n", line: 3 },
    ],
    [
      "a status that is none",
      '{"custom_id":"a","response":{"status_code":302,"body":null},"error":null}',
      { status: 500, type: "server", message: "status 500", native: undefined },
    ],
    [
      "an error without a status",
      '{"custom_id":"a","response":{"body":{"error":{"message":"m"}}}}',
      { status: 500, message: "m" },
    ],
  ])("with %s is an error", (_, text, error) => {
    expect(resultLine.parse(cutLine(text), 1).outcome).toMatchObject({ kind: "errored", error });
  });

  test("without a status has one if its body is an answer", () => {
    const { outcome } = resultLine.parse(cutLine('{"custom_id":"a","response":{"body":{}}}'), 1);
    expect(outcome).toMatchObject({ kind: "succeeded", status: 200 });
  });

  test("that succeeded without a body names the place", () => {
    const text = '{"custom_id":"a","response":{"status_code":200,"body":"x"}}';
    expect(() => resultLine.parse(cutLine(text), 1)).toThrow(
      expect.objectContaining({ code: "invalid_request", path: "response.body" }),
    );
  });

  const from = (outcome: LineOutcome, fields: Partial<ResultLine> = {}): ResultLine => ({
    line: 1,
    customId: "a",
    id: null,
    outcome,
    ...fields,
  });
  const error = (fields: Partial<LineError>): LineOutcome => ({
    kind: "errored",
    requestId: null,
    error: { status: 400, type: "invalid_request", message: "m", ...fields },
  });

  test.each<[LineError["type"], number, string]>([
    ["invalid_request", 400, "invalid_request_error"],
    ["authentication", 401, "authentication_error"],
    ["billing", 402, "insufficient_quota"],
    ["permission", 403, "permission_error"],
    ["not_found", 404, "not_found_error"],
    ["timeout", 504, "timeout_error"],
    ["conflict", 409, "conflict_error"],
    ["too_large", 413, "invalid_request_error"],
    ["rate_limit", 429, "rate_limit_error"],
    ["server", 500, "server_error"],
    ["unimplemented", 501, "server_error"],
    ["overloaded", 503, "server_error"],
  ])("of another family's %s keeps status %i in the response", (type, status, word) => {
    const native = { family: "anthropic", body: { kind: "raw", text: "{}" } } as const;
    const text = resultLine.write(from(error({ type, status, native })));
    expect(parsed(text)).toEqual({
      id: expect.stringMatching(/^batch_req_[0-9a-f]{32}$/),
      custom_id: "a",
      response: {
        status_code: status,
        request_id: "",
        body: { error: { message: "m", type: word, param: null, code: null } },
      },
      error: null,
    });
    expect(specProblem("openai", "BatchRequestOutput", parsed(text))).toBeNull();
    expect(resultLine.parse(readLine(text), 1).outcome).toMatchObject({
      kind: "errored",
      requestId: null,
      error: { status, type, message: "m" },
    });
  });

  test.each<[string, Partial<LineError>, JsonObject]>([
    [
      "a fault we found",
      { line: 4, path: "body.n" },
      { code: "invalid_request", message: "m", param: "body.n", line: 4 },
    ],
    ["what can't be said", { code: "untranslatable" }, { code: "untranslatable", message: "m" }],
    [
      "a line without a result",
      { code: "missing", type: "server", status: 500 },
      { code: "missing", message: "m" },
    ],
    [
      "a result that can't be read",
      { code: "invalid_result", type: "server", status: 500 },
      { code: "invalid_result", message: "m" },
    ],
  ])("of %s never ran", (_, fields, expected) => {
    const written = parsed(resultLine.write(from(error(fields))));
    expect(written).toMatchObject({ response: null, error: expected });
    expect(specProblem("openai", "BatchRequestOutput", written)).toBeNull();
  });

  test("has an id of its own that is the same on every run", () => {
    const id = (customId: string | null, line: number) =>
      parsed(resultLine.write(from({ kind: "expired" }, { customId, line })))["id"];
    expect(id("a", 1)).toBe(id("a", 2));
    expect(new Set([id("a", 1), id("b", 1), id(null, 1), id(null, 2)]).size).toBe(4);
  });
});
