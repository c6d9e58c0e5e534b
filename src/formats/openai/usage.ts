import type { Usage } from "../../core/chat-response.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { countIn, objectIn } from "../open-values.ts";

/** `usage` of a chat completion: https://platform.openai.com/docs/api-reference/chat/object */
export function parseChatUsage(value: Json | undefined): Usage | null {
  if (!isJsonObject(value)) return null;
  const input = countIn(value, "prompt_tokens") ?? 0;
  const output = countIn(value, "completion_tokens") ?? 0;
  const inputDetails = objectIn(value, "prompt_tokens_details") ?? {};
  const outputDetails = objectIn(value, "completion_tokens_details") ?? {};
  return {
    inputTokens: input,
    cacheReadTokens: countIn(inputDetails, "cached_tokens"),
    cacheWriteTokens: countIn(inputDetails, "cache_write_tokens"),
    audioInputTokens: countIn(inputDetails, "audio_tokens"),
    outputTokens: output,
    reasoningTokens: countIn(outputDetails, "reasoning_tokens"),
    audioOutputTokens: countIn(outputDetails, "audio_tokens"),
    totalTokens: countIn(value, "total_tokens") ?? input + output,
  };
}

/** Says only what the provider said: no zero stands for "not known". */
export function writeChatUsage(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: known({
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      audio_tokens: usage.audioInputTokens,
    }),
    completion_tokens_details: known({
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: usage.audioOutputTokens,
    }),
  };
}

function known(details: JsonObject): JsonObject | undefined {
  for (const name in details) if (details[name] !== undefined) return details;
  return undefined;
}

/** `usage` of a response: https://platform.openai.com/docs/api-reference/responses/object */
export function parseResponseUsage(value: Json | undefined): Usage | null {
  if (!isJsonObject(value)) return null;
  const input = countIn(value, "input_tokens") ?? 0;
  const output = countIn(value, "output_tokens") ?? 0;
  const inputDetails = objectIn(value, "input_tokens_details") ?? {};
  const outputDetails = objectIn(value, "output_tokens_details") ?? {};
  return {
    inputTokens: input,
    cacheReadTokens: countIn(inputDetails, "cached_tokens"),
    cacheWriteTokens: countIn(inputDetails, "cache_write_tokens"),
    outputTokens: output,
    reasoningTokens: countIn(outputDetails, "reasoning_tokens"),
    totalTokens: countIn(value, "total_tokens") ?? input + output,
  };
}

/** The details are required here, so what isn't known is 0. */
export function writeResponseUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens ?? 0,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: usage.totalTokens,
  };
}
