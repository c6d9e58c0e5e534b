import type { ChatFieldNames, ChatSupport } from "../../core/chat-fields.ts";
import type { ChatCodec } from "../../core/format.ts";
import { parseConverseRequest } from "./converse-request.ts";
import { createConverseWriter } from "./converse-request-writer.ts";
import { parseConverseResponse } from "./converse-response.ts";
import { writeConverseResponse } from "./converse-response-writer.ts";
import { createConverseStreamParser } from "./converse-stream.ts";
import { isOwnExtra } from "./own-extras.ts";

const support: ChatSupport = {
  fields: {
    tools: "partly",
    toolChoice: "partly",
    parallelToolCalls: "partly",
    responseFormat: "partly",
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
    // A mark at the end, for the models that take marks; the others cache nothing.
    cache: "emulated",
    // Only says which prompts are alike.
    promptCacheKey: "ignored",
    user: "warned",
    metadata: "partly",
    store: "warned",
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
    redacted_reasoning: "partly",
    tool_call: "partly",
    tool_result: "partly",
    json: "kept",
    native: "partly",
  },
};

const fieldNames: ChatFieldNames = {
  tools: "toolConfig.tools",
  toolChoice: "toolConfig.toolChoice",
  parallelToolCalls: "additionalModelRequestFields.tool_choice",
  responseFormat: "outputConfig.textFormat",
  maxTokens: "inferenceConfig.maxTokens",
  stop: "inferenceConfig.stopSequences",
  temperature: "inferenceConfig.temperature",
  topP: "inferenceConfig.topP",
  // Nova's place; Claude has it one level up, but rarely comes in this body.
  topK: "additionalModelRequestFields.inferenceConfig.topK",
  reasoning: "additionalModelRequestFields.thinking",
  metadata: "requestMetadata",
  serviceTier: "serviceTier",
};

/** Converse, the one body for all of Bedrock's chat models. What Claude takes, Anthropic's own codec knows. */
export function createConverse(claude: ChatCodec): ChatCodec {
  return {
    name: "bedrock.converse",
    family: "bedrock",
    support,
    fieldNames,
    takesExtra: isOwnExtra,
    parseRequest: parseConverseRequest,
    writeRequest: createConverseWriter(claude),
    parseResponse: parseConverseResponse,
    writeResponse: writeConverseResponse,
    stream: { createParser: createConverseStreamParser },
  };
}
