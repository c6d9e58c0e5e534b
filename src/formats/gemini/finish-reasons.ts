import type { Finish, FinishReason } from "../../core/chat-response.ts";

/** https://ai.google.dev/api/generate-content#FinishReason (wire.md F.7). */
const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["SAFETY", "content_filter"],
  ["RECITATION", "content_filter"],
  ["LANGUAGE", "content_filter"],
  ["BLOCKLIST", "content_filter"],
  ["PROHIBITED_CONTENT", "content_filter"],
  ["SPII", "content_filter"],
  ["IMAGE_SAFETY", "content_filter"],
  ["IMAGE_PROHIBITED_CONTENT", "content_filter"],
  ["IMAGE_RECITATION", "content_filter"],
  ["MALFORMED_FUNCTION_CALL", "malformed_tool_call"],
  ["UNEXPECTED_TOOL_CALL", "malformed_tool_call"],
]);

/** A turn that ends with calls ends with a plain stop. */
export function toFinishReason(native: string | undefined, hasCalls: boolean): FinishReason {
  const reason = REASONS.get(native ?? "") ?? "other";
  return reason === "stop" && hasCalls ? "tool_calls" : reason;
}

export function writeFinishReason(finish: Finish, isOwn: boolean): string | undefined {
  return isOwn ? (finish.native ?? undefined) : WORDS[finish.reason];
}

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: "STOP",
  stop_sequence: "STOP",
  length: "MAX_TOKENS",
  context_window: "MAX_TOKENS",
  tool_calls: "STOP",
  content_filter: "SAFETY",
  refusal: "SAFETY",
  pause: "STOP",
  malformed_tool_call: "MALFORMED_FUNCTION_CALL",
  other: "STOP",
};
