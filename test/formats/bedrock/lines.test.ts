import { describe, expect, test } from "vitest";
import { CodecError } from "../../../src/core/codec-error.ts";
import type { Json, JsonObject } from "../../../src/core/json.ts";
import type { LineOutcome, RequestLine, ResultLine } from "../../../src/core/lines.ts";
import { cutLine, readLine } from "../../../src/formats/line-fields.ts";
import { bedrock } from "./bodies.ts";

const { requestLine, resultLine } = bedrock;
const input = { messages: [{ role: "user", content: [{ text: "Hi" }] }] };

function line(value: JsonObject): string {
  return JSON.stringify(value);
}

describe("A record of a job's input", () => {
  test("is read, with its body parsed or cut out", () => {
    const text = `{ "recordId" : "CALL0000001", "modelInput": {"a": 1.0} }`;
    const expected = { line: 3, customId: "CALL0000001", endpoint: "chat", model: null };
    expect(requestLine.parse(readLine(text), 3)).toEqual({
      ...expected,
      body: { kind: "value", value: { a: 1 } },
    });
    expect(requestLine.parse(cutLine(text), 3)).toEqual({
      ...expected,
      body: { kind: "raw", text: `{"a": 1.0}` },
    });
  });

  test.each<[string, Json | undefined]>([
    ["none", undefined],
    ["null", null],
    ["an empty one", ""],
  ])("may be without an id: %s", (_, recordId) => {
    const text = line({ recordId, modelInput: input });
    expect(requestLine.parse(readLine(text), 1).customId).toBeNull();
  });

  test.each<[string, JsonObject, string]>([
    ["a chat", input, "chat"],
    ["Titan's text with settings", { inputText: "a", textGenerationConfig: {} }, "chat"],
    ["Titan's text alone", { inputText: "a" }, "embeddings"],
    ["Cohere's texts", { texts: ["a"] }, "embeddings"],
    ["Cohere's images", { images: ["a"], input_type: "image" }, "embeddings"],
  ])("says what it asks for: %s", (_, modelInput, endpoint) => {
    expect(requestLine.parse(readLine(line({ recordId: "a", modelInput })), 1).endpoint).toBe(
      endpoint,
    );
  });

  test("is written, with an id as in AWS's examples where there is none", () => {
    const request: RequestLine = {
      line: 12,
      customId: null,
      endpoint: "chat",
      model: "m",
      body: { kind: "raw", text: `{"a":1.0}` },
    };
    expect(requestLine.write(request)).toBe(`{"recordId":"LINE0000012","modelInput":{"a":1.0}}`);
    expect(requestLine.write({ ...request, customId: `a"b` })).toContain(`"recordId":"a\\"b"`);
  });

  test.each<[string, JsonObject, string]>([
    ["an id that is no text", { recordId: 5, modelInput: input }, "recordId"],
    ["no body", { recordId: "a" }, "modelInput"],
    ["a body that is no object", { recordId: "a", modelInput: [] }, "modelInput"],
  ])("is refused with %s", (_, value, path) => {
    const parse = () => requestLine.parse(readLine(line(value)), 1);
    expect(parse).toThrow(CodecError);
    expect(parse).toThrow(expect.objectContaining({ path }));
  });

  test.each<[readonly string[], boolean, boolean]>([
    [["recordId", "modelInput"], true, false],
    [["modelInput"], true, false],
    [["recordId", "modelInput", "modelOutput"], false, true],
    [["recordId", "modelInput", "error"], false, true],
    [["recordId", "error"], false, true],
    [["custom_id", "error"], false, false],
    [["key", "error"], false, false],
    [["custom_id", "body"], false, false],
  ])("is known by its keys: %j", (keys, isRequest, isResult) => {
    expect(requestLine.recognises(keys)).toBe(isRequest);
    expect(resultLine.recognises(keys)).toBe(isResult);
  });
});

function outcome(value: JsonObject): LineOutcome {
  return resultLine.parse(readLine(line({ recordId: "a", modelInput: input, ...value })), 1)
    .outcome;
}

describe("A record of a job's output", () => {
  test("is read and written again", () => {
    const text = line({ recordId: "a", modelInput: input, modelOutput: { b: 1 } });
    for (const read of [readLine, cutLine]) {
      const result = resultLine.parse(read(text), 1);
      expect(result.outcome).toMatchObject({ kind: "succeeded", status: 200, requestId: null });
      expect(resultLine.write(result)).toBe(text);
    }
  });

  test("may lack id and input", () => {
    const text = line({ modelOutput: { b: 1 } });
    const result = resultLine.parse(readLine(text), 7);
    expect(result).toMatchObject({ customId: null, input: undefined });
    expect(resultLine.write(result)).toBe(`{"recordId":"LINE0000007","modelOutput":{"b":1}}`);
  });

  test.each<[string, JsonObject, readonly [number, string]]>([
    ["a bad request", { errorCode: 400, errorMessage: "bad" }, [400, "invalid_request"]],
    ["a code in text", { errorCode: "403", errorMessage: "no" }, [403, "permission"]],
    ["too many calls", { errorCode: 429, errorMessage: "slow down" }, [429, "rate_limit"]],
    ["a timeout", { errorCode: 408, errorMessage: "late" }, [408, "timeout"]],
    ["a model that failed", { errorCode: 424, errorMessage: "m" }, [424, "server"]],
    ["a service that is down", { errorCode: 503, errorMessage: "m" }, [503, "overloaded"]],
    [
      "an exception for the code",
      { errorCode: "ThrottlingException", errorMessage: "m" },
      [429, "rate_limit"],
    ],
    [
      "a conflict, which AWS gives as 400",
      { errorCode: 400, errorMessage: "ConflictException: there is one" },
      [409, "conflict"],
    ],
    [
      "a full quota, which AWS gives as 400",
      { errorCode: 400, errorMessage: "ServiceQuotaExceededException: full" },
      [429, "rate_limit"],
    ],
    [
      "a wrong key, which AWS gives as 403",
      { errorCode: 403, errorMessage: "UnrecognizedClientException: who?" },
      [401, "authentication"],
    ],
    ["a code that is none", { errorCode: 200, errorMessage: "m" }, [500, "server"]],
    ["no code", { errorMessage: "m" }, [500, "server"]],
    ["nothing", {}, [500, "server"]],
  ])("says what failed: %s", (_, error, [status, type]) => {
    const result = outcome({ error });
    expect(result).toMatchObject({ kind: "errored", error: { status, type } });
    const record = { line: 1, customId: "a", id: null, outcome: result };
    expect(JSON.parse(resultLine.write(record))).toEqual({ recordId: "a", error });
  });

  test("an error of another family is written as Bedrock's", () => {
    const result: ResultLine = {
      line: 1,
      customId: "a",
      id: null,
      outcome: {
        kind: "errored",
        requestId: "r",
        error: {
          status: 404,
          type: "not_found",
          message: "model: claude-x",
          native: { family: "anthropic", body: { kind: "raw", text: "{}" } },
        },
      },
    };
    expect(resultLine.write(result)).toBe(
      `{"recordId":"a","error":{"errorCode":404,"errorMessage":"model: claude-x"}}`,
    );
  });

  test.each(["canceled", "expired"] as const)(
    "a line that was %s says so and is read again",
    (kind) => {
      const text = resultLine.write({ line: 1, customId: "a", id: null, outcome: { kind } });
      expect(JSON.parse(text)).toMatchObject({ recordId: "a", error: { errorCode: 400 } });
      expect(resultLine.parse(readLine(text), 1).outcome).toEqual({ kind });
    },
  );

  test("a record with neither is an error", () => {
    expect(outcome({})).toMatchObject({ kind: "errored", error: { status: 500 } });
    expect(outcome({ modelOutput: null, error: null })).toMatchObject({ kind: "errored" });
  });
});
