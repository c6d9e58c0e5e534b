import type { ChatRequest, ReasoningEffort } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ClaudeEffort, ClaudeModel } from "./claude-models.ts";
import { writeEffort } from "./effort-writer.ts";
import type { ThinkingMode, ThinkingScope } from "./thinking-mode.ts";
import { fitTokens } from "./token-limit.ts";

export interface ThinkingPlan {
  readonly thinking?: JsonObject | undefined;
  readonly effort?: ClaudeEffort | undefined;
  /** Asked for, so that sampling has to be left alone. */
  readonly isOn: boolean;
  readonly maxTokens: number;
}

/** `thinking`, `output_config.effort` and `max_tokens`, which hang together. */
export function planThinking(scope: ThinkingScope): ThinkingPlan {
  const { request } = scope;
  const wish = fitToModel(wishedMode(scope), scope);
  const mode = fitToNeeds(wish, scope);
  const { maxTokens, budget } = fitTokens(mode, scope);
  const effort = writeEffort(mode, wish, scope);
  switch (mode.kind) {
    case "budget":
      return {
        thinking: { type: "enabled", budget_tokens: budget, display: displayOf(request) },
        effort,
        isOn: true,
        maxTokens,
      };
    case "adaptive": {
      const thinking = { type: "adaptive", display: displayOf(request) };
      return { thinking, effort, isOn: true, maxTokens };
    }
    case "off":
      return { ...turnOff(mode.isAsked, effort, scope), isOn: false, maxTokens };
    case "default":
      return { effort, isOn: false, maxTokens };
  }
}

function wishedMode({ request, model, context }: ThinkingScope): ThinkingMode {
  const { reasoning, family } = request;
  if (reasoning === undefined) return { kind: "default" };
  const { thinking, effort, includeThoughts } = reasoning;
  if (thinking?.kind === "off") return { kind: "off", isAsked: true };
  if (thinking?.kind === "budget") {
    if (thinking.tokens <= 0) return { kind: "off", isAsked: true };
    return { ...thinking, isExact: true };
  }
  if (thinking?.kind === "adaptive") return byEffort(effort ?? "high", model);
  if (effort === "none") return { kind: "off", isAsked: true };
  // Claude's own effort is about all that is said, and doesn't turn thinking on.
  if (effort !== undefined && (family !== "anthropic" || model.efforts.length === 0)) {
    return byEffort(effort, model);
  }
  if (effort === undefined && includeThoughts === true) {
    if (model.thinking === "adaptive" || model.thinking === "either") return { kind: "adaptive" };
    context.warn("reasoning", "thinking can only be shown where a budget for it is given");
  }
  return { kind: "default" };
}

function byEffort(effort: ReasoningEffort, model: ClaudeModel): ThinkingMode {
  return model.thinking === "adaptive" || model.thinking === "either"
    ? { kind: "adaptive" }
    : { kind: "budget", tokens: BUDGETS[effort], isExact: false };
}

const BUDGETS: Readonly<Record<ReasoningEffort, number>> = {
  none: 1024,
  minimal: 1024,
  low: 1024,
  medium: 2048,
  high: 4096,
  xhigh: 8192,
  max: 16_384,
};

function fitToModel(mode: ThinkingMode, { model, context }: ThinkingScope): ThinkingMode {
  if (mode.kind === "default" || mode.kind === "off") return mode;
  if (model.thinking === "none") {
    context.warn("reasoning", "this model doesn't think");
    return { kind: "default" };
  }
  if (mode.kind === "budget" && model.thinking === "adaptive") {
    context.warn("reasoning", "this model takes no budget: effort says how much it thinks");
    return { kind: "adaptive" };
  }
  return mode;
}

function fitToNeeds(mode: ThinkingMode, { model, needs, context }: ThinkingScope): ThinkingMode {
  const isOn = mode.kind === "adaptive" || mode.kind === "budget";
  if (isOn && needs.isToolForced) {
    context.warn("reasoning", "Anthropic's models don't think where a tool has to be called");
    return { kind: "off", isAsked: false };
  }
  if (isOn && needs.isPrefilled) {
    context.warn("reasoning", "Anthropic's models don't think where they go on with a message");
    return { kind: "off", isAsked: false };
  }
  if (mode.kind === "budget" && needs.continuesUnthought) {
    context.warn("reasoning", "the thinking before the last calls of tools isn't given back");
    return { kind: "off", isAsked: false };
  }
  // It would think by itself, and refuse the choice.
  const isLoud = mode.kind === "default" && needs.isToolForced && model.thinksUnasked;
  return isLoud && model.thinkingOff !== "never" ? { kind: "off", isAsked: false } : mode;
}

function displayOf({ reasoning }: ChatRequest): string | undefined {
  const { includeThoughts, summary } = reasoning ?? {};
  if (includeThoughts === undefined) return summary === undefined ? undefined : "summarized";
  return includeThoughts ? "summarized" : "omitted";
}

function turnOff(
  isAsked: boolean,
  effort: ClaudeEffort | undefined,
  { model, context }: ThinkingScope,
): Pick<ThinkingPlan, "thinking" | "effort"> {
  switch (model.thinkingOff) {
    case "disabled":
    case "up_to_high":
      // Models that think only when asked to needn't be told.
      if (model.thinking === "none" || (!isAsked && !model.thinksUnasked)) return { effort };
      return { thinking: { type: "disabled" }, effort };
    case "between_tools":
      return { thinking: { type: "between_tools" }, effort };
    case "never":
      if (!isAsked) return { effort };
      context.warn("reasoning", "this model always thinks: with the least effort");
      return { effort: effort ?? "low" };
  }
}
