import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/json.ts";
import { isJsonObject } from "../../../src/core/json.ts";
import type { LineError, LineErrorType, LineOutcome } from "../../../src/core/lines.ts";
import { createGeminiFormat } from "../../../src/formats/gemini/gemini.ts";
import { createOpenAIFormat } from "../../../src/formats/openai/openai.ts";
import { cutLine, readLine } from "../../../src/formats/line-fields.ts";
import { errorOf, expectValid } from "./bodies.ts";

const { requestLine, resultLine } = createGeminiFormat();
const request = (line: JsonObject) => requestLine.parse(readLine(JSON.stringify(line)), 7);
const resultOf = (line: JsonObject) => resultLine.parse(readLine(JSON.stringify(line)), 7);

describe("request lines", () => {
  test.each<[string, JsonObject, object]>([
    [
      "with a key",
      { key: "a", request: { contents: [] } },
      { customId: "a", endpoint: "chat", model: null },
    ],
    ["without one", { request: { contents: [] } }, { customId: null }],
    [
      "of a list in a request",
      { metadata: { key: "a" }, request: { contents: [] } },
      { customId: "a" },
    ],
    ["of Vertex", { custom_id: "a", request: { contents: [] } }, { customId: "a" }],
    ["with a number for a key", { key: 5, request: { contents: [] } }, { customId: "5" }],
    ["with an empty key", { key: "", request: { contents: [] } }, { customId: null }],
    [
      "of embeddings",
      { key: "a", request: { content: { parts: [] } } },
      { endpoint: "embeddings" },
    ],
    ["of several embeddings", { key: "a", request: { requests: [] } }, { endpoint: "embeddings" }],
    [
      "that name their model",
      { request: { model: "models/gemini-2.5-flash", contents: [] } },
      { model: "gemini-2.5-flash" },
    ],
  ])("%s", (_, line, wanted) => {
    expect(requestLine.recognises(Object.keys(line))).toBe(true);
    expect(request(line)).toMatchObject({ line: 7, body: { kind: "value" }, ...wanted });
  });

  test("a body may pass as it was written", () => {
    const body = `{ "contents":[{"parts":[{"text":"1.0"}]}], "generationConfig":{"seed":1152921504606846976,"temperature":1.0} }`;
    const line = requestLine.parse(cutLine(`{"key":"ä\\n","request":${body}}`), 1);
    expect(requestLine.write(line)).toBe(`{"key":"ä\\n","request":${body}}`);
    expect(requestLine.write({ ...line, customId: null })).toBe(`{"request":${body}}`);
  });

  test.each<[JsonObject, string]>([
    [{ key: "a" }, "request: must be an object"],
    [{ key: "a", request: [] }, "request: must be an object"],
  ])("%j is refused", (line, message) => {
    expect(errorOf(() => request(line)).message).toContain(message);
  });

  test("lines of others aren't Gemini's", () => {
    for (const keys of [
      ["custom_id", "method", "url", "body"],
      ["custom_id", "params"],
      ["recordId", "modelInput"],
      ["key", "response"],
    ]) {
      expect(requestLine.recognises(keys)).toBe(false);
    }
  });
});

describe("result lines", () => {
  test.each<[string, JsonObject, object]>([
    [
      "of a file",
      { key: "a", response: { candidates: [] } },
      { customId: "a", outcome: { kind: "succeeded", status: 200 } },
    ],
    [
      "of a list",
      { metadata: { key: "a" }, response: {} },
      { customId: "a", outcome: { kind: "succeeded" } },
    ],
    [
      "of embeddings",
      { response: { embedding: { values: [1] } } },
      { customId: null, outcome: { kind: "succeeded" } },
    ],
    [
      "of Vertex",
      { status: "", processed_time: "t", request: { contents: [] }, response: {}, custom_id: "a" },
      { customId: "a", outcome: { kind: "succeeded" }, input: { kind: "value" } },
    ],
    [
      "that were canceled",
      { key: "a", error: { code: 1, message: "m" } },
      { outcome: { kind: "canceled" } },
    ],
    [
      "that were canceled, in words",
      { key: "a", error: { code: 499, status: "CANCELLED" } },
      { outcome: { kind: "canceled" } },
    ],
    [
      "that say nothing",
      { key: "a", response: null, error: null },
      {
        outcome: {
          kind: "errored",
          error: {
            status: 500,
            type: "server",
            message: "the line has neither a response nor an error",
          },
        },
      },
    ],
    [
      "that failed at Vertex",
      {
        status: `Bad Request: {"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}`,
        request: {},
      },
      {
        outcome: {
          kind: "errored",
          error: { status: 400, type: "invalid_request", message: "m", code: "INVALID_ARGUMENT" },
        },
      },
    ],
    [
      "that failed at Vertex without a word of JSON",
      { status: "Internal {", request: {} },
      { outcome: { kind: "errored", error: { status: 500, message: "Internal {" } } },
    ],
    [
      "with a wrong key",
      {
        key: "a",
        error: {
          code: 400,
          status: "INVALID_ARGUMENT",
          message: "m",
          details: [{ "@type": "t" }, { reason: "API_KEY_INVALID", domain: "googleapis.com" }],
        },
      },
      {
        outcome: {
          kind: "errored",
          error: { status: 401, type: "authentication", code: "API_KEY_INVALID" },
        },
      },
    ],
  ])("%s", (_, line, wanted) => {
    expect(resultLine.recognises(Object.keys(line))).toBe(true);
    expect(resultOf(line)).toMatchObject({ line: 7, id: null, ...wanted });
  });

  test.each<[number, number, LineErrorType]>([
    [0, 500, "server"],
    [2, 500, "server"],
    [3, 400, "invalid_request"],
    [4, 504, "timeout"],
    [5, 404, "not_found"],
    [6, 409, "conflict"],
    [7, 403, "permission"],
    [8, 429, "rate_limit"],
    [9, 400, "invalid_request"],
    [10, 409, "conflict"],
    [11, 400, "invalid_request"],
    [12, 501, "unimplemented"],
    [13, 500, "server"],
    [14, 503, "overloaded"],
    [15, 500, "server"],
    [16, 401, "authentication"],
    [404, 404, "not_found"],
    [429, 429, "rate_limit"],
    [413, 413, "too_large"],
    [418, 418, "invalid_request"],
    [599, 599, "server"],
    [99, 500, "server"],
  ])("the code %i is %i %s", (code, status, type) => {
    const { outcome } = resultOf({ key: "a", error: { code, message: "m" } });
    expect(outcome).toMatchObject({
      kind: "errored",
      error: { status, type, message: "m", native: { family: "gemini" } },
    });
  });

  test("the code may be text, and the word goes before it", () => {
    expect(resultOf({ error: { code: "8" } }).outcome).toMatchObject({
      error: { type: "rate_limit", message: "RESOURCE_EXHAUSTED" },
    });
    expect(resultOf({ error: { code: 13, status: "NOT_FOUND" } }).outcome).toMatchObject({
      error: { type: "not_found" },
    });
  });

  test("an answer passes as it was written, and so does Google's own error", () => {
    const text = `{"key":"a","response":{ "candidates":[], "x":1.0 }}`;
    expect(resultLine.write(resultLine.parse(cutLine(text), 1))).toBe(text);
    const failed = `{"key":"a","error":{ "code":3, "message":"m", "details":[{"x":1.0}] }}`;
    expect(resultLine.write(resultLine.parse(cutLine(failed), 1))).toBe(failed);
  });

  const errored = (error: Partial<LineError>): LineOutcome => ({
    kind: "errored",
    requestId: null,
    error: { status: 400, type: "invalid_request", message: "m", ...error },
  });

  test.each<[string, LineOutcome, JsonObject]>([
    ["an error", errored({}), { code: 3, message: "m", status: "INVALID_ARGUMENT" }],
    [
      "a fault that we found",
      errored({ code: "untranslatable", path: "body.stop", line: 3 }),
      {
        code: 3,
        message: "m",
        status: "INVALID_ARGUMENT",
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            reason: "untranslatable",
            domain: "crossbatch",
            metadata: { path: "body.stop", line: "3" },
          },
        ],
      },
    ],
    [
      "another family's error",
      errored({
        type: "rate_limit",
        native: { family: "openai", body: { kind: "raw", text: "{}" } },
      }),
      { code: 8, message: "m", status: "RESOURCE_EXHAUSTED" },
    ],
    [
      "a canceled line",
      { kind: "canceled" },
      {
        code: 1,
        message: "The request was not executed because the batch was cancelled.",
        status: "CANCELLED",
      },
    ],
  ])("%s is written as a Status", (_, outcome, error) => {
    const text = resultLine.write({ line: 1, customId: "a", id: null, outcome });
    expect(JSON.parse(text)).toEqual({ key: "a", error });
  });

  test.each<LineErrorType>([
    "invalid_request",
    "authentication",
    "permission",
    "not_found",
    "timeout",
    "conflict",
    "rate_limit",
    "server",
    "unimplemented",
    "overloaded",
  ])("an error of the kind %s is of that kind when it is read", (type) => {
    const outcome = errored({ type, code: "later", path: "p", line: 2, param: "q" });
    const line = resultOf(parsed(resultLine.write({ line: 1, customId: "a", id: null, outcome })));
    expect(line.outcome).toMatchObject({
      kind: "errored",
      error: { type, code: "later", path: "p", line: 2, param: "q", message: "m" },
    });
  });

  test.each<LineOutcome>([{ kind: "canceled" }, { kind: "expired" }])(
    "%j is read as such",
    (outcome) => {
      const text = resultLine.write({ line: 1, customId: "a", id: null, outcome });
      expect(resultOf(parsed(text)).outcome).toEqual(outcome);
    },
  );

  test("lines of others aren't Gemini's, nor Gemini's theirs", () => {
    const openai = createOpenAIFormat().resultLine;
    const vertex = ["custom_id", "request", "response", "status"];
    expect(resultLine.recognises(vertex)).toBe(true);
    expect(openai.recognises(vertex)).toBe(false);
    for (const keys of [
      ["id", "custom_id", "response", "error"],
      ["custom_id", "result"],
      ["recordId", "modelInput", "error"],
      ["key", "request"],
    ]) {
      expect(resultLine.recognises(keys)).toBe(false);
    }
  });
});

function parsed(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new Error("a line must be an object");
  return value;
}

test("a key is all that a line of a file has beside its body", () => {
  expectValid("GenerateContentRequest", { contents: [{ parts: [{ text: "A" }] }] });
  expect(requestLine.idKey).toBe("key");
  expect(resultLine.idKey).toBe("key");
});
