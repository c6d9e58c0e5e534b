import type { ChatRequest } from "../../core/chat-request.ts";
import type { CodecError } from "../../core/codec-error.ts";
import { ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import type { Conversation } from "../turns.ts";

/**
 * Whether the model is to go on with what the assistant said last. Anthropic's own clients also end like this where a server's tool
 * paused, so their last turns are the provider's to judge.
 */
export function isPrefilled(request: ChatRequest, { turns }: Conversation): boolean {
  return turns.at(-1)?.kind === "assistant" && request.family !== "anthropic";
}

export function refusePrefill({ turns }: Conversation, context: WriteContext): CodecError {
  return context.untranslatable(
    turns.at(-1)?.at ?? ROOT,
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
