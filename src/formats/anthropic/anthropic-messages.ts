import type { ChatFieldNames, ChatSupport } from "../../core/chat-fields.ts";
import type { ChatCodec } from "../../core/format.ts";
import { parseMessagesRequest } from "./messages-request.ts";
import { writeMessagesRequest } from "./messages-request-writer.ts";
import { parseMessagesResponse } from "./messages-response.ts";
import { writeMessagesResponse } from "./messages-response-writer.ts";
import { createMessagesStreamParser } from "./messages-stream-parser.ts";
import { createMessagesReframer, createMessagesStreamWriter } from "./messages-stream-writer.ts";
import { isOwnExtra } from "./own-extras.ts";

const support: ChatSupport = {
  fields: {
    tools: "partly",
    toolChoice: "partly",
    parallelToolCalls: "kept",
    responseFormat: "emulated",
    maxTokens: "kept",
    stop: "partly",
    temperature: "partly",
    topP: "partly",
    topK: "partly",
    seed: "warned",
    presencePenalty: "warned",
    frequencyPenalty: "warned",
    choiceCount: "refused",
    logprobs: "warned",
    topLogprobs: "warned",
    logitBias: "warned",
    reasoning: "partly",
    verbosity: "warned",
    cache: "kept",
    promptCacheKey: "warned",
    user: "partly",
    metadata: "warned",
    store: "warned",
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
    tool_result: "kept",
    json: "emulated",
    native: "partly",
  },
};

const fieldNames: ChatFieldNames = {
  tools: "tools",
  toolChoice: "tool_choice",
  parallelToolCalls: "tool_choice.disable_parallel_tool_use",
  responseFormat: "output_config.format",
  maxTokens: "max_tokens",
  stop: "stop_sequences",
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  reasoning: "thinking",
  cache: "cache_control",
  user: "metadata.user_id",
  serviceTier: "service_tier",
};

/** Messages, at Anthropic and, in another envelope, on Bedrock: https://platform.claude.com/docs/en/api/messages/create */
export const anthropicMessages: ChatCodec = {
  name: "anthropic.messages",
  family: "anthropic",
  support,
  fieldNames,
  takesExtra: isOwnExtra,
  parseRequest: parseMessagesRequest,
  writeRequest: writeMessagesRequest,
  parseResponse: parseMessagesResponse,
  writeResponse: writeMessagesResponse,
  stream: {
    createParser: createMessagesStreamParser,
    writing: {
      fields: ["stream"],
      createWriter: createMessagesStreamWriter,
      createReframer: createMessagesReframer,
    },
  },
};
