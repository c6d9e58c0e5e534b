import { describe, expect, test } from "vitest";
import { CodecError } from "../../../src/core/codec-error.ts";
import type { BodyChoice } from "../../../src/core/format.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { bedrock, MODELS } from "./bodies.ts";

const NOTHING: BodyChoice = { endpoint: "chat", model: null, variant: null, sample: null };

function nameOf(choice: Partial<BodyChoice>): string {
  return bedrock.chooseBody({ ...NOTHING, ...choice }).codec.name;
}

const textBlocks = [{ role: "user", content: [{ text: "Hi" }] }];
const typedBlocks = [{ role: "user", content: [{ type: "text", text: "Hi" }] }];
const plain = [{ role: "user", content: "Hi" }];

describe("The body of a model", () => {
  test.each<[string, string]>([
    [MODELS.claude, "anthropic.messages"],
    [MODELS.nova, "bedrock.nova"],
    [MODELS.llama, "bedrock.llama"],
    [MODELS.llama4, "bedrock.llama4"],
    [MODELS.mistral, "bedrock.mistral"],
    [MODELS.mistralLarge, "bedrock.mistral_chat"],
    [MODELS.titan, "bedrock.titan"],
    [MODELS.gptOss, "openai.chat"],
    [MODELS.qwen, "openai.chat"],
  ])("is its own by InvokeModel, which is the default: %s", (model, name) => {
    expect(nameOf({ model })).toBe(name);
    expect(nameOf({ model, variant: "InvokeModel", endpoint: "responses" })).toBe(name);
  });

  test.each(Object.values(MODELS))("is Converse's where that is asked for: %s", (model) => {
    expect(nameOf({ model, variant: "Converse" })).toBe("bedrock.converse");
  });

  test.each<[string, string, number]>([
    ["amazon.titan-embed-text-v1", "bedrock.titan_embed_v1", 1],
    ["amazon.titan-embed-text-v2:0", "bedrock.titan_embed_v2", 1],
    ["cohere.embed-english-v3", "bedrock.cohere_embed_v3", 96],
    ["us.cohere.embed-v4:0", "bedrock.cohere_embed_v4", 96],
  ])("is one for embeddings: %s", (model, name, maxInputs) => {
    const body = bedrock.chooseBody({ ...NOTHING, endpoint: "embeddings", model });
    expect(body.codec.name).toBe(name);
    expect(body.kind === "embeddings" && body.codec.maxInputs).toBe(maxInputs);
  });

  test("carries what its API wants and refuses at the top", () => {
    const frameOf = (model: string) => bedrock.chooseBody({ ...NOTHING, model }).frame;
    expect(frameOf(MODELS.claude)).toEqual({
      modelIn: "job",
      adds: { anthropic_version: "bedrock-2023-05-31" },
      betasIn: "anthropic_beta",
      removes: ["stream"],
    });
    expect(frameOf(MODELS.nova).adds).toEqual({ schemaVersion: "messages-v1" });
    expect(frameOf(MODELS.gptOss).removes).toContain("stream");
  });

  test("every body that can be chosen is listed once", () => {
    const names = bedrock.bodies.map(({ codec }) => codec.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBe(13);
  });
});

describe("A body as it was found", () => {
  test.each<[string, Partial<BodyChoice> & { readonly sample: JsonObject }, string]>([
    [
      "Claude's version",
      { sample: { anthropic_version: "bedrock-2023-05-31", messages: plain } },
      "anthropic.messages",
    ],
    [
      "Claude's answer",
      { sample: { id: "m", type: "message", content: [] } },
      "anthropic.messages",
    ],
    [
      "Nova's version",
      { sample: { messages: textBlocks, schemaVersion: "messages-v1" } },
      "bedrock.nova",
    ],
    ["blocks without type", { sample: { messages: textBlocks } }, "bedrock.converse"],
    [
      "blocks without type, of Nova",
      { sample: { messages: textBlocks }, model: MODELS.nova },
      "bedrock.nova",
    ],
    [
      "blocks without type, of Nova in a Converse job",
      { sample: { messages: textBlocks }, model: MODELS.nova, variant: "Converse" },
      "bedrock.converse",
    ],
    [
      "blocks without type, of Claude",
      { sample: { messages: textBlocks }, model: MODELS.claude },
      "bedrock.converse",
    ],
    [
      "blocks with a type, of Claude",
      { sample: { messages: typedBlocks }, model: MODELS.claude },
      "anthropic.messages",
    ],
    ["texts, of gpt-oss", { sample: { messages: plain }, model: MODELS.gptOss }, "openai.chat"],
    [
      "texts, of Mistral",
      { sample: { messages: plain }, model: MODELS.mistralLarge },
      "bedrock.mistral_chat",
    ],
    [
      "Converse's answer",
      { sample: { output: { message: {} }, metrics: { latencyMs: 1 } }, model: MODELS.nova },
      "bedrock.converse",
    ],
    ["Nova's answer", { sample: { output: { message: {} } }, model: MODELS.nova }, "bedrock.nova"],
    ["Llama's prompt", { sample: { prompt: "<|begin_of_text|>" } }, "bedrock.llama"],
    [
      "Llama 4's prompt",
      { sample: { prompt: "<|header_start|>user<|header_end|>" } },
      "bedrock.llama4",
    ],
    ["Llama's limit", { sample: { prompt: "Hi", max_gen_len: 5 } }, "bedrock.llama"],
    ["Llama 4's answer", { sample: { generation: "Hi" }, model: MODELS.llama4 }, "bedrock.llama4"],
    ["Mistral's prompt", { sample: { prompt: "<s>[INST] Hi [/INST]" } }, "bedrock.mistral"],
    [
      "a prompt, of Mistral",
      { sample: { prompt: "Hi" }, model: MODELS.mistral },
      "bedrock.mistral",
    ],
    ["Mistral's answer", { sample: { outputs: [] } }, "bedrock.mistral"],
    [
      "Mistral's chat answer",
      { sample: { choices: [{ stop_reason: "stop" }] } },
      "bedrock.mistral_chat",
    ],
    ["OpenAI's answer", { sample: { choices: [{ finish_reason: "stop" }] } }, "openai.chat"],
    [
      "Titan's settings",
      { sample: { inputText: "Hi", textGenerationConfig: {} } },
      "bedrock.titan",
    ],
    ["Titan's answer", { sample: { inputTextTokenCount: 1, results: [] } }, "bedrock.titan"],
    [
      "a text, of Titan Text",
      { sample: { inputText: "Hi" }, model: MODELS.titan },
      "bedrock.titan",
    ],
    [
      "a text to embed",
      { sample: { inputText: "Hi" }, endpoint: "embeddings" },
      "bedrock.titan_embed_v2",
    ],
    [
      "a text, of Titan's first embeddings",
      { sample: { inputText: "Hi" }, model: "amazon.titan-embed-text-v1" },
      "bedrock.titan_embed_v1",
    ],
    [
      "Titan's dimensions",
      { sample: { inputText: "Hi", dimensions: 256 } },
      "bedrock.titan_embed_v2",
    ],
    ["Titan's vector", { sample: { embedding: [1] } }, "bedrock.titan_embed_v2"],
    [
      "Cohere's texts",
      { sample: { texts: ["a"], input_type: "clustering" } },
      "bedrock.cohere_embed_v3",
    ],
    [
      "Cohere's length",
      { sample: { texts: ["a"], output_dimension: 256 } },
      "bedrock.cohere_embed_v4",
    ],
    [
      "Cohere's vectors",
      { sample: { embeddings: [] }, model: "cohere.embed-v4:0" },
      "bedrock.cohere_embed_v4",
    ],
    ["nothing that tells", { sample: {}, model: MODELS.llama }, "bedrock.llama"],
  ])("%s", (_, choice, name) => {
    expect(nameOf(choice)).toBe(name);
  });
});

describe("No body", () => {
  test.each<[string, Partial<BodyChoice>, { readonly code: string; readonly message: RegExp }]>([
    [
      "an unknown model",
      { model: MODELS.jamba },
      {
        code: "untranslatable",
        message: /Claude, Nova, Llama 3 and 4.*modelInvocationType Converse/,
      },
    ],
    [
      "a custom model",
      { model: MODELS.profile },
      { code: "untranslatable", message: /modelInvocationType Converse/ },
    ],
    ["no model", {}, { code: "untranslatable", message: /no model is named/ }],
    [
      "no model that a body tells either",
      { sample: { messages: plain } },
      { code: "untranslatable", message: /no model/ },
    ],
    [
      "a word AWS doesn't have",
      { model: MODELS.nova, variant: "converse" },
      { code: "invalid_request", message: /InvokeModel or Converse/ },
    ],
    [
      "embeddings of a chat model",
      { model: MODELS.nova, endpoint: "embeddings" },
      { code: "untranslatable", message: /makes no embeddings/ },
    ],
    [
      "a chat with embeddings",
      { model: "cohere.embed-v4:0" },
      { code: "untranslatable", message: /only makes embeddings/ },
    ],
    [
      "embeddings by Converse",
      { model: "cohere.embed-v4:0", variant: "Converse" },
      { code: "untranslatable", message: /InvokeModel, not by Converse/ },
    ],
    [
      "another endpoint",
      { model: MODELS.nova, endpoint: "/v1/moderations" },
      { code: "untranslatable", message: /no equivalent/ },
    ],
  ])("for %s", (_, choice, { code, message }) => {
    const choose = () => bedrock.chooseBody({ ...NOTHING, ...choice });
    expect(choose).toThrow(CodecError);
    expect(choose).toThrow(expect.objectContaining({ code }));
    expect(choose).toThrow(message);
  });
});
