import type { ChatDelta, StreamParser } from "../../core/chat-stream.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import { printJson, readFields } from "../line-fields.ts";
import { numberIn, objectIn, stringIn } from "../open-values.ts";
import { parseSignature } from "../signatures.ts";
import { eventData } from "../stream-events.ts";
import { toSignature } from "./assistant-blocks.ts";
import { parseLineError } from "./line-errors.ts";
import { parseFinish } from "./messages-response.ts";
import { parseUsage } from "./usage.ts";

/** https://platform.claude.com/docs/en/build-with-claude/streaming; on Bedrock the same, but its events have no names. */
export function createMessagesStreamParser(): StreamParser {
  /** Place of a block → place of its call. */
  const calls = new Map<number, number>();
  let usage: JsonObject = {};

  function startBlock(data: JsonObject): ChatDelta[] {
    const block = objectIn(data, "content_block") ?? {};
    const choice = 0;
    switch (stringIn(block, "type") ?? "") {
      case "text":
        return textOf(stringIn(block, "text"));
      case "thinking":
        return thoughtOf(stringIn(block, "thinking"), stringIn(block, "signature"));
      case "redacted_thinking": {
        const signature = parseSignature(stringIn(block, "data") ?? "", "anthropic");
        const part = { kind: "redacted_reasoning", data: signature, at: AT } as const;
        return [{ kind: "part", choice, part }];
      }
      case "tool_use": {
        const index = calls.size;
        calls.set(numberIn(data, "index") ?? 0, index);
        const id = stringIn(block, "id") ?? "";
        const input = objectIn(block, "input") ?? {};
        return [
          { kind: "call", choice, index, id, name: stringIn(block, "name") ?? "" },
          ...(Object.keys(input).length === 0 ? [] : [inputOf(index, printJson(input))]),
        ];
      }
      default:
        return [];
    }
  }

  function moreOfBlock(data: JsonObject): ChatDelta[] {
    const delta = objectIn(data, "delta") ?? {};
    switch (stringIn(delta, "type") ?? "") {
      case "text_delta":
        return textOf(stringIn(delta, "text"));
      case "thinking_delta":
        return thoughtOf(stringIn(delta, "thinking"), undefined);
      case "signature_delta":
        return thoughtOf("", stringIn(delta, "signature"));
      case "input_json_delta": {
        // A server tool's input is in no call that we told of.
        const index = calls.get(numberIn(data, "index") ?? 0);
        const text = stringIn(delta, "partial_json") ?? "";
        return index === undefined || text === "" ? [] : [inputOf(index, text)];
      }
      default:
        return [];
    }
  }

  /** Counts of the end replace those of the start; what it doesn't repeat still holds. */
  function usageOf(holder: JsonObject): ChatDelta[] {
    const said = objectIn(holder, "usage");
    if (said === undefined) return [];
    const known = Object.entries(said).filter(([, value]) => value !== null);
    usage = { ...usage, ...Object.fromEntries(known) };
    return [{ kind: "usage", usage: parseUsage(usage, AT, []) }];
  }

  return (event) => {
    const data = eventData(event);
    switch (stringIn(data, "type") ?? event.event ?? "") {
      case "message_start": {
        const message = objectIn(data, "message") ?? {};
        return [startOf(message), ...usageOf(message)];
      }
      case "content_block_start":
        return startBlock(data);
      case "content_block_delta":
        return moreOfBlock(data);
      case "message_delta": {
        const delta = objectIn(data, "delta") ?? {};
        const hasEnded = stringIn(delta, "stop_reason") !== undefined;
        return [
          ...usageOf(data),
          ...(hasEnded ? [{ kind: "finish", choice: 0, finish: parseFinish(delta) } as const] : []),
        ];
      }
      case "error":
        return [{ kind: "error", error: parseLineError(readFields({ body: data }), "body").error }];
      default:
        return [];
    }
  };
}

const AT = childPath(ROOT, "content");

function startOf(message: JsonObject): ChatDelta {
  return {
    kind: "start",
    family: "anthropic",
    id: stringIn(message, "id") ?? null,
    model: stringIn(message, "model") ?? null,
    createdAtSeconds: null,
  };
}

function textOf(text = ""): ChatDelta[] {
  return text === "" ? [] : [{ kind: "text", choice: 0, text }];
}

function thoughtOf(text = "", signed: string | undefined): ChatDelta[] {
  const signature = toSignature(signed);
  return text === "" && signature === undefined
    ? []
    : [{ kind: "reasoning", choice: 0, text, signature }];
}

function inputOf(index: number, text: string): ChatDelta {
  return { kind: "input", choice: 0, index, text };
}
