import type { WriteContext } from "../../core/write-context.ts";
import type { Conversation } from "../turns.ts";
import type { ClaudeModel } from "./claude-models.ts";

/** Whether the model is to go on with what the assistant said last. */
export function isPrefilled({ turns }: Conversation): boolean {
  return turns.at(-1)?.kind === "assistant";
}

export function checkPrefill(
  conversation: Conversation,
  model: ClaudeModel,
  context: WriteContext,
): void {
  const last = conversation.turns.at(-1);
  if (last?.kind !== "assistant" || model.prefill) return;
  throw context.untranslatable(
    last.at,
    "the last message must be the user's: this model doesn't go on with the assistant's",
  );
}

/**
 * Whether results of tools are given back without the thinking that led to the calls. With a budget Anthropic then refuses to
 * think on.
 */
export function continuesUnthought({ turns }: Conversation): boolean {
  const last = turns.at(-1);
  if (last?.kind !== "user" || !last.parts.some((part) => part.kind === "tool_result"))
    return false;
  const calls = turns.findLast((turn) => turn.kind === "assistant");
  if (calls?.kind !== "assistant") return false;
  return !calls.parts.some(
    (part) =>
      (part.kind === "reasoning" && part.signature?.family === "anthropic") ||
      (part.kind === "redacted_reasoning" && part.data.family === "anthropic"),
  );
}
