import type { Finish, FinishReason } from "../../core/chat-response.ts";
import type { FormatName } from "../../core/format-name.ts";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, `stopReason` */
const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop_sequence"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "context_window"],
  ["tool_use", "tool_calls"],
  ["guardrail_intervened", "content_filter"],
  ["content_filtered", "content_filter"],
  ["malformed_tool_use", "malformed_tool_call"],
  ["malformed_model_output", "other"],
  // Not in the list, but what the models behind it say themselves.
  ["refusal", "refusal"],
  ["pause_turn", "pause"],
]);

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  stop_sequence: "stop_sequence",
  length: "max_tokens",
  context_window: "model_context_window_exceeded",
  tool_calls: "tool_use",
  content_filter: "content_filtered",
  refusal: "content_filtered",
  pause: "end_turn",
  malformed_tool_call: "malformed_tool_use",
  other: "end_turn",
};

export function parseStopReason(native: string | null): FinishReason {
  return REASONS.get(native ?? "") ?? "other";
}

/** A word that Bedrock made, even one we don't know, is written again; one of a body inside Bedrock is not. */
export function writeStopReason({ reason, native }: Finish, family: FormatName): string {
  if (family !== "bedrock" || native === null) return WORDS[reason];
  return REASONS.has(native) || reason === "other" ? native : WORDS[reason];
}
