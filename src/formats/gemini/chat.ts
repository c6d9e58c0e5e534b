import type { ChatFieldNames, ChatSupport } from "../../core/chat-fields.ts";
import type { ChatCodec } from "../../core/format.ts";
import { parseChatRequest } from "./chat-request.ts";
import { writeChatRequest } from "./chat-request-writer.ts";
import { createChatStreamParser, parseChatResponse } from "./chat-response.ts";
import { writeChatResponse } from "./chat-response-writer.ts";
import { isOwnExtra } from "./own-extras.ts";

const support: ChatSupport = {
  fields: {
    tools: "partly",
    toolChoice: "kept",
    parallelToolCalls: "warned",
    responseFormat: "partly",
    maxTokens: "kept",
    stop: "partly",
    temperature: "kept",
    topP: "kept",
    topK: "kept",
    seed: "partly",
    presencePenalty: "partly",
    frequencyPenalty: "partly",
    choiceCount: "partly",
    logprobs: "kept",
    topLogprobs: "kept",
    logitBias: "warned",
    reasoning: "partly",
    verbosity: "warned",
    // Gemini caches prompts by itself; what is cached by request is an object of its own.
    cache: "ignored",
    promptCacheKey: "warned",
    user: "warned",
    metadata: "warned",
    store: "kept",
    serviceTier: "partly",
  },
  parts: {
    text: "kept",
    image: "partly",
    document: "partly",
    audio: "partly",
    video: "partly",
    refusal: "emulated",
    reasoning: "partly",
    redacted_reasoning: "warned",
    tool_call: "partly",
    tool_result: "kept",
    json: "kept",
    native: "partly",
  },
};

const fieldNames: ChatFieldNames = {
  tools: "tools",
  toolChoice: "toolConfig",
  responseFormat: "generationConfig.responseSchema",
  maxTokens: "generationConfig.maxOutputTokens",
  stop: "generationConfig.stopSequences",
  temperature: "generationConfig.temperature",
  topP: "generationConfig.topP",
  topK: "generationConfig.topK",
  seed: "generationConfig.seed",
  presencePenalty: "generationConfig.presencePenalty",
  frequencyPenalty: "generationConfig.frequencyPenalty",
  choiceCount: "generationConfig.candidateCount",
  logprobs: "generationConfig.responseLogprobs",
  topLogprobs: "generationConfig.logprobs",
  reasoning: "generationConfig.thinkingConfig",
  store: "store",
  serviceTier: "serviceTier",
};

/** generateContent: https://ai.google.dev/api/generate-content */
export const geminiChat: ChatCodec = {
  name: "gemini.generateContent",
  family: "gemini",
  support,
  fieldNames,
  takesExtra: isOwnExtra,
  parseRequest: parseChatRequest,
  writeRequest: writeChatRequest,
  parseResponse: parseChatResponse,
  writeResponse: writeChatResponse,
  stream: { createParser: createChatStreamParser },
};
