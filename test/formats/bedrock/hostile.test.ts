import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CodecError } from "../../../src/core/codec-error.ts";
import type { ChatCodec, EmbeddingCodec } from "../../../src/core/format.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/core/json.ts";
import { cutLine, printJson, readLine } from "../../../src/formats/line-fields.ts";
import { reportUnsaid, reportUnsaidEmbedding } from "../../../src/formats/unsaid.ts";
import { mutated } from "../openai/mutations.ts";
import { recordingContext } from "../openai/recording-context.ts";
import { bedrock, chatCodec, converse, embeddingCodec, MODELS } from "./bodies.ts";
import { CONVERSE_BODIES, CONVERSE_TOOL_BODIES } from "./converse-bodies.ts";

const RUNS = 20_000;

/** Whatever is thrown is our own; says whether nothing was. */
function survives(run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof CodecError) return false;
    throw error;
  }
}

const models = Object.values(MODELS);
const embedders = ["amazon.titan-embed-text-v1", "cohere.embed-english-v3", "cohere.embed-v4:0"];
let turn = 0;

/** Read, and written for one model after the other, as its own and as another family's. */
function crossRequest(body: JsonObject, codec: ChatCodec): void {
  const request = codec.parseRequest(body);
  turn += 1;
  const model = models[turn % models.length] ?? MODELS.nova;
  const family = turn % 2 === 0 ? "bedrock" : "openai";
  survives(() => {
    const own = bedrock.chooseBody({
      endpoint: "chat",
      model,
      variant: turn % 3 === 0 ? "Converse" : null,
      sample: null,
    });
    if (own.kind !== "chat") return;
    const context = recordingContext({ model, isBatch: turn % 5 === 0 });
    const foreign = { ...request, family } as const;
    reportUnsaid(foreign, own.codec, context);
    printJson(own.codec.writeRequest(foreign, context));
  });
}

function crossAnswer(body: JsonObject, codec: ChatCodec): void {
  const response = codec.parseResponse(body);
  turn += 1;
  const target = bedrock.bodies[turn % bedrock.bodies.length];
  const family = turn % 2 === 0 ? "bedrock" : "gemini";
  if (target?.kind !== "chat") return;
  const { codec: writer } = target;
  survives(() => printJson(writer.writeResponse({ ...response, family }, recordingContext())));
}

function crossEmbedding(body: JsonObject, codec: EmbeddingCodec): void {
  const request = codec.parseRequest(body);
  turn += 1;
  survives(() => {
    const target = embeddingCodec(embedders[turn % embedders.length] ?? "");
    const context = recordingContext();
    reportUnsaidEmbedding(request, target, context);
    printJson(target.writeRequest(request, context));
  });
}

function crossVectors(body: JsonObject, codec: EmbeddingCodec): void {
  const response = codec.parseResponse(body);
  turn += 1;
  const target = embeddingCodec(embedders[turn % embedders.length] ?? "");
  survives(() => printJson(target.writeResponse(response, recordingContext())));
}

const converseRequests = [
  ...Object.values(CONVERSE_BODIES),
  ...Object.values(CONVERSE_TOOL_BODIES),
];
const converseAnswers: readonly JsonObject[] = [
  {
    output: {
      message: {
        role: "assistant",
        content: [
          { text: "a" },
          { reasoningContent: { reasoningText: { text: "b", signature: "c" } } },
          { reasoningContent: { redactedContent: "Y3Jvc3NiYXRjaC5vcGVuYWkueA==" } },
          { toolUse: { toolUseId: "d", name: "e", input: { f: [1] } } },
          { toolUse: { toolUseId: "d", name: "crossbatch_json_output", input: {} } },
          { citationsContent: { content: [{ text: "g" }], citations: [{ title: "h" }] } },
          { image: { format: "png", source: { bytes: "QUJD" } } },
          { tomorrow: {} },
        ],
      },
    },
    stopReason: "tool_use",
    usage: {
      inputTokens: 1,
      outputTokens: 2,
      totalTokens: 3,
      cacheDetails: [{ ttl: "1h", inputTokens: 1 }],
    },
    metrics: { latencyMs: 5 },
    additionalModelResponseFields: { stop_sequence: "a" },
    serviceTier: { type: "flex" },
  },
];

const llamaPrompt =
  "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n";

type Entry = readonly [name: string, seeds: readonly JsonObject[], run: (body: JsonObject) => void];

const titanEmbed = embeddingCodec("amazon.titan-embed-text-v2:0");
const cohereEmbed = embeddingCodec("cohere.embed-v4:0");

const ENTRIES: readonly Entry[] = [
  ["a Converse request", converseRequests, (body) => crossRequest(body, converse)],
  ["a Converse answer", converseAnswers, (body) => crossAnswer(body, converse)],
  ["a request of Nova", converseRequests, (body) => crossRequest(body, chatCodec(MODELS.nova))],
  [
    "a request of Llama",
    [{ prompt: llamaPrompt, max_gen_len: 5, temperature: 1, top_p: 1, images: ["a"] }],
    (body) => crossRequest(body, chatCodec(MODELS.llama)),
  ],
  [
    "an answer of Llama",
    [{ generation: "a", prompt_token_count: 1, generation_token_count: 1, stop_reason: "stop" }],
    (body) => crossAnswer(body, chatCodec(MODELS.llama)),
  ],
  [
    "a request of Mistral",
    [
      {
        prompt: "<s>[INST] a [/INST] b</s> [INST] c [/INST]",
        max_tokens: 5,
        stop: ["a"],
        top_k: 5,
      },
    ],
    (body) => crossRequest(body, chatCodec(MODELS.mistral)),
  ],
  [
    "an answer of Mistral",
    [{ outputs: [{ text: "a", stop_reason: "stop" }] }],
    (body) => crossAnswer(body, chatCodec(MODELS.mistral)),
  ],
  [
    "a chat of Mistral",
    [
      {
        messages: [
          { role: "user", content: "a" },
          {
            role: "assistant",
            content: "",
            tool_calls: [{ id: "b", function: { name: "c", arguments: "{}" } }],
          },
          { role: "tool", tool_call_id: "b", content: "d" },
        ],
        tools: [{ type: "function", function: { name: "c" } }],
        tool_choice: "any",
        max_tokens: 5,
      },
    ],
    (body) => crossRequest(body, chatCodec(MODELS.mistralLarge)),
  ],
  [
    "a chat answer of Mistral",
    [{ choices: [{ index: 0, message: { content: "a" }, stop_reason: "stop" }] }],
    (body) => crossAnswer(body, chatCodec(MODELS.mistralLarge)),
  ],
  [
    "a request of Titan",
    [
      {
        inputText: "S\nUser: a\nBot: b\nUser: c\nBot:",
        textGenerationConfig: { maxTokenCount: 5, stopSequences: [] },
      },
    ],
    (body) => crossRequest(body, chatCodec(MODELS.titan)),
  ],
  [
    "an answer of Titan",
    [
      {
        inputTextTokenCount: 1,
        results: [{ tokenCount: 1, outputText: "a", completionReason: "FINISH" }],
      },
    ],
    (body) => crossAnswer(body, chatCodec(MODELS.titan)),
  ],
  [
    "a request of Titan's embeddings",
    [{ inputText: "a", dimensions: 256, normalize: true, embeddingTypes: ["float", "binary"] }],
    (body) => crossEmbedding(body, titanEmbed),
  ],
  [
    "embeddings of Titan",
    [
      {
        embedding: [1, 0.5],
        embeddingsByType: { float: [1], binary: [1] },
        inputTextTokenCount: 1,
      },
    ],
    (body) => crossVectors(body, titanEmbed),
  ],
  [
    "a request of Cohere's embeddings",
    [
      {
        texts: ["a", "b"],
        input_type: "search_query",
        truncate: "END",
        embedding_types: ["float"],
      },
      {
        inputs: [
          {
            content: [
              { type: "text", text: "a" },
              { type: "image_url", image_url: "data:image/png;base64,QQ==" },
            ],
          },
        ],
      },
    ],
    (body) => crossEmbedding(body, cohereEmbed),
  ],
  [
    "embeddings of Cohere",
    [{ id: "a", embeddings: [[1]], texts: [] }, { embeddings: { float: [[1]], int8: [[2]] } }],
    (body) => crossVectors(body, cohereEmbed),
  ],
  [
    "a record of input",
    [
      { recordId: "a", modelInput: { messages: [] } },
      { recordId: "b", modelInput: { inputText: "a" } },
    ],
    (line) => {
      for (const read of [readLine, cutLine]) {
        const parsed = bedrock.requestLine.parse(read(printJson(line)), 1);
        bedrock.requestLine.write(parsed);
        survives(() => choose(line["modelInput"]));
      }
    },
  ],
  [
    "a record of output",
    [
      { recordId: "a", modelInput: {}, modelOutput: { output: {} } },
      {
        recordId: "b",
        modelInput: {},
        error: { errorCode: 400, errorMessage: "ConflictException: c" },
      },
    ],
    (line) => {
      for (const read of [readLine, cutLine]) {
        const parsed = bedrock.resultLine.parse(read(printJson(line)), 1);
        bedrock.resultLine.write(parsed);
        survives(() => choose(line["modelOutput"]));
      }
    },
  ],
];

function choose(sample: Json | undefined): void {
  turn += 1;
  const model = models[turn % models.length] ?? null;
  if (isJsonObject(sample)) bedrock.chooseBody({ endpoint: "chat", model, variant: null, sample });
}

describe("whatever the JSON is", () => {
  test.each(ENTRIES)("%s is read, or refused with our own error", (_, seeds, run) => {
    const counts = { read: 0, refused: 0 };
    const count = (body: JsonObject) => {
      counts[survives(() => run(body)) ? "read" : "refused"] += 1;
    };
    fc.assert(fc.property(mutated(seeds), count), { numRuns: RUNS });
    const anything = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(anything, (value) => count(value as JsonObject)),
      { numRuns: RUNS / 10 },
    );
    // Had all of them failed, or none, nothing would have been tried.
    expect(counts.read).toBeGreaterThan(RUNS / 20);
    expect(counts.refused).toBeGreaterThan(RUNS / 100);
  });
});

function deep(levels: number): Json {
  return JSON.parse(`${`{"a":[`.repeat(levels)}1${"]}".repeat(levels)}`) as Json;
}

describe("what is big or deep", () => {
  const block = (content: Json) => ({ messages: [{ role: "user", content: [content] }] });

  test.each<[string, JsonObject]>([
    [
      "a deep input of a tool",
      {
        messages: [
          {
            role: "assistant",
            content: [{ toolUse: { toolUseId: "a", name: "b", input: deep(20_000) } }],
          },
        ],
      },
    ],
    ["a deep result", block({ toolResult: { toolUseId: "a", content: [{ json: deep(20_000) }] } })],
    ["a deep block", block({ tomorrow: deep(20_000) })],
    [
      "deep fields of a model",
      { ...block({ text: "a" }), additionalModelRequestFields: deep(20_000) },
    ],
    [
      "deep fields that are known",
      { ...block({ text: "a" }), additionalModelRequestFields: nestedHolders(20_000) },
    ],
    ["a deep member", { ...block({ text: "a" }), tomorrow: deep(20_000) }],
    [
      "many blocks",
      {
        messages: [
          { role: "user", content: Array.from({ length: 200_000 }, () => ({ text: "a" })) },
        ],
      },
    ],
    [
      "many messages",
      {
        messages: Array.from({ length: 200_000 }, () => ({
          role: "user",
          content: [{ text: "a" }],
        })),
      },
    ],
    [
      "many documents of one name",
      {
        messages: [
          {
            role: "user",
            content: Array.from({ length: 50_000 }, () => ({
              document: { format: "txt", name: "a", source: { text: "b" } },
            })),
          },
        ],
      },
    ],
  ])("is read and written, or refused: %s", (_, body) => {
    let tried = 0;
    for (const model of [MODELS.nova, MODELS.claude, MODELS.titan]) {
      survives(() => {
        const context = recordingContext({ model, isBatch: false });
        const request = converse.parseRequest(body);
        printJson(converse.writeRequest(request, context));
        printJson(chatCodec(model).writeRequest(request, context));
      });
      tried += 1;
    }
    expect(tried).toBe(3);
  });

  test.each<[string, string]>([
    [MODELS.llama, "<|".repeat(500_000)],
    [MODELS.llama, `<|${"a".repeat(1_000_000)}`],
    [MODELS.llama, "<|start_header_id|>user<|end_header_id|>\n\na<|eot_id|>".repeat(20_000)],
    [MODELS.mistral, "[INST]".repeat(200_000)],
    [MODELS.mistral, "<s>[INST] a [/INST] b</s> ".repeat(20_000)],
    [MODELS.titan, "User: a\nBot: b\n".repeat(50_000)],
  ])("prompts as well: %s", (model, prompt) => {
    const key = model === MODELS.titan ? "inputText" : "prompt";
    const codec = chatCodec(model);
    survives(() => {
      printJson(
        codec.writeRequest(codec.parseRequest({ [key]: prompt }), recordingContext({ model })),
      );
    });
    const messages = [{ role: "user", content: [{ text: prompt }] }];
    survives(() => {
      printJson(
        codec.writeRequest(converse.parseRequest({ messages }), recordingContext({ model })),
      );
    });
    expect(prompt.length).toBeGreaterThan(100_000);
  });

  test("a key __proto__ is a field like any other", () => {
    const body = JSON.parse(
      `{"messages":[{"role":"user","content":[{"text":"a"}]}],"additionalModelRequestFields":{"__proto__":{"a":1}},"requestMetadata":{"__proto__":"b"}}`,
    ) as JsonObject;
    const context = recordingContext({ model: MODELS.nova });
    const text = printJson(converse.writeRequest(converse.parseRequest(body), context));
    expect(text).toContain(`"additionalModelRequestFields":{"__proto__":{"a":1}}`);
    expect(text).toContain(`"requestMetadata":{"__proto__":"b"}`);
  });
});

function nestedHolders(levels: number): Json {
  return JSON.parse(
    `${`{"inferenceConfig":`.repeat(levels)}{"topK":1}${"}".repeat(levels)}`,
  ) as Json;
}
