import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createAmazonBedrockAnthropic } from "@ai-sdk/amazon-bedrock/anthropic";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";

type LanguageModel = ReturnType<ReturnType<typeof createOpenAI>["chat"]>;
type EmbeddingModel = ReturnType<ReturnType<typeof createOpenAI>["embedding"]>;

export type Call = Parameters<LanguageModel["doGenerate"]>[0];
export type Prompt = Call["prompt"];
export type PromptMessage = Prompt[number];
export type Answer = Awaited<ReturnType<LanguageModel["doGenerate"]>>;
export type EmbeddingCall = Parameters<EmbeddingModel["doEmbed"]>[0];
type EmbeddingAnswer = Awaited<ReturnType<EmbeddingModel["doEmbed"]>>;

type Fetch = typeof globalThis.fetch;

/** The APIs that the SDK's provider packages and our codecs both speak, by the names of our codecs. */
export type Api =
  | "openai.chat"
  | "openai.responses"
  | "anthropic.messages"
  | "gemini.generateContent"
  | "bedrock.converse"
  | "bedrock.claude";

const KEY = { apiKey: "key" };
const REGION = { region: "us-east-1" };

const LANGUAGE_MODELS: Readonly<Record<Api, (model: string, fetch: Fetch) => LanguageModel>> = {
  "openai.chat": (model, fetch) => createOpenAI({ ...KEY, fetch }).chat(model),
  "openai.responses": (model, fetch) => createOpenAI({ ...KEY, fetch }).responses(model),
  "anthropic.messages": (model, fetch) => createAnthropic({ ...KEY, fetch })(model),
  "gemini.generateContent": (model, fetch) => createGoogle({ ...KEY, fetch })(model),
  "bedrock.converse": (model, fetch) => createAmazonBedrock({ ...KEY, ...REGION, fetch })(model),
  "bedrock.claude": (model, fetch) =>
    createAmazonBedrockAnthropic({ ...KEY, ...REGION, fetch })(model),
};

/** The least that each API answers, so that a call ends. */
const ANSWERS: Readonly<Record<Api, JsonObject>> = {
  "openai.chat": {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
  },
  "openai.responses": {
    id: "resp_1",
    object: "response",
    created_at: 1,
    model: "m",
    status: "completed",
    output: [],
    usage: { input_tokens: 1, output_tokens: 1 },
  },
  "anthropic.messages": claudeAnswer(),
  "gemini.generateContent": {
    candidates: [{ content: { role: "model", parts: [{ text: "ok" }] }, finishReason: "STOP" }],
  },
  "bedrock.converse": {
    output: { message: { role: "assistant", content: [{ text: "ok" }] } },
    stopReason: "end_turn",
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  },
  "bedrock.claude": claudeAnswer(),
};

function claudeAnswer(): JsonObject {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [],
    stop_reason: "end_turn",
    usage: { input_tokens: 1, output_tokens: 1 },
  };
}

/** The body that the SDK would send. Rejects where it refuses to say a thing. */
export async function sdkRequest(api: Api, model: string, call: Call): Promise<JsonObject> {
  const wire = createWire(ANSWERS[api]);
  await LANGUAGE_MODELS[api](model, wire.fetch).doGenerate(call);
  return wire.sent();
}

/** What the SDK reads out of a body of the API. */
export async function sdkAnswer(api: Api, model: string, body: JsonObject): Promise<Answer> {
  const prompt: Prompt = [{ role: "user", content: [{ type: "text", text: "Hello" }] }];
  return LANGUAGE_MODELS[api](model, createWire(body).fetch).doGenerate({ prompt });
}

export type EmbeddingApi = "openai" | "gemini" | "bedrock-titan" | "bedrock-cohere";

const EMBEDDING_MODELS: Readonly<
  Record<EmbeddingApi, (model: string, fetch: Fetch) => EmbeddingModel>
> = {
  openai: (model, fetch) => createOpenAI({ ...KEY, fetch }).embedding(model),
  gemini: (model, fetch) => createGoogle({ ...KEY, fetch }).embedding(model),
  "bedrock-titan": (model, fetch) =>
    createAmazonBedrock({ ...KEY, ...REGION, fetch }).embedding(model),
  "bedrock-cohere": (model, fetch) =>
    createAmazonBedrock({ ...KEY, ...REGION, fetch }).embedding(model),
};

const EMBEDDING_ANSWERS: Readonly<Record<EmbeddingApi, JsonObject>> = {
  openai: { data: [{ embedding: [1], index: 0 }] },
  gemini: { embedding: { values: [1] } },
  "bedrock-titan": { embedding: [1], inputTextTokenCount: 1 },
  "bedrock-cohere": { id: "1", embeddings: [[1]], texts: [], response_type: "embeddings_floats" },
};

export interface EmbeddingTarget {
  readonly api: EmbeddingApi;
  readonly model: string;
}

/** The body that the SDK would send for texts to be embedded. */
export async function sdkEmbedding(
  { api, model }: EmbeddingTarget,
  call: EmbeddingCall,
): Promise<JsonObject> {
  const wire = createWire(EMBEDDING_ANSWERS[api]);
  await EMBEDDING_MODELS[api](model, wire.fetch).doEmbed(call);
  return wire.sent();
}

/** What the SDK reads out of an answer to one text or several. */
export async function sdkVectors(
  { api, model }: EmbeddingTarget,
  body: JsonObject,
): Promise<EmbeddingAnswer> {
  return EMBEDDING_MODELS[api](model, createWire(body).fetch).doEmbed({ values: ["Hello"] });
}

/** An API at the end of a wire that isn't there: it keeps what it was sent and always answers the same. */
function createWire(answer: JsonObject): { fetch: Fetch; sent: () => JsonObject } {
  const bodies: JsonObject[] = [];
  return {
    fetch: async (_url, init) => {
      const text = init?.body;
      const body: unknown = typeof text === "string" ? JSON.parse(text) : undefined;
      if (isJsonObject(body)) bodies.push(body);
      return new Response(JSON.stringify(answer), {
        headers: { "content-type": "application/json" },
      });
    },
    sent: () => {
      const [body] = bodies;
      if (body === undefined || bodies.length > 1) {
        throw new Error(`one request was expected, ${bodies.length} were sent`);
      }
      return body;
    },
  };
}
