import type { ChatFieldNames, ChatSupport } from "../../core/chat-fields.ts";
import type { ChatCodec } from "../../core/format.ts";
import { parseConverseResponse } from "./converse-response.ts";
import { writeAnswer } from "./converse-response-writer.ts";
import { createConverseStreamParser } from "./converse-stream.ts";
import { parseNovaRequest, writeNovaRequest } from "./nova-request.ts";

const support: ChatSupport = {
  fields: {
    tools: "partly",
    toolChoice: "partly",
    parallelToolCalls: "partly",
    responseFormat: "emulated",
    maxTokens: "kept",
    stop: "kept",
    temperature: "partly",
    topP: "partly",
    topK: "kept",
    seed: "warned",
    presencePenalty: "warned",
    frequencyPenalty: "warned",
    choiceCount: "refused",
    logprobs: "warned",
    topLogprobs: "warned",
    logitBias: "warned",
    reasoning: "partly",
    verbosity: "warned",
    cache: "ignored",
    promptCacheKey: "ignored",
    user: "warned",
    metadata: "warned",
    store: "warned",
    // The job or the call says it, not the body.
    serviceTier: "ignored",
  },
  parts: {
    text: "kept",
    image: "partly",
    document: "partly",
    audio: "partly",
    video: "partly",
    refusal: "emulated",
    reasoning: "partly",
    redacted_reasoning: "partly",
    tool_call: "partly",
    tool_result: "partly",
    json: "kept",
    native: "refused",
  },
};

const fieldNames: ChatFieldNames = {
  tools: "toolConfig.tools",
  toolChoice: "toolConfig.toolChoice",
  maxTokens: "inferenceConfig.maxTokens",
  stop: "inferenceConfig.stopSequences",
  temperature: "inferenceConfig.temperature",
  topP: "inferenceConfig.topP",
  topK: "inferenceConfig.topK",
  reasoning: "inferenceConfig.reasoningConfig",
};

/** Amazon Nova by InvokeModel. It differs from Converse in little, but a batch of it takes tools. */
export const nova: ChatCodec = {
  name: "bedrock.nova",
  family: "bedrock",
  support,
  fieldNames,
  parseRequest: parseNovaRequest,
  writeRequest: writeNovaRequest,
  parseResponse: parseConverseResponse,
  writeResponse: writeAnswer,
  stream: { createParser: createConverseStreamParser },
};
