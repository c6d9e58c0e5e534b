import type { ChatRequest, ReasoningEffort } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { type ConverseSettings, unlessEmpty } from "./converse-settings.ts";
import { JSON_INSTRUCTION, planOutput } from "./json-output.ts";
import { isGptOss, isNova2, isOpenAI, takesForcedTool, takesSchema } from "./model-limits.ts";
import { clampSampling } from "./sampling.ts";
import { writeTextFormat } from "./text-format.ts";
import { writeTools } from "./tool-writer.ts";
import type { WriteScope } from "./write-scope.ts";

/** The settings of a Converse body for any model but Claude. */
export function writeSettings(request: ChatRequest, scope: WriteScope): ConverseSettings {
  const { model, context, isOwn } = scope;
  const isUnknown = model.family === null;
  const ways = {
    // A model that we can't name says itself whether it takes a schema.
    takesSchema: isOwn || isUnknown || takesSchema(model),
    takesForcedTool: takesForcedTool(model) && !context.isBatch,
  };
  const output = planOutput(request, ways, context);
  const reasoning = writeReasoning(request, scope);
  return {
    inferenceConfig: unlessEmpty({
      maxTokens: reasoning.isUnlimited ? undefined : request.maxTokens,
      ...writeSampling(request, scope),
      stopSequences: writeStop(request, scope),
    }),
    tools: writeTools(request, output, scope),
    outputConfig: unlessEmpty({
      textFormat: output.kind === "schema" ? writeTextFormat(output.schema, request) : undefined,
      effort: reasoning.effort,
    }),
    modelFields: unlessEmpty({ ...writeTopK(request, scope), ...reasoning.fields }),
    instruction: output.kind === "instruction" ? JSON_INSTRUCTION : undefined,
  };
}

interface WrittenSampling {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
}

export function writeSampling(request: ChatRequest, scope: WriteScope): WrittenSampling {
  const { temperature, topP } = request;
  const { model, context, isOwn } = scope;
  if (isOpenAI(model) && !isGptOss(model) && !isOwn) {
    const reason = "OpenAI's models take only the default in Converse";
    if (temperature !== undefined && temperature !== 1) context.warn("temperature", reason);
    if (topP !== undefined && topP !== 1) context.warn("topP", reason);
    return {};
  }
  return clampSampling(request, context);
}

function writeStop(
  { stop }: ChatRequest,
  { model, context, isOwn }: WriteScope,
): readonly string[] | undefined {
  const said = stop?.filter((text) => text !== "");
  if (said === undefined || said.length === 0) return undefined;
  if (isOpenAI(model) && !isOwn) {
    context.warn("stop", "OpenAI's models take no stops in Converse");
    return undefined;
  }
  return said;
}

/** Each maker has its own name for it. */
function writeTopK({ topK }: ChatRequest, { model, context, isOwn }: WriteScope): JsonObject {
  if (topK === undefined) return {};
  const { family } = model;
  if (family === "nova") return { inferenceConfig: { topK } };
  const isKnown = family === "mistral" || family === "mistral_chat";
  if (isKnown || (family === null && isOwn)) return { top_k: topK };
  context.warn("topK", "the model doesn't take it in Converse");
  return {};
}

export interface WrittenReasoning {
  readonly fields: JsonObject;
  readonly effort?: string | undefined;
  /** No limit of tokens goes with so much effort. */
  readonly isUnlimited: boolean;
}

const NO_REASONING: WrittenReasoning = { fields: {}, isUnlimited: false };

function writeReasoning(request: ChatRequest, scope: WriteScope): WrittenReasoning {
  const { reasoning } = request;
  const { model, context, isOwn } = scope;
  if (reasoning === undefined) return NO_REASONING;
  const wanted = wantedEffort(request);
  if (isNova2(model)) return writeNovaReasoning(request, context);
  if (isGptOss(model)) {
    const effort = wanted === undefined ? undefined : THREE_EFFORTS[wanted];
    if (wanted === "none")
      context.warn("reasoning", "the model always thinks: with the least effort");
    return { fields: { reasoning_effort: effort }, isUnlimited: false };
  }
  if (isOpenAI(model)) {
    return {
      fields: wanted === undefined ? {} : { reasoning: { effort: wanted } },
      isUnlimited: false,
    };
  }
  // An application profile may hide any model; a request of Bedrock's own knows which.
  if (model.family === null && isOwn) return writeOwnReasoning(request);
  if (wanted !== undefined && wanted !== "none") {
    context.warn("reasoning", "the model isn't told in Converse how to think");
  }
  return NO_REASONING;
}

const THREE_EFFORTS: Readonly<Record<ReasoningEffort, string>> = {
  none: "low",
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
  max: "high",
};

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/request-response-schema.html */
export function writeNovaReasoning(request: ChatRequest, context: WriteContext): WrittenReasoning {
  const wanted = wantedEffort(request);
  if (wanted === undefined) return NO_REASONING;
  if (wanted === "none")
    return { fields: { reasoningConfig: { type: "disabled" } }, isUnlimited: false };
  const effort = THREE_EFFORTS[wanted];
  const isUnlimited = effort === "high";
  if (isUnlimited && request.maxTokens !== undefined) {
    context.warn("maxTokens", "Nova takes no limit where it thinks with high effort");
  }
  return {
    fields: { reasoningConfig: { type: "enabled", maxReasoningEffort: effort } },
    isUnlimited,
  };
}

function writeOwnReasoning({ reasoning }: ChatRequest): WrittenReasoning {
  const { thinking, effort, includeThoughts } = reasoning ?? {};
  const display =
    includeThoughts === undefined ? undefined : includeThoughts ? "summarized" : "omitted";
  const fields = {
    off: { type: "disabled" },
    adaptive: { type: "adaptive", display },
    budget: {
      type: "enabled",
      budget_tokens: thinking?.kind === "budget" ? thinking.tokens : undefined,
      display,
    },
  };
  return {
    fields: thinking === undefined ? {} : { thinking: fields[thinking.kind] },
    effort,
    isUnlimited: false,
  };
}

/** Where a model takes no budget, the budget says the effort (wire.md F.6). */
export function wantedEffort({ reasoning, family }: ChatRequest): ReasoningEffort | undefined {
  const { thinking, effort } = reasoning ?? {};
  if (thinking?.kind === "off") return "none";
  if (effort !== undefined || thinking === undefined) return effort;
  if (thinking.kind === "adaptive") return "medium";
  if (thinking.tokens <= 0) return "none";
  if (thinking.tokens <= 1024) return "low";
  return thinking.tokens <= (family === "gemini" ? 8192 : 2048) ? "medium" : "high";
}
