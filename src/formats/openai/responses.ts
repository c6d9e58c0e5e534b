import type { ChatFieldNames, ChatSupport } from "../../core/chat-fields.ts";
import type { ChatCodec } from "../../core/format.ts";
import { isOwnExtra } from "./own-extras.ts";
import { parseResponsesRequest } from "./responses-request.ts";
import { NOT_IN_RESPONSES, writeResponsesRequest } from "./responses-request-writer.ts";
import { parseResponsesResponse } from "./responses-response.ts";
import { writeResponsesResponse } from "./responses-response-writer.ts";
import { createResponsesStreamWriter } from "./responses-stream-writer.ts";

const support: ChatSupport = {
  fields: {
    tools: "partly",
    toolChoice: "kept",
    parallelToolCalls: "kept",
    responseFormat: "partly",
    maxTokens: "partly",
    stop: "warned",
    temperature: "partly",
    topP: "partly",
    topK: "warned",
    seed: "warned",
    presencePenalty: "warned",
    frequencyPenalty: "warned",
    choiceCount: "refused",
    logprobs: "partly",
    topLogprobs: "partly",
    logitBias: "warned",
    reasoning: "partly",
    verbosity: "kept",
    // OpenAI caches every prompt by itself.
    cache: "ignored",
    promptCacheKey: "kept",
    user: "kept",
    metadata: "kept",
    store: "kept",
    serviceTier: "partly",
  },
  parts: {
    text: "kept",
    image: "partly",
    document: "partly",
    audio: "refused",
    video: "refused",
    refusal: "emulated",
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
  responseFormat: "text.format",
  maxTokens: "max_output_tokens",
  temperature: "temperature",
  topP: "top_p",
  logprobs: "include",
  topLogprobs: "top_logprobs",
  reasoning: "reasoning",
  verbosity: "text.verbosity",
  promptCacheKey: "prompt_cache_key",
  user: "user",
  metadata: "metadata",
  store: "store",
  serviceTier: "service_tier",
};

/** Responses: https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses: ChatCodec = {
  name: "openai.responses",
  family: "openai",
  support,
  fieldNames,
  takesExtra: (extra) => isOwnExtra(extra, NOT_IN_RESPONSES),
  parseRequest: parseResponsesRequest,
  writeRequest: writeResponsesRequest,
  parseResponse: parseResponsesResponse,
  writeResponse: writeResponsesResponse,
  stream: {
    writing: {
      fields: ["stream", "stream_options"],
      createWriter: createResponsesStreamWriter,
    },
  },
};
