import type { ThinkingMode, ThinkingScope } from "./thinking-mode.ts";

export interface TokenLimit {
  readonly maxTokens: number;
  /** Of thinking; 0 where there is none. */
  readonly budget: number;
}

/** `max_tokens`, which Anthropic wants, and the budget below it: the hub's limit includes thinking, as Anthropic's does. */
export function fitTokens(mode: ThinkingMode, { request, context }: ThinkingScope): TokenLimit {
  const limit = request.maxTokens;
  const budget = mode.kind === "budget" ? Math.max(Math.trunc(mode.tokens), MIN_BUDGET) : 0;
  if (mode.kind === "budget" && mode.tokens < MIN_BUDGET) {
    context.warn("reasoning", `a budget is at least ${MIN_BUDGET} tokens: it is raised`);
  }
  if (limit === undefined) {
    context.warn("maxTokens", `Anthropic wants a limit: the answer gets ${DEFAULT_LIMIT} tokens`);
    return { maxTokens: DEFAULT_LIMIT + budget, budget };
  }
  if (mode.kind !== "budget" || budget < limit) return { maxTokens: limit, budget };
  if (limit >= 2 * MIN_BUDGET) {
    if (mode.isExact) context.warn("reasoning", "a budget is below the limit: it is lowered");
    return { maxTokens: limit, budget: limit - MIN_BUDGET };
  }
  context.warn("maxTokens", `thinking takes at least ${MIN_BUDGET} tokens: the limit is raised`);
  return { maxTokens: Math.max(limit, 1) + MIN_BUDGET, budget: MIN_BUDGET };
}

const MIN_BUDGET = 1024;
const DEFAULT_LIMIT = 4096;
