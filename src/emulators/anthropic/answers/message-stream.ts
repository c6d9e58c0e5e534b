// https://docs.claude.com/en/docs/build-with-claude/streaming

import type { JsonObject } from "../../json.ts";
import { isJsonObject, objectsOf, shown } from "../../json.ts";

/** The same answer as server-sent events: each block on its own, text one word at a time. */
export function* streamMessage(answer: JsonObject): Generator<string> {
  const { stop_reason, stop_sequence, stop_details, container, content } = answer;
  const usage = isJsonObject(answer["usage"]) ? answer["usage"] : {};
  const begun = { content: [], stop_reason: null, stop_sequence: null };
  yield event("message_start", {
    message: { ...answer, ...begun, usage: { ...usage, output_tokens: 1 } },
  });
  yield event("ping", {});
  for (const [index, block] of objectsOf(content).entries()) {
    const { empty, deltas } = takeApart(block);
    yield event("content_block_start", { index, content_block: empty });
    for (const delta of deltas) yield event("content_block_delta", { index, delta });
    yield event("content_block_stop", { index });
  }
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens } = usage;
  const { output_tokens, server_tool_use } = usage;
  yield event("message_delta", {
    delta: { stop_reason, stop_sequence, stop_details, container },
    usage: {
      input_tokens,
      cache_creation_input_tokens,
      cache_read_input_tokens,
      output_tokens,
      server_tool_use,
    },
  });
  yield event("message_stop", {});
}

function event(type: string, facts: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...facts })}\n\n`;
}

interface Parts {
  readonly empty: JsonObject;
  readonly deltas: readonly JsonObject[];
}

function takeApart(block: JsonObject): Parts {
  switch (shown(block["type"])) {
    case "tool_use":
      return {
        empty: { ...block, input: {} },
        deltas: slices(JSON.stringify(block["input"])).map((partial_json) => ({
          type: "input_json_delta",
          partial_json,
        })),
      };
    case "thinking":
      return {
        empty: { ...block, thinking: "", signature: "" },
        deltas: [
          ...slices(block["thinking"]).map((thinking) => ({ type: "thinking_delta", thinking })),
          { type: "signature_delta", signature: block["signature"] },
        ],
      };
    default:
      return {
        empty: { ...block, text: "" },
        deltas: slices(block["text"]).map((text) => ({ type: "text_delta", text })),
      };
  }
}

function slices(text: JsonObject[string]): readonly string[] {
  return typeof text === "string" ? (text.match(/\s*\S+\s*$|\s*\S+/g) ?? []) : [];
}
