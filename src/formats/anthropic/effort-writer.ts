import type { Reasoning, ReasoningEffort } from "../../core/chat-request.ts";
import type { ClaudeEffort } from "./claude-models.ts";
import type { ThinkingMode, ThinkingScope } from "./thinking-mode.ts";

/** `wish`: what the model could do, had nothing else stood against it. */
export function writeEffort(
  mode: ThinkingMode,
  wish: ThinkingMode,
  { model, request, context }: ThinkingScope,
): ClaudeEffort | undefined {
  const asked = askedEffort(request.reasoning ?? {}, wish);
  // Else the budget says it.
  if (asked === undefined || (wish.kind === "budget" && !wish.isExact)) return undefined;
  if (model.efforts.length === 0) {
    if (model.thinking !== "none") context.warn("reasoning", "this model takes no effort");
    return undefined;
  }
  const isHigh = asked === "xhigh" || asked === "max";
  const isCapped = isHigh && mode.kind === "off" && model.thinkingOff !== "disabled";
  if (model.efforts.includes(asked) && !isCapped) return asked;
  context.warn("reasoning", `this model doesn't take "${asked}" here: it gets "high"`);
  return "high";
}

function askedEffort(reasoning: Reasoning, wish: ThinkingMode): ClaudeEffort | undefined {
  const { effort, thinking } = reasoning;
  if (effort !== undefined) return EFFORTS[effort];
  // Where the model takes no budget, the budget becomes an effort.
  if (thinking?.kind !== "budget" || wish.kind !== "adaptive") return undefined;
  if (thinking.tokens <= 1024) return "low";
  return thinking.tokens <= 8192 ? "medium" : "high";
}

const EFFORTS: Readonly<Record<ReasoningEffort, ClaudeEffort | undefined>> = {
  none: undefined,
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "xhigh",
  max: "max",
};
