import {
  type ChatRequest,
  type Reasoning,
  REASONING_EFFORTS,
  type ReasoningEffort,
} from "../../core/chat-request.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { modelEfforts } from "./model-limits.ts";

/** How hard the model is to think: as the client of OpenAI said, else the nearest that the model takes. */
export function writeEffort(
  request: ChatRequest,
  context: WriteContext,
): ReasoningEffort | undefined {
  const { reasoning, family } = request;
  if (reasoning === undefined) return undefined;
  if (family === "openai") return reasoning.effort;
  const wanted = effortOf(reasoning, family);
  const efforts = modelEfforts(context.model);
  if (wanted === undefined || efforts === null || efforts.includes(wanted)) return wanted;
  const effort = nearest(wanted, efforts);
  if (effort === undefined) {
    if (wanted !== "none")
      context.warn("reasoning", `${context.model ?? "the model"} doesn't reason`);
    return undefined;
  }
  context.warn(
    "reasoning",
    `${context.model ?? "the model"} has no effort "${wanted}", so "${effort}" stands for it`,
  );
  return effort;
}

function effortOf(
  reasoning: Reasoning,
  family: ChatRequest["family"],
): ReasoningEffort | undefined {
  const { thinking, effort } = reasoning;
  if (thinking?.kind === "off") return "none";
  if (effort !== undefined || thinking?.kind !== "budget") return effort;
  const { tokens } = thinking;
  if (tokens === 0) return "none";
  if (tokens < 1024) return "minimal";
  if (tokens === 1024) return "low";
  // Google's own mapping gives Gemini's budgets more room than gateways give Anthropic's (wire.md F.6).
  return tokens <= (family === "gemini" ? 8192 : 2048) ? "medium" : "high";
}

/** The next higher that there is, else the highest. */
function nearest(
  wanted: ReasoningEffort,
  efforts: readonly ReasoningEffort[],
): ReasoningEffort | undefined {
  const rank = REASONING_EFFORTS.indexOf(wanted);
  return efforts.find((effort) => REASONING_EFFORTS.indexOf(effort) > rank) ?? efforts.at(-1);
}
