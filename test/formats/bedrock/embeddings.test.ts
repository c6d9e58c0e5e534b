import { describe, expect, test } from "vitest";
import type { EmbeddingRequest, EmbeddingResponse } from "../../../src/core/embeddings.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { childPath, ROOT } from "../../../src/core/json-path.ts";
import { reportUnsaidEmbedding } from "../../../src/formats/unsaid.ts";
import { recordingContext } from "../openai/recording-context.ts";
import { printed } from "../openai/translated.ts";
import { embeddingCodec } from "./bodies.ts";

const TITAN_1 = "amazon.titan-embed-text-v1";
const TITAN_2 = "amazon.titan-embed-text-v2:0";
const COHERE_3 = "cohere.embed-english-v3";
const COHERE_4 = "us.cohere.embed-v4:0";

const at = childPath(ROOT, "here");
const image = {
  kind: "image",
  source: { kind: "base64", mediaType: "image/png", data: "QUJD" },
  at,
} as const;
const said = { kind: "text", text: "b", at } as const;

function text(value: string): EmbeddingRequest["inputs"][number] {
  return { kind: "text", text: value, at };
}

function write(
  model: string,
  fields: Partial<EmbeddingRequest>,
  encoding: "float" | "base64" = "float",
) {
  const codec = embeddingCodec(model);
  const request: EmbeddingRequest = {
    family: "openai",
    model: null,
    inputs: [text("a")],
    extras: [],
    ...fields,
  };
  const context = recordingContext({ model, encoding });
  reportUnsaidEmbedding(request, codec, context);
  return { body: printed(codec.writeRequest(request, context)), warnings: context.warnings };
}

function answer(model: string, response: Partial<EmbeddingResponse>) {
  const context = recordingContext({ model });
  const whole: EmbeddingResponse = {
    family: "openai",
    id: null,
    model: null,
    embeddings: [],
    inputTokens: null,
    extras: [],
    ...response,
  };
  return {
    body: printed(embeddingCodec(model).writeResponse(whole, context)),
    warnings: context.warnings,
  };
}

describe("A request for embeddings", () => {
  test.each<[string, JsonObject]>([
    [TITAN_1, { inputText: "a" }],
    [
      TITAN_2,
      { inputText: "a", dimensions: 256, normalize: false, embeddingTypes: ["float", "binary"] },
    ],
    [COHERE_3, { input_type: "search_query", texts: ["a", "b"], truncate: "END" }],
    [COHERE_3, { input_type: "image", images: ["data:image/png;base64,QUJD"] }],
    [
      COHERE_4,
      {
        input_type: "classification",
        texts: ["a"],
        truncate: "LEFT",
        embedding_types: ["int8", "ubinary"],
        output_dimension: 512,
      },
    ],
    [
      COHERE_4,
      {
        input_type: "search_document",
        inputs: [
          {
            content: [
              { type: "text", text: "a" },
              { type: "image_url", image_url: "data:image/png;base64,QUJD" },
            ],
          },
        ],
      },
    ],
  ])("comes out as it went in: %s", (model, body) => {
    const codec = embeddingCodec(model);
    const context = recordingContext({ model });
    const request = codec.parseRequest(body);
    reportUnsaidEmbedding(request, codec, context);
    expect(printed(codec.writeRequest(request, context))).toEqual(body);
    expect(context.warnings).toEqual([]);
  });

  test.each<[string, string, Partial<EmbeddingRequest>, readonly [JsonObject, readonly string[]]]>([
    ["a text", TITAN_2, {}, [{ inputText: "a" }, []]],
    [
      "base64, which is made of floats",
      TITAN_2,
      { encodings: ["base64"] },
      [{ inputText: "a" }, []],
    ],
    [
      "a text in parts",
      TITAN_1,
      { inputs: [{ kind: "parts", parts: [said, said], at }] },
      [{ inputText: "b\nb" }, []],
    ],
    ["a length that it has anyway", TITAN_1, { dimensions: 1536 }, [{ inputText: "a" }, []]],
    [
      "what Titan can't say",
      TITAN_1,
      { task: "query", title: "t", user: "u", truncate: "end", normalize: true },
      [{ inputText: "a" }, ["normalize", "task", "title", "truncate", "user"]],
    ],
    ["an error for long texts", TITAN_2, { truncate: "none" }, [{ inputText: "a" }, []]],
    ["no task", COHERE_3, {}, [{ input_type: "search_document", texts: ["a"] }, ["task"]]],
    [
      "a task that is near",
      COHERE_3,
      { task: "similarity" },
      [{ input_type: "clustering", texts: ["a"] }, ["task"]],
    ],
    ["a task", COHERE_4, { task: "query" }, [{ input_type: "search_query", texts: ["a"] }, []]],
    [
      "several encodings",
      COHERE_3,
      { task: "document", encodings: ["float", "int8"] },
      [{ input_type: "search_document", texts: ["a"], embedding_types: ["float", "int8"] }, []],
    ],
    [
      "text and a picture",
      COHERE_4,
      { task: "document", inputs: [{ kind: "parts", parts: [said, image], at }, text("a")] },
      [
        {
          input_type: "search_document",
          inputs: [
            {
              content: [
                { type: "text", text: "b" },
                { type: "image_url", image_url: "data:image/png;base64,QUJD" },
              ],
            },
            { content: [{ type: "text", text: "a" }] },
          ],
        },
        [],
      ],
    ],
    [
      "vectors of any length",
      COHERE_3,
      { task: "document", normalize: false },
      [{ input_type: "search_document", texts: ["a"] }, ["normalize"]],
    ],
  ])("with %s to %s", (_, model, ...[fields, [body, warnings]]) => {
    const result = write(model, fields);
    expect(result.body).toEqual(body);
    expect(result.warnings.toSorted()).toEqual(warnings);
  });

  test.each<[string, string, Partial<EmbeddingRequest>]>([
    ["two texts", TITAN_2, { inputs: [text("a"), text("b")] }],
    ["nothing", TITAN_2, { inputs: [] }],
    ["tokens", TITAN_2, { inputs: [{ kind: "tokens", tokens: [1], at }] }],
    ["tokens", COHERE_4, { inputs: [{ kind: "tokens", tokens: [1], at }] }],
    ["a picture", TITAN_2, { inputs: [{ kind: "parts", parts: [image], at }] }],
    ["a picture with text", COHERE_3, { inputs: [{ kind: "parts", parts: [said, image], at }] }],
    [
      "a picture by its URL",
      COHERE_4,
      {
        inputs: [
          {
            kind: "parts",
            parts: [{ ...image, source: { kind: "url", url: "https://a", mediaType: null } }],
            at,
          },
        ],
      },
    ],
    ["another length", TITAN_1, { dimensions: 256 }],
    ["another length", TITAN_2, { dimensions: 1536 }],
    ["another length", COHERE_3, { dimensions: 512 }],
    ["another length", COHERE_4, { dimensions: 300 }],
    ["an encoding", TITAN_2, { encodings: ["int8"] }],
  ])("is refused: %s to %s", (_, model, fields) => {
    expect(() => write(model, fields)).toThrow(expect.objectContaining({ code: "untranslatable" }));
  });

  test.each<[string, JsonObject, string]>([
    [TITAN_2, {}, "inputText"],
    [TITAN_2, { inputText: ["a"] }, "inputText"],
    [TITAN_2, { inputText: "a", embeddingTypes: ["int8"] }, "embeddingTypes[0]"],
    [COHERE_3, {}, "texts"],
    [COHERE_3, { texts: "a" }, "texts"],
    [COHERE_3, { texts: [5] }, "texts[0]"],
    [COHERE_3, { texts: ["a"], input_type: "later" }, "input_type"],
    [COHERE_4, { texts: ["a"], truncate: "MIDDLE" }, "truncate"],
    [COHERE_4, { inputs: [{ content: [{ type: "text" }] }] }, "inputs[0].content[0].text"],
    [COHERE_4, { images: ["data:nothing"] }, "images[0]"],
  ])("is wrong: %s %j", (model, body, path) => {
    expect(() => embeddingCodec(model).parseRequest(body)).toThrow(
      expect.objectContaining({ code: "invalid_request", path }),
    );
  });
});

describe("Embeddings", () => {
  test.each<[string, JsonObject]>([
    [
      TITAN_2,
      {
        embedding: [0.5, 1],
        embeddingsByType: { float: [0.5, 1], binary: [1, 0] },
        inputTextTokenCount: 5,
      },
    ],
    [TITAN_2, { embeddingsByType: { binary: [1, 0] }, inputTextTokenCount: 5 }],
    [COHERE_3, { id: "i", embeddings: [[0.5], [1]], response_type: "embeddings_floats" }],
    [
      COHERE_4,
      {
        id: "i",
        embeddings: { float: [[0.5], [1]], int8: [[5], [6]] },
        response_type: "embeddings_by_type",
      },
    ],
  ])("are read and written again: %s", (model, body) => {
    expect(answer(model, embeddingCodec(model).parseResponse(body))).toEqual({
      body,
      warnings: [],
    });
  });

  test("of Titan 1 are read", () => {
    const response = embeddingCodec(TITAN_1).parseResponse({
      embedding: [0.5],
      inputTextTokenCount: 5,
    });
    expect(response).toMatchObject({
      embeddings: [{ index: 0, vectors: [{ encoding: "float", values: [0.5] }] }],
      inputTokens: 5,
    });
  });

  test("in base64 are unpacked", () => {
    const data = Buffer.from(new Float32Array([0.5, -2]).buffer).toString("base64");
    const embeddings = [{ index: 0, vectors: [{ encoding: "base64", data } as const] }];
    expect(answer(TITAN_1, { embeddings }).body).toMatchObject({ embedding: [0.5, -2] });
    expect(answer(COHERE_3, { embeddings }).body).toMatchObject({ embeddings: [[0.5, -2]] });
    const broken = [{ index: 0, vectors: [{ encoding: "base64", data: "QQ==" } as const] }];
    expect(() => answer(TITAN_1, { embeddings: broken })).toThrow(/32-bit floats/);
  });

  test("beyond the first are left out by Titan, with a warning", () => {
    const vectors = [{ encoding: "float", values: [1] } as const];
    const { warnings } = answer(TITAN_1, {
      embeddings: [
        { index: 0, vectors },
        { index: 1, vectors },
      ],
    });
    expect(warnings).toEqual(["data[]"]);
  });

  test.each<[string, JsonObject]>([
    [TITAN_2, {}],
    [TITAN_2, { embedding: ["a"] }],
    [TITAN_2, { embeddingsByType: { float: "a" } }],
    [COHERE_3, {}],
    [COHERE_3, { embeddings: [["a"]] }],
    [COHERE_4, { embeddings: { float: [[null]] } }],
  ])("are an error where they are none: %s %j", (model, body) => {
    expect(() => embeddingCodec(model).parseResponse(body)).toThrow(
      expect.objectContaining({ code: "invalid_request" }),
    );
  });

  test.each([TITAN_2, COHERE_4])("may come with news: %s", (model) => {
    const body = { embedding: [1], embeddings: { float: [[1]], tomorrow: [[1]] }, later: {} };
    expect(embeddingCodec(model).parseResponse(body).embeddings).toHaveLength(1);
  });
});
