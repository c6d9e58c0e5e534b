import type { ChatFieldNames, ChatSupport } from "../../core/chat-fields.ts";
import type { ChatCodec } from "../../core/format.ts";
import { parseChatRequest } from "./chat-request.ts";
import { NOT_IN_CHAT, writeChatRequest } from "./chat-request-writer.ts";
import { parseChatResponse } from "./chat-response.ts";
import { writeChatResponse } from "./chat-response-writer.ts";
import { createChatStreamParser } from "./chat-stream-parser.ts";
import { createChatReframer, createChatStreamWriter } from "./chat-stream-writer.ts";
import { isOwnExtra } from "./own-extras.ts";

const support: ChatSupport = {
  fields: {
    tools: "partly",
    toolChoice: "kept",
    parallelToolCalls: "kept",
    responseFormat: "partly",
    maxTokens: "kept",
    stop: "partly",
    temperature: "partly",
    topP: "partly",
    topK: "partly",
    seed: "kept",
    presencePenalty: "partly",
    frequencyPenalty: "partly",
    choiceCount: "kept",
    logprobs: "partly",
    topLogprobs: "partly",
    logitBias: "kept",
    reasoning: "partly",
    verbosity: "kept",
    // OpenAI caches every prompt by itself.
    cache: "ignored",
    promptCacheKey: "kept",
    user: "kept",
    metadata: "partly",
    store: "kept",
    serviceTier: "partly",
  },
  parts: {
    text: "kept",
    image: "partly",
    document: "partly",
    audio: "partly",
    video: "refused",
    refusal: "kept",
    reasoning: "partly",
    redacted_reasoning: "partly",
    tool_call: "kept",
    tool_result: "partly",
    json: "emulated",
    native: "partly",
  },
};

const fieldNames: ChatFieldNames = {
  tools: "tools",
  toolChoice: "tool_choice",
  parallelToolCalls: "parallel_tool_calls",
  responseFormat: "response_format",
  maxTokens: "max_completion_tokens",
  stop: "stop",
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  seed: "seed",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
  choiceCount: "n",
  logprobs: "logprobs",
  topLogprobs: "top_logprobs",
  logitBias: "logit_bias",
  reasoning: "reasoning_effort",
  verbosity: "verbosity",
  promptCacheKey: "prompt_cache_key",
  user: "user",
  metadata: "metadata",
  store: "store",
  serviceTier: "service_tier",
};

/** Chat Completions: https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: ChatCodec = {
  name: "openai.chat",
  family: "openai",
  support,
  fieldNames,
  takesExtra: (extra) => isOwnExtra(extra, NOT_IN_CHAT),
  parseRequest: parseChatRequest,
  writeRequest: writeChatRequest,
  parseResponse: parseChatResponse,
  writeResponse: writeChatResponse,
  stream: {
    createParser: createChatStreamParser,
    writing: {
      fields: ["stream", "stream_options"],
      createWriter: createChatStreamWriter,
      createReframer: createChatReframer,
    },
  },
};
