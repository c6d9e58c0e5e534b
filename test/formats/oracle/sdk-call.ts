import type { ChatField } from "../../../src/core/chat-fields.ts";
import type { ChatRequest, Reasoning } from "../../../src/core/chat-request.ts";
import type { Json, JsonObject } from "../../../src/core/json.ts";
import type { ToolDefinition } from "../../../src/core/tools.ts";
import type { Api, Call } from "./sdk-models.ts";
import { toPrompt } from "./sdk-prompt.ts";
import { defined, Inexpressible } from "./sdk-values.ts";

/** A request of ours as a call of the SDK, for all of its providers at once. */
export function toCall(request: ChatRequest): Call {
  return defined<Call>({
    prompt: toPrompt(request.messages),
    maxOutputTokens: request.maxTokens,
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    stopSequences: request.stop === undefined ? undefined : [...request.stop],
    seed: request.seed,
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    responseFormat: toResponseFormat(request),
    tools: request.tools?.map(toTool),
    toolChoice: toToolChoice(request),
    reasoning: toReasoning(request.reasoning),
    providerOptions: defined({
      openai: openaiOptions(request),
      anthropic: anthropicOptions(request),
      google: googleOptions(request),
      amazonBedrock: bedrockOptions(request),
    }),
  });
}

/**
 * Settings that the SDK's package for an API has no option for. They are left out of the request before either side writes it;
 * what our writers make of them is in the tables above.
 */
export const WITHOUT_OPTION: Readonly<Record<Api, readonly ChatField[]>> = {
  "openai.chat": ["choiceCount"],
  "openai.responses": ["choiceCount", "logitBias"],
  "anthropic.messages": onlyOpenAI(),
  "gemini.generateContent": [...onlyOpenAI(), "user", "cache", "parallelToolCalls"],
  "bedrock.converse": [...onlyOpenAI(), "user", "cache"],
  "bedrock.claude": onlyOpenAI(),
};

function onlyOpenAI(): ChatField[] {
  return [
    "choiceCount",
    "logprobs",
    "topLogprobs",
    "logitBias",
    "verbosity",
    "promptCacheKey",
    "metadata",
    "store",
    "serviceTier",
  ];
}

function toResponseFormat({ responseFormat }: ChatRequest): Call["responseFormat"] {
  if (responseFormat === undefined || responseFormat.kind === "text") return undefined;
  if (responseFormat.kind === "json_object") return { type: "json" };
  const { schema, name, description } = responseFormat;
  return defined<Extract<Call["responseFormat"], { type: "json" }>>({
    type: "json",
    schema: mutable(schema),
    name,
    description,
  });
}

type SdkTool = NonNullable<Call["tools"]>[number];
type FunctionTool = Extract<SdkTool, { type: "function" }>;

function toTool(tool: ToolDefinition): SdkTool {
  if (tool.kind !== "function") throw new Inexpressible(`${tool.kind} tool`);
  return defined<FunctionTool>({
    type: "function",
    name: tool.name,
    description: tool.description,
    inputSchema: mutable(tool.schema ?? { type: "object", properties: {} }),
    strict: tool.strict,
    providerOptions: tool.cache && {
      anthropic: {
        cacheControl: { type: "ephemeral", ...(tool.cache.ttl && { ttl: tool.cache.ttl }) },
      },
    },
  });
}

function mutable(schema: JsonObject): FunctionTool["inputSchema"] {
  return structuredClone(schema) as FunctionTool["inputSchema"];
}

function toToolChoice({ toolChoice }: ChatRequest): Call["toolChoice"] {
  if (toolChoice === undefined) return undefined;
  if (toolChoice.kind === "allowed") throw new Inexpressible("a choice among some tools");
  return toolChoice.kind === "named"
    ? { type: "tool", toolName: toolChoice.name }
    : { type: toolChoice.kind };
}

function toReasoning(reasoning: Reasoning | undefined): Call["reasoning"] {
  return reasoning?.effort === "max" ? undefined : reasoning?.effort;
}

type Options = Record<string, Json>;

function openaiOptions(request: ChatRequest): Options {
  const { reasoning, family, responseFormat } = request;
  const isOwn = family === "openai";
  return defined({
    parallelToolCalls: request.parallelToolCalls,
    logprobs: request.topLogprobs ?? request.logprobs,
    logitBias: request.logitBias,
    user: request.user,
    store: request.store,
    metadata: request.metadata,
    textVerbosity: request.verbosity,
    promptCacheKey: request.promptCacheKey,
    serviceTier: isOwn ? request.serviceTier : undefined,
    reasoningSummary: reasoning?.summary,
    reasoningEffort: reasoning?.effort === "max" ? "max" : undefined,
    strictJsonSchema: responseFormat?.kind === "json_schema" ? responseFormat.strict : undefined,
    systemMessageMode: systemRole(request),
  });
}

/** The SDK has one role for all system messages of a request. */
function systemRole({ messages }: ChatRequest): string | undefined {
  const roles = new Set(messages.flatMap((part) => (part.kind === "system" ? [part.role] : [])));
  const [role, ...others] = roles;
  if (others.length > 0) throw new Inexpressible("system and developer text in one request");
  return role;
}

function anthropicOptions(request: ChatRequest): Options {
  const { reasoning, cache, parallelToolCalls, user } = request;
  return defined({
    disableParallelToolUse: parallelToolCalls === undefined ? undefined : !parallelToolCalls,
    metadata: user === undefined ? undefined : { userId: user },
    cacheControl: cache && { type: "ephemeral", ...(cache.ttl && { ttl: cache.ttl }) },
    thinking: anthropicThinking(reasoning),
    effort: reasoning?.effort === "max" ? "max" : undefined,
  });
}

function anthropicThinking(reasoning: Reasoning | undefined): Json | undefined {
  switch (reasoning?.thinking?.kind) {
    case "off":
      return { type: "disabled" };
    case "adaptive":
      return defined({
        type: "adaptive",
        display:
          reasoning.includeThoughts === undefined
            ? undefined
            : reasoning.includeThoughts
              ? "summarized"
              : "omitted",
      });
    case "budget":
      return { type: "enabled", budgetTokens: reasoning.thinking.tokens };
    case undefined:
      return undefined;
  }
}

function googleOptions({ reasoning }: ChatRequest): Options {
  const budgets = { off: 0, adaptive: -1 };
  const { effort, includeThoughts } = reasoning ?? {};
  // Either of them decides.
  const thinking = effort === undefined ? reasoning?.thinking : undefined;
  const thinkingBudget =
    thinking?.kind === "budget"
      ? thinking.tokens
      : thinking === undefined
        ? undefined
        : budgets[thinking.kind];
  const thinkingConfig = defined({ thinkingBudget, includeThoughts });
  return Object.keys(thinkingConfig).length === 0 ? {} : { thinkingConfig };
}

function bedrockOptions({ reasoning }: ChatRequest): Options {
  const { thinking, effort } = reasoning ?? {};
  const types = { off: "disabled", adaptive: "adaptive", budget: "enabled" };
  const reasoningConfig = defined({
    type: thinking && types[thinking.kind],
    budgetTokens: thinking?.kind === "budget" ? thinking.tokens : undefined,
    maxReasoningEffort: effort === "max" ? "max" : undefined,
  });
  return Object.keys(reasoningConfig).length === 0 ? {} : { reasoningConfig };
}
