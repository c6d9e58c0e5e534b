import type { ChatRequest, ResponseFormat } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { isFrom } from "./api-origin.ts";
import { writeMessages } from "./chat-message-writer.ts";
import { writeTools } from "./chat-tool-writer.ts";
import { writeSchema } from "./json-output.ts";
import { withOwnExtras } from "./own-extras.ts";
import { writeEffort } from "./reasoning-effort.ts";
import { writeSampling } from "./sampling.ts";
import { writeServiceTier } from "./service-tier.ts";

/** A Chat Completions request body: https://platform.openai.com/docs/api-reference/chat/create */
export function writeChatRequest(request: ChatRequest, context: WriteContext): JsonObject {
  const sampling = writeSampling(request, context);
  const written = writeTools(request, context);
  const stored = writeStored(request, context);
  warnOfThoughts(request, context);
  const body = {
    model: context.model ?? undefined,
    messages: writeMessages(request, context),
    tools: written.tools,
    tool_choice: written.tool_choice,
    parallel_tool_calls: written.parallel_tool_calls,
    response_format: writeResponseFormat(request, context),
    max_completion_tokens: request.maxTokens,
    stop: writeStop(request, context),
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: writeTopK(request, context),
    seed: request.seed,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
    n: request.choiceCount,
    logprobs: sampling.logprobs,
    top_logprobs: sampling.logprobs === true ? sampling.topLogprobs : undefined,
    logit_bias: request.logitBias,
    reasoning_effort: writeEffort(request, context),
    verbosity: request.verbosity,
    prompt_cache_key: request.promptCacheKey,
    user: request.user,
    metadata: stored.metadata,
    store: stored.store,
    service_tier: writeServiceTier(request, context),
  };
  return withOwnExtras(body, request, NOT_IN_CHAT);
}

/** What only the Responses API has, and what means nothing in a batch. */
export const NOT_IN_CHAT: ReadonlySet<string> = new Set([
  "stream",
  "stream_options",
  "previous_response_id",
  "conversation",
  "background",
  "prompt",
  "include",
  "truncation",
  "max_tool_calls",
  "context_management",
  "tool_choice",
]);

function writeResponseFormat(request: ChatRequest, context: WriteContext): JsonObject | undefined {
  const format: ResponseFormat | undefined = request.responseFormat;
  if (format === undefined) return undefined;
  if (format.kind !== "json_schema") return { type: format.kind };
  return { type: "json_schema", json_schema: writeSchema(format, request, context) };
}

function writeStop(request: ChatRequest, context: WriteContext): readonly string[] | undefined {
  const { stop, family } = request;
  if (stop === undefined || stop.length === 0) return undefined;
  if (stop.length <= MAX_STOPS || family === "openai") return stop;
  throw context.untranslatable("stop", `OpenAI takes at most ${MAX_STOPS} of them`);
}

const MAX_STOPS = 4;

/** Not OpenAI's own, but its compatible hosts take it. */
function writeTopK(request: ChatRequest, context: WriteContext): number | undefined {
  const { topK } = request;
  if (topK === undefined || request.family === "openai") return topK;
  context.warn("topK", "OpenAI doesn't have it");
  return undefined;
}

/** OpenAI takes metadata only of answers that it stores, and unlike chat completions it stores responses by itself. */
function writeStored(
  request: ChatRequest,
  context: WriteContext,
): { readonly metadata?: JsonObject | undefined; readonly store?: boolean | undefined } {
  const { metadata, store } = request;
  const isSaid = metadata === undefined || store === true || isFrom(request, "chat");
  if (isSaid || Object.keys(metadata).length === 0) return { metadata, store };
  if (store === undefined && isFrom(request, "responses")) return { metadata, store: true };
  context.warn("metadata", "OpenAI takes it only of answers that are stored");
  return { store };
}

function warnOfThoughts(request: ChatRequest, context: WriteContext): void {
  const { reasoning } = request;
  if (reasoning?.includeThoughts === true || reasoning?.summary !== undefined) {
    context.warn("reasoning", "a chat completion doesn't show the model's thinking");
  }
}
