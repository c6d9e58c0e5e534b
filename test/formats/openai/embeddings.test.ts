import { describe, expect, test } from "vitest";
import type { EmbeddingRequest, EmbeddingResponse, Vector } from "../../../src/core/embeddings.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { openaiEmbeddings } from "../../../src/formats/openai/embeddings.ts";
import { reportUnsaidEmbedding } from "../../../src/formats/unsaid.ts";
import { specProblem } from "../../support/specs.ts";
import { recordingContext } from "./recording-context.ts";
import { place, printed } from "./translated.ts";

const model = "text-embedding-3-small";
const at = place("content", "parts", 0);

function written(request: EmbeddingRequest) {
  const context = recordingContext({ model });
  reportUnsaidEmbedding(request, openaiEmbeddings, context);
  const body = printed(openaiEmbeddings.writeRequest(request, context));
  return { body, warnings: context.warnings };
}

const foreign = (fields: Partial<EmbeddingRequest> = {}): EmbeddingRequest => ({
  family: "gemini",
  model: null,
  inputs: [{ kind: "text", text: "a", at }],
  extras: [],
  ...fields,
});

describe("an embeddings request", () => {
  test.each<[string, JsonObject]>([
    ["one text", { input: "Hello" }],
    ["several texts", { input: ["Hello", "there"] }],
    ["tokens", { input: [1, 2, 3] }],
    ["lists of tokens", { input: [[1, 2], [3]] }],
    ["all settings", { input: "a", dimensions: 256, encoding_format: "base64", user: "u" }],
  ])("with %s comes out as it went in", (_, fields) => {
    const body = { model, ...fields };
    expect(written(openaiEmbeddings.parseRequest(body))).toEqual({ body, warnings: [] });
    expect(specProblem("openai", "CreateEmbeddingRequest", body)).toBeNull();
  });

  test("keeps what only a compatible host knows", () => {
    const body = { model, input: "a", input_type: "query" };
    expect(written(openaiEmbeddings.parseRequest(body)).body).toEqual(body);
  });

  test.each<[string, string, JsonObject]>([
    ["no input", "input", {}],
    ["an empty list", "input", { input: [] }],
    ["an empty list in a list", "input", { input: ["a", []] }],
    ["half a token", "input", { input: [1.5] }],
    ["an object", "input", { input: [{}] }],
    ["an encoding nobody knows", "encoding_format", { input: "a", encoding_format: "int4" }],
    ["dimensions in words", "dimensions", { input: "a", dimensions: "many" }],
  ])("with %s names the place", (_, path, body) => {
    expect(() => openaiEmbeddings.parseRequest(body)).toThrow(
      expect.objectContaining({ code: "invalid_request", path }),
    );
  });

  test.each<[string, Partial<EmbeddingRequest>, JsonObject, readonly string[]]>([
    ["one text", {}, { input: "a" }, []],
    [
      "parts of text",
      {
        inputs: [
          {
            kind: "parts",
            parts: [
              { kind: "text", text: "a", at },
              { kind: "text", text: "b", at },
            ],
            at,
          },
        ],
      },
      { input: "a\nb" },
      [],
    ],
    ["a task and a title", { task: "query", title: "t" }, { input: "a" }, ["task", "title"]],
    ["an error for long texts", { truncate: "none", normalize: true }, { input: "a" }, []],
    [
      "a cut and raw vectors",
      { truncate: "end", normalize: false },
      { input: "a" },
      ["normalize", "truncate"],
    ],
    [
      "several encodings",
      { encodings: ["int8", "float", "base64"] },
      { input: "a", encoding_format: "float" },
      ["encodings"],
    ],
  ])("of another family with %s", (...[, request, expected, warnings]) => {
    expect(written(foreign(request))).toEqual({ body: { model, ...expected }, warnings });
  });

  test.each<[string, Partial<EmbeddingRequest>]>([
    ["only encodings that OpenAI lacks", { encodings: ["int8"] }],
    [
      "an image",
      {
        inputs: [
          {
            kind: "parts",
            parts: [
              { kind: "image", source: { kind: "url", url: "https://a", mediaType: null }, at },
            ],
            at,
          },
        ],
      },
    ],
  ])("of another family with %s is refused", (_, request) => {
    expect(() => written(foreign(request))).toThrow(
      expect.objectContaining({ code: "untranslatable" }),
    );
  });
});

describe("an embeddings response", () => {
  const response = (...vectors: readonly Vector[]): EmbeddingResponse => ({
    family: "gemini",
    id: null,
    model: null,
    embeddings: vectors.map((vector, index) => ({ index, vectors: [vector] })),
    inputTokens: 7,
    extras: [],
  });

  // 1.5, −2 and 2⁻¹⁴⁹, the smallest there is, are exact in 32 bits.
  const values = [1.5, -2, 2 ** -149];
  const base64 = "AADAPwAAAMABAAAA";

  test.each<[string, Vector, "float" | "base64", readonly number[] | string]>([
    ["floats as such", { encoding: "float", values }, "float", values],
    ["floats as base64", { encoding: "float", values }, "base64", base64],
    ["base64 as floats", { encoding: "base64", data: base64 }, "float", values],
    ["base64 as such", { encoding: "base64", data: base64 }, "base64", base64],
  ])("writes %s", (...[, vector, encoding, expected]) => {
    const context = recordingContext({ model, encoding });
    expect(openaiEmbeddings.writeResponse(response(vector), context)).toEqual({
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: expected }],
      model,
      usage: { prompt_tokens: 7, total_tokens: 7 },
    });
    expect(context.warnings).toEqual([]);
  });

  test("says that whole numbers stand for floats", () => {
    const context = recordingContext({ model });
    const body = openaiEmbeddings.writeResponse(
      response({ encoding: "int8", values: [1, -128] }),
      context,
    );
    expect(body["data"]).toMatchObject([{ embedding: [1, -128] }]);
    expect(context.warnings).toEqual(["data[]"]);
  });

  test("is read in the order of the inputs, in either encoding", () => {
    const body = {
      object: "list",
      data: [
        { object: "embedding", index: 1, embedding: base64 },
        { object: "embedding", index: 0, embedding: [0.25] },
      ],
      model,
      usage: { prompt_tokens: 3, total_tokens: 3 },
    };
    const read = openaiEmbeddings.parseResponse(body);
    expect(read).toMatchObject({
      model,
      inputTokens: 3,
      embeddings: [
        { index: 0, vectors: [{ encoding: "float", values: [0.25] }] },
        { index: 1, vectors: [{ encoding: "base64", data: base64 }] },
      ],
    });
    const back = openaiEmbeddings.writeResponse(read, recordingContext({ model }));
    expect(specProblem("openai", "CreateEmbeddingResponse", printed(back))).toBeNull();
  });

  test.each<[string, string]>([
    ["bytes that are no floats", "AAA="],
    ["nothing", ""],
    ["not a number", "AADAfw=="],
  ])("with base64 of %s is no answer", (_, data) => {
    expect(() =>
      openaiEmbeddings.writeResponse(
        response({ encoding: "base64", data }),
        recordingContext({ model }),
      ),
    ).toThrow(expect.objectContaining({ code: "invalid_request", path: "data[0].embedding" }));
  });

  test.each<[string, string, JsonObject]>([
    ["no data", "data", {}],
    ["a vector of words", "data[0].embedding", { data: [{ embedding: ["a"] }] }],
    ["an item that is a number", "data[0]", { data: [1] }],
  ])("with %s is no answer", (_, path, body) => {
    expect(() => openaiEmbeddings.parseResponse(body)).toThrow(
      expect.objectContaining({ code: "invalid_request", path }),
    );
  });
});
