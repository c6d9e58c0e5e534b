import type { ChatField, ChatSupport, Support } from "../../core/chat-fields.ts";

/** What models that take a single text have in common; each says which of the settings it has. */
export function promptSupport(own: Readonly<Partial<Record<ChatField, Support>>>): ChatSupport {
  return {
    fields: {
      tools: "refused",
      // Mean nothing without tools, and those are refused.
      toolChoice: "ignored",
      parallelToolCalls: "ignored",
      responseFormat: "partly",
      maxTokens: "kept",
      stop: "kept",
      temperature: "partly",
      topP: "partly",
      topK: "warned",
      seed: "warned",
      presencePenalty: "warned",
      frequencyPenalty: "warned",
      choiceCount: "refused",
      logprobs: "warned",
      topLogprobs: "warned",
      logitBias: "warned",
      reasoning: "warned",
      verbosity: "warned",
      cache: "ignored",
      promptCacheKey: "ignored",
      user: "warned",
      metadata: "warned",
      store: "warned",
      serviceTier: "ignored",
      ...own,
    },
    parts: {
      text: "kept",
      image: "refused",
      document: "partly",
      audio: "refused",
      video: "refused",
      refusal: "emulated",
      reasoning: "warned",
      redacted_reasoning: "warned",
      tool_call: "refused",
      tool_result: "refused",
      json: "refused",
      native: "refused",
    },
  };
}
