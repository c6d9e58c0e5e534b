import type { Extra } from "../../core/chat-request.ts";
import type { Usage } from "../../core/chat-response.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { JsonPath } from "../../core/json-path.ts";
import { arrayIn, createProtoExtrasReader, numberIn, textIn } from "./proto-fields.ts";

/** `usageMetadata`: https://ai.google.dev/api/generate-content#UsageMetadata */
export function parseUsage(usage: JsonObject, at: JsonPath, extras: Extra[]): Usage {
  readExtras(usage, at, extras);
  const prompt = numberIn(usage, "promptTokenCount") ?? 0;
  const input = prompt + (numberIn(usage, "toolUsePromptTokenCount") ?? 0);
  const thoughts = numberIn(usage, "thoughtsTokenCount");
  const output = (numberIn(usage, "candidatesTokenCount") ?? 0) + (thoughts ?? 0);
  return {
    inputTokens: input,
    cacheReadTokens: numberIn(usage, "cachedContentTokenCount"),
    audioInputTokens: audioTokens(arrayIn(usage, "promptTokensDetails")),
    outputTokens: output,
    reasoningTokens: thoughts,
    audioOutputTokens: audioTokens(arrayIn(usage, "candidatesTokensDetails")),
    totalTokens: numberIn(usage, "totalTokenCount") ?? input + output,
  };
}

const readExtras = createProtoExtrasReader(`
  promptTokenCount toolUsePromptTokenCount thoughtsTokenCount candidatesTokenCount
  cachedContentTokenCount totalTokenCount
`);

function audioTokens(details: readonly Json[]): number | undefined {
  const audio = details.find((item) => isJsonObject(item) && textIn(item, "modality") === "AUDIO");
  return isJsonObject(audio) ? numberIn(audio, "tokenCount") : undefined;
}

/** Google leaves out what is zero. */
export function writeUsage(usage: Usage): JsonObject {
  const { inputTokens, outputTokens, reasoningTokens, cacheReadTokens, totalTokens } = usage;
  return {
    promptTokenCount: someOf(inputTokens),
    candidatesTokenCount: someOf(Math.max(outputTokens - (reasoningTokens ?? 0), 0)),
    thoughtsTokenCount: someOf(reasoningTokens),
    cachedContentTokenCount: someOf(cacheReadTokens),
    totalTokenCount: totalTokens,
  };
}

function someOf(count: number | undefined): number | undefined {
  return count === 0 ? undefined : count;
}
