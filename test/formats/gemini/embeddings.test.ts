import { describe, expect, test } from "vitest";
import type { EmbeddingRequest } from "../../../src/core/embeddings.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { geminiEmbeddings } from "../../../src/formats/gemini/embeddings.ts";
import { reportUnsaidEmbedding } from "../../../src/formats/unsaid.ts";
import { at, createContext, errorOf, expectValid, printed, text } from "./bodies.ts";

const content = (...parts: JsonObject[]) => ({ content: { parts } });
const parse = (body: JsonObject) => geminiEmbeddings.parseRequest(body);

describe("requests are read", () => {
  test.each<[string, JsonObject, Partial<EmbeddingRequest>]>([
    [
      "a text",
      content({ text: "A" }),
      { inputs: [{ kind: "text", text: "A", at: expect.anything() }] },
    ],
    [
      "several parts",
      content({ text: "A" }, { text: "B" }),
      {
        inputs: [
          {
            kind: "parts",
            parts: [expect.objectContaining({ text: "A" }), expect.objectContaining({ text: "B" })],
            at: expect.anything(),
          },
        ],
      },
    ],
    [
      "settings",
      {
        ...content({ text: "A" }),
        model: "models/m",
        taskType: "RETRIEVAL_DOCUMENT",
        title: "T",
        outputDimensionality: "512",
      },
      { model: "m", task: "document", title: "T", dimensions: 512 },
    ],
    [
      "snake case",
      { ...content({ text: "A" }), task_type: "CODE_RETRIEVAL_QUERY", output_dimensionality: 5 },
      { task: "code_query", dimensions: 5 },
    ],
    [
      "no task",
      { ...content({ text: "A" }), taskType: "TASK_TYPE_UNSPECIFIED" },
      { task: undefined },
    ],
    [
      "several requests",
      { requests: [content({ text: "A" }), content({ text: "B" })] },
      { inputs: [expect.objectContaining({ text: "A" }), expect.objectContaining({ text: "B" })] },
    ],
  ] as [string, JsonObject, Partial<EmbeddingRequest>][])("%s", (_, body, wanted) => {
    expect(parse(body)).toMatchObject(wanted);
  });

  test.each<[string, JsonObject, string]>([
    ["no content", {}, "content: must be an object; it is missing"],
    ["no parts", { content: {} }, "content.parts: must hold a part"],
    ["a call", content({ functionCall: { name: "f" } }), "content.parts[0]: can't be embedded"],
    [
      "an unknown task",
      { ...content({ text: "A" }), taskType: "X" },
      "taskType: must be one of RETRIEVAL_QUERY",
    ],
    ["no requests", { requests: [] }, "requests: must hold a request"],
    [
      "requests that differ",
      { requests: [content({ text: "A" }), { ...content({ text: "B" }), title: "T" }] },
      "requests[1]: must ask for the same",
    ],
  ])("%s is refused", (_, body, message) => {
    expect(errorOf(() => parse(body)).message).toContain(message);
  });
});

function written(fields: Partial<EmbeddingRequest>) {
  const request: EmbeddingRequest = {
    family: "openai",
    model: "m",
    inputs: [{ kind: "text", text: "A", at }],
    extras: [],
    ...fields,
  };
  const context = createContext({ model: "gemini-embedding-001" });
  reportUnsaidEmbedding(request, geminiEmbeddings, context);
  const body = printed(geminiEmbeddings.writeRequest(request, context));
  expectValid(
    body["requests"] === undefined ? "EmbedContentRequest" : "BatchEmbedContentsRequest",
    body,
  );
  return { body, warnings: context.warnings };
}

describe("requests are written", () => {
  type Row = readonly [Partial<EmbeddingRequest>, JsonObject, string[]?];
  const rows: readonly (readonly [string, ...Row])[] = [
    [
      "a text",
      { dimensions: 512, encodings: ["float"] },
      { ...content({ text: "A" }), outputDimensionality: 512 },
    ],
    ["base64 is the reader's business", { encodings: ["base64"] }, content({ text: "A" })],
    [
      "a task",
      { task: "query", title: "T" },
      { ...content({ text: "A" }), taskType: "RETRIEVAL_QUERY", title: "T" },
    ],
    ["a task that Gemini hasn't", { task: "image" }, content({ text: "A" }), ["task"]],
    [
      "what Gemini hasn't",
      { user: "u", truncate: "end", normalize: true, encodings: ["float", "int8"] },
      content({ text: "A" }),
      ["truncate", "normalize", "user", "encodings"],
    ],
    [
      "parts",
      {
        inputs: [
          {
            kind: "parts",
            parts: [
              text("A"),
              {
                kind: "image",
                source: { kind: "base64", mediaType: "image/png", data: "AAAA" },
                at,
              },
            ],
            at,
          },
        ],
      },
      content({ text: "A" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }),
    ],
    [
      "several",
      {
        inputs: [
          { kind: "text", text: "A", at },
          { kind: "text", text: "B", at },
        ],
      },
      { requests: [content({ text: "A" }), content({ text: "B" })] },
    ],
  ];

  test.each(rows.map(([title, ...row]): [string, Row] => [title, row]))("%s", (_, row) => {
    const [fields, wanted, warnings = []] = row;
    const { body, warnings: given } = written(fields);
    expect(body).toEqual(wanted);
    expect(given.toSorted()).toEqual(warnings.toSorted());
  });

  test.each<[string, Partial<EmbeddingRequest>, string]>([
    ["tokens", { inputs: [{ kind: "tokens", tokens: [1], at }] }, "tokens can't be embedded"],
    ["bits", { encodings: ["binary"] }, "Gemini's vectors are floats"],
    [
      "a GIF",
      {
        inputs: [
          {
            kind: "parts",
            parts: [
              { kind: "image", source: { kind: "base64", mediaType: "image/gif", data: "" }, at },
            ],
            at,
          },
        ],
      },
      "image/gif",
    ],
  ])("%s can't be", (_, fields, message) => {
    const error = errorOf(() => written(fields));
    expect(error.code).toBe("untranslatable");
    expect(error.message).toContain(message);
  });

  test("Gemini's own comes back the same, what is new with it", () => {
    const body = {
      ...content({ text: "A" }),
      taskType: "CLUSTERING",
      outputDimensionality: 5,
      later: 1,
    };
    const context = createContext();
    expect(printed(geminiEmbeddings.writeRequest(parse(body), context))).toEqual(body);
  });
});

describe("answers", () => {
  test("are read, one or several", () => {
    const vector = (values: number[]) => [{ encoding: "float", values }];
    expect(geminiEmbeddings.parseResponse({ embedding: { values: [1, 2] } })).toMatchObject({
      embeddings: [{ index: 0, vectors: vector([1, 2]) }],
      inputTokens: null,
    });
    const several = {
      embeddings: [{ values: [1] }, { values: [2] }],
      usageMetadata: { promptTokenCount: "5" },
    };
    expect(geminiEmbeddings.parseResponse(several)).toMatchObject({
      embeddings: [
        { index: 0, vectors: vector([1]) },
        { index: 1, vectors: vector([2]) },
      ],
      inputTokens: 5,
    });
  });

  test.each<[JsonObject, string]>([
    [{}, "embedding: must be an object"],
    [{ embedding: {} }, "embedding.values: must be an array"],
    [{ embedding: { values: ["a"] } }, "embedding.values: must be numbers"],
  ])("%j can't be read", (body, message) => {
    expect(errorOf(() => geminiEmbeddings.parseResponse(body)).message).toContain(message);
  });

  test("are written as floats, whatever they came in", () => {
    const bytes = Buffer.alloc(8);
    bytes.writeFloatLE(0.5, 0);
    bytes.writeFloatLE(-2, 4);
    const data = bytes.toString("base64");
    const response = {
      family: "openai",
      id: null,
      model: "m",
      embeddings: [{ index: 0, vectors: [{ encoding: "base64", data }] }],
      inputTokens: 3,
      extras: [],
    } as const;
    const context = createContext();
    const body = geminiEmbeddings.writeResponse(response, context);
    expect(body).toEqual({
      embedding: { values: [0.5, -2] },
      usageMetadata: { promptTokenCount: 3 },
    });
    const two = {
      ...response,
      inputTokens: null,
      embeddings: [
        response.embeddings[0],
        { index: 1, vectors: [{ encoding: "int8", values: [1] }] },
      ],
    } as const;
    const several = printed(geminiEmbeddings.writeResponse(two, context));
    expectValid("BatchEmbedContentsResponse", several);
    expect(several).toEqual({ embeddings: [{ values: [0.5, -2] }, { values: [1] }] });
    expect(context.warnings).toHaveLength(1);
    const broken = {
      ...response,
      embeddings: [{ index: 0, vectors: [{ encoding: "base64", data: "AAA" }] }],
    } as const;
    expect(errorOf(() => geminiEmbeddings.writeResponse(broken, context)).message).toContain(
      "32-bit floats",
    );
  });
});
