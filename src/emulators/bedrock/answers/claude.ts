// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html

import type { JsonObject } from "../../json.ts";
import { numberOf, objectsOf, shown } from "../../json.ts";
import { check, claudeWording } from "../wordings.ts";
import { checkClaude, isThinking } from "./claude-rules.ts";
import { CLAUDE } from "./claude-shapes.ts";
import type { Answer, Asked, ForcedTool, Reply } from "./reply.ts";
import { idFrom, lastQuestion, objectOf, replyTo, stringsOf } from "./reply.ts";

const REASONS = { end: "end_turn", length: "max_tokens", stop: "stop_sequence", call: "tool_use" };

export function answerClaude(body: JsonObject, asked: Asked): Answer {
  check(CLAUDE, body, claudeWording);
  checkClaude(body, asked.model.generation);
  const wish = {
    question: lastQuestion(objectsOf(body["messages"])),
    maxTokens: numberOf(body["max_tokens"], 1),
    stops: stringsOf(body["stop_sequences"]),
    schema: objectOf(objectOf(body["output_config"])["format"])["schema"],
    tool: forcedTool(body),
  };
  const reply = replyTo(body, wish, asked);
  const { input, output } = reply.tokens;
  const thoughts = isThinking(body) ? [thoughtsOf(wish.question)] : [];
  return {
    tokens: reply.tokens,
    body: {
      model: asked.model.id.replace(/^anthropic\.|-v\d+(?::\d+)?$/g, ""),
      id: `msg_bdrk_${idFrom(reply.dice, 24)}`,
      type: "message",
      role: "assistant",
      content: [...thoughts, ...contentOf(reply)],
      stop_reason: REASONS[reply.reason],
      stop_sequence: reply.stop,
      usage: {
        input_tokens: input,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        output_tokens: output,
      },
    },
  };
}

function contentOf({ text, call, dice }: Reply): readonly JsonObject[] {
  if (call !== null) return [{ type: "tool_use", id: `toolu_bdrk_${idFrom(dice, 24)}`, ...call }];
  return text === "" ? [] : [{ type: "text", text }];
}

function forcedTool(body: JsonObject): ForcedTool | null {
  const { type, name } = objectOf(body["tool_choice"]);
  if (type !== "any" && type !== "tool") return null;
  const offered = objectsOf(body["tools"]).filter((tool) => tool["input_schema"] !== undefined);
  const chosen = type === "any" ? offered[0] : offered.find((tool) => tool["name"] === name);
  if (chosen === undefined) return null;
  return { name: shown(chosen["name"]), schema: chosen["input_schema"] ?? {} };
}

function thoughtsOf(question: string): JsonObject {
  const thinking = `The question is “${question.slice(0, 40)}”. I add two numbers.`;
  const signature = Buffer.from(`emulator:${thinking.length}`).toString("base64");
  return { type: "thinking", thinking, signature };
}
