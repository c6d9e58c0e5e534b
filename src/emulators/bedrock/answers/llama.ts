// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html

import type { JsonObject } from "../../json.ts";
import { numberOf, shown } from "../../json.ts";
import { integer, list, number, structure, text } from "../shapes.ts";
import { check, schemaWording } from "../wordings.ts";
import type { Answer, Asked } from "./reply.ts";
import { replyTo } from "./reply.ts";

const BODY = structure(
  {
    prompt: text({ min: 1 }),
    images: list(text()),
    max_gen_len: integer({ min: 1, max: 8_192 }),
    temperature: number({ min: 0, max: 1 }),
    top_p: number({ min: 0, max: 1 }),
  },
  ["prompt"],
);

const DEFAULT_TOKENS = 512;

export function answerLlama(body: JsonObject, asked: Asked): Answer {
  check(BODY, body, schemaWording);
  const wish = {
    question: askedLast(shown(body["prompt"])),
    maxTokens: numberOf(body["max_gen_len"], DEFAULT_TOKENS),
    stops: [],
  };
  const { text: generation, reason, tokens } = replyTo(body, wish, asked);
  return {
    tokens,
    body: {
      generation,
      prompt_token_count: tokens.input,
      generation_token_count: tokens.output,
      stop_reason: reason === "length" ? "length" : "stop",
    },
  };
}

/** What the last user's part of a prompt says; the whole of one without parts. */
function askedLast(prompt: string): string {
  const parts = prompt.split(/<\|(?:start_header_id|header_start)\|>user<\|[a-z_]+\|>/);
  return (parts.at(-1) ?? "").replace(/<\|[a-z_]+\|>[\s\S]*$/, "");
}
