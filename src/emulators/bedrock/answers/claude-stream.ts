// https://docs.claude.com/en/docs/build-with-claude/streaming

import type { JsonObject } from "../../json.ts";
import { objectsOf, shown } from "../../json.ts";
import { objectOf, tokensOf } from "./reply.ts";

/** A message, event by event. */
export function* streamClaude(message: JsonObject): Iterable<JsonObject> {
  const { usage, stop_reason: reason = null, stop_sequence: sequence = null } = message;
  yield {
    type: "message_start",
    message: {
      ...message,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...objectOf(usage), output_tokens: 1 },
    },
  };
  for (const [index, block] of objectsOf(message["content"]).entries()) {
    yield { type: "content_block_start", index, content_block: emptied(block) };
    for (const delta of deltasOf(block)) yield { type: "content_block_delta", index, delta };
    yield { type: "content_block_stop", index };
  }
  yield {
    type: "message_delta",
    delta: { stop_reason: reason, stop_sequence: sequence },
    usage: { output_tokens: objectOf(usage)["output_tokens"] ?? 0 },
  };
  yield { type: "message_stop" };
}

function emptied(block: JsonObject): JsonObject {
  const { type } = block;
  if (type === "text") return { ...block, text: "" };
  return type === "thinking" ? { ...block, thinking: "", signature: "" } : { ...block, input: {} };
}

function* deltasOf(block: JsonObject): Iterable<JsonObject> {
  const { type, text, thinking, signature = "", input } = block;
  if (type === "text") {
    for (const token of tokensOf(shown(text))) yield { type: "text_delta", text: token };
  } else if (type === "thinking") {
    for (const token of tokensOf(shown(thinking))) {
      yield { type: "thinking_delta", thinking: token };
    }
    yield { type: "signature_delta", signature };
  } else {
    for (const token of tokensOf(JSON.stringify(input ?? {}))) {
      yield { type: "input_json_delta", partial_json: token };
    }
  }
}
