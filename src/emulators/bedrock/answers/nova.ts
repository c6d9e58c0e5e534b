// https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html

import type { JsonObject } from "../../json.ts";
import { numberOf, objectsOf } from "../../json.ts";
import { anything, integer, list, number, oneOf, structure, text } from "../shapes.ts";
import { check, schemaWording } from "../wordings.ts";
import { CONVERSE_REASONS, forcedTool, renderConverseContent } from "./converse.ts";
import { MESSAGES, SYSTEM, TOOL_CONFIG } from "./converse-shapes.ts";
import { checkTurns } from "./converse-turns.ts";
import type { Answer, Asked } from "./reply.ts";
import { lastQuestion, objectOf, replyTo, stringsOf } from "./reply.ts";

const BODY = structure(
  {
    schemaVersion: oneOf(["messages-v1"]),
    system: SYSTEM,
    messages: MESSAGES,
    inferenceConfig: structure({
      maxTokens: integer({ min: 1 }),
      max_new_tokens: integer({ min: 1 }),
      temperature: number({ min: 0, max: 1 }),
      topP: number({ min: 0, max: 1 }),
      topK: integer({ min: 0, max: 128 }),
      stopSequences: list(text({ min: 1 })),
      reasoningConfig: anything,
    }),
    toolConfig: TOOL_CONFIG,
  },
  ["messages"],
);

export function answerNova(body: JsonObject, asked: Asked): Answer {
  check(BODY, body, schemaWording);
  const messages = objectsOf(body["messages"]);
  checkTurns(messages, body["toolConfig"] !== undefined);
  const config = objectOf(body["inferenceConfig"]);
  const wish = {
    question: lastQuestion(messages),
    maxTokens: numberOf(config["maxTokens"] ?? config["max_new_tokens"], Number.POSITIVE_INFINITY),
    stops: stringsOf(config["stopSequences"]),
    tool: forcedTool(objectOf(body["toolConfig"])),
  };
  const reply = replyTo(body, wish, asked);
  const { input, output } = reply.tokens;
  return {
    tokens: reply.tokens,
    body: {
      output: { message: { role: "assistant", content: renderConverseContent(reply) } },
      stopReason: CONVERSE_REASONS[reply.reason],
      usage: {
        inputTokens: input,
        outputTokens: output,
        totalTokens: input + output,
        cacheReadInputTokenCount: 0,
        cacheWriteInputTokenCount: 0,
      },
    },
  };
}
