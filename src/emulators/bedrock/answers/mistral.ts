// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral.html

import type { JsonObject } from "../../json.ts";
import { numberOf, shown } from "../../json.ts";
import { integer, list, number, structure, text } from "../shapes.ts";
import { check, schemaWording } from "../wordings.ts";
import { answerChat } from "./chat.ts";
import type { Answer, Asked } from "./reply.ts";
import { replyTo, stringsOf } from "./reply.ts";

const PROMPT = structure(
  {
    prompt: text({ min: 1 }),
    max_tokens: integer({ min: 1, max: 8_192 }),
    stop: list(text(), { max: 10 }),
    temperature: number({ min: 0, max: 1 }),
    top_p: number({ min: 0, max: 1 }),
    top_k: integer({ min: 0, max: 200 }),
  },
  ["prompt"],
);

const DEFAULT_TOKENS = 512;

/** Both kinds of body: a prompt between `[INST]`, or messages. */
export function answerMistral(body: JsonObject, asked: Asked): Answer {
  if (body["messages"] !== undefined) return answerChat(body, asked);
  check(PROMPT, body, schemaWording);
  const wish = {
    question: (shown(body["prompt"]).split("[INST]").at(-1) ?? "").replace(/\[\/INST\].*$/s, ""),
    maxTokens: numberOf(body["max_tokens"], DEFAULT_TOKENS),
    stops: stringsOf(body["stop"]),
  };
  const reply = replyTo(body, wish, asked);
  const stopReason = reply.reason === "length" ? "length" : "stop";
  return {
    tokens: reply.tokens,
    body: { outputs: [{ text: reply.text, stop_reason: stopReason }] },
  };
}
