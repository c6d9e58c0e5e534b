// https://platform.openai.com/docs/api-reference/completions/create

import type { Json, JsonObject } from "../../json.ts";
import { isJsonArray, numberOf, shown } from "../../json.ts";
import { requireModel } from "../models.ts";
import { newId } from "../new-id.ts";
import type { Rules } from "../parameters.ts";
import {
  anything,
  boolean,
  byType,
  checkParameters,
  decimal,
  integer,
  list,
  object,
  text,
} from "../parameters.ts";
import type { AnswerContext } from "./answer.ts";

import { countTokens, diceFor, endText, replyText } from "./reply-text.ts";

const RULES: Rules = {
  model: text(),
  prompt: byType({ string: text(), array: list(anything, { min: 1 }) }),
  best_of: integer({ min: 0, max: 20 }),
  echo: boolean(),
  frequency_penalty: decimal({ min: -2, max: 2 }),
  presence_penalty: decimal({ min: -2, max: 2 }),
  logit_bias: object,
  logprobs: integer({ min: 0, max: 5 }),
  max_tokens: integer({ min: 0 }),
  n: integer({ min: 1, max: 128 }),
  seed: integer(),
  stop: byType({ string: text(), array: list(text(), { min: 1, max: 4 }) }),
  stream: boolean(),
  stream_options: object,
  suffix: text(),
  temperature: decimal({ min: 0, max: 2 }),
  top_p: decimal({ min: 0, max: 1 }),
  user: text(),
};

const DEFAULT_MAX_TOKENS = 16;

/** `POST /v1/completions`, the old text completion. */
export function answerCompletion(body: JsonObject, context: AnswerContext): JsonObject {
  checkParameters(body, RULES, ["model", "prompt"]);
  const model = requireModel(context.models, shown(body["model"]), "completion");
  const prompts = promptsOf(body["prompt"]);
  const stops = typeof body["stop"] === "string" ? [body["stop"]] : [];
  const limit = numberOf(body["max_tokens"], DEFAULT_MAX_TOKENS);
  const choices: JsonObject[] = [];
  let written = 0;
  for (const prompt of prompts) {
    for (let turn = 0; turn < numberOf(body["n"], 1); turn += 1) {
      const index = choices.length;
      const reply = replyText(prompt, diceFor(body, index), context.minCharacters);
      const ended = endText(reply, stops, limit);
      written += countTokens(ended.text);
      const answer = body["echo"] === true ? prompt + ended.text : ended.text;
      choices.push({ index, text: answer, logprobs: null, finish_reason: ended.reason });
    }
  }
  const asked = prompts.reduce((sum, prompt) => sum + countTokens(prompt), 0);
  return {
    id: newId("cmpl-"),
    object: "text_completion",
    created: context.now,
    model: model.id,
    choices,
    usage: {
      prompt_tokens: asked,
      completion_tokens: written,
      total_tokens: asked + written,
    },
  };
}

function promptsOf(prompt: Json | undefined): readonly string[] {
  if (!isJsonArray(prompt)) return [shown(prompt)];
  if (typeof prompt[0] === "number") return [JSON.stringify(prompt)];
  return prompt.map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
}
