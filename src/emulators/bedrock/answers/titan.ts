// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html

import type { JsonObject } from "../../json.ts";
import { numberOf, shown } from "../../json.ts";
import { integer, list, number, structure, text } from "../shapes.ts";
import { check, schemaWording } from "../wordings.ts";
import type { Answer, Asked } from "./reply.ts";
import { objectOf, replyTo, stringsOf } from "./reply.ts";

const BODY = structure(
  {
    inputText: text({ min: 1 }),
    textGenerationConfig: structure({
      temperature: number({ min: 0, max: 1 }),
      topP: number({ min: 0, max: 1 }),
      maxTokenCount: integer({ min: 0, max: 8_192 }),
      stopSequences: list(text()),
    }),
  },
  ["inputText"],
);

const DEFAULT_TOKENS = 512;
const REASONS = { end: "FINISH", length: "LENGTH", stop: "STOP_CRITERIA_MET", call: "FINISH" };

export function answerTitan(body: JsonObject, asked: Asked): Answer {
  check(BODY, body, schemaWording);
  const config = objectOf(body["textGenerationConfig"]);
  const wish = {
    question: askedLast(shown(body["inputText"])),
    maxTokens: numberOf(config["maxTokenCount"], DEFAULT_TOKENS),
    stops: stringsOf(config["stopSequences"]),
  };
  const { text: outputText, reason, tokens } = replyTo(body, wish, asked);
  const result = { tokenCount: tokens.output, outputText, completionReason: REASONS[reason] };
  return { tokens, body: { inputTextTokenCount: tokens.input, results: [result] } };
}

/** Conversations are lines of `User:` and `Bot:`. */
function askedLast(input: string): string {
  return (input.split(/^User: */m).at(-1) ?? "").replace(/\n(?:Bot|Assistant):[\s\S]*$/, "");
}
