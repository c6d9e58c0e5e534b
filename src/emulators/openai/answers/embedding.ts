// https://platform.openai.com/docs/api-reference/embeddings/create

import { badRequest } from "../api-error.ts";
import type { Json, JsonObject } from "../../json.ts";
import { isJsonArray, shown } from "../../json.ts";
import { requireModel } from "../models.ts";
import type { Rules } from "../parameters.ts";
import { byType, checkParameters, integer, list, oneOf, text } from "../parameters.ts";
import type { AnswerContext } from "./answer.ts";
import { createDice } from "../../dice.ts";
import { countTokens } from "./reply-text.ts";

const MAX_INPUTS = 2048;
const MAX_INPUT_TOKENS = 8192;

const item = byType({
  string: text({ min: 1 }),
  number: integer({ min: 0 }),
  array: list(integer({ min: 0 }), { min: 1 }),
});

const RULES: Rules = {
  model: text(),
  input: byType({ string: text({ min: 1 }), array: list(item, { min: 1, max: MAX_INPUTS }) }),
  dimensions: integer({ min: 1 }),
  encoding_format: oneOf(["float", "base64"]),
  user: text(),
};

/** `POST /v1/embeddings`. */
export function answerEmbedding(body: JsonObject, context: AnswerContext): JsonObject {
  checkParameters(body, RULES, ["model", "input"]);
  const model = requireModel(context.models, shown(body["model"]), "embedding");
  const most = model.dimensions ?? 1536;
  const asked = body["dimensions"];
  if (typeof asked === "number" && model.shortens !== true) {
    throw badRequest("This model does not support specifying dimensions.", "dimensions");
  }
  const dimensions = typeof asked === "number" ? asked : most;
  if (dimensions > most) {
    throw badRequest(
      `Invalid value for 'dimensions' = ${dimensions}. Must be less than or equal to ${most}.`,
      "dimensions",
    );
  }
  const inputs = embeddingInputs(body["input"]);
  const tokens = inputs.map(tokensIn);
  if (tokens.some((count) => count > MAX_INPUT_TOKENS)) {
    throw badRequest(
      `This model's maximum context length is ${MAX_INPUT_TOKENS} tokens. Please reduce the length of the input.`,
      "input",
      "context_length_exceeded",
    );
  }
  const data = inputs.map((input, index) => {
    const vector = unitVector(`${model.id}:${JSON.stringify(input)}`, dimensions);
    const embedding = body["encoding_format"] === "base64" ? toBase64(vector) : [...vector];
    return { object: "embedding", index, embedding };
  });
  const total = tokens.reduce((sum, count) => sum + count, 0);
  return {
    object: "list",
    data,
    model: model.id,
    usage: { prompt_tokens: total, total_tokens: total },
  };
}

/** One string or one list of tokens is one input; a list of either is several. */
export function embeddingInputs(input: Json | undefined): readonly Json[] {
  if (!isJsonArray(input)) return input === undefined ? [] : [input];
  return typeof input[0] === "number" ? [input] : input;
}

function tokensIn(input: Json): number {
  return isJsonArray(input) ? input.length : countTokens(shown(input));
}

function unitVector(seed: string, dimensions: number): Float32Array {
  const dice = createDice(seed);
  const vector = new Float32Array(dimensions);
  let squares = 0;
  for (let index = 0; index < dimensions; index += 1) {
    const value = dice.roll(2_000_001) / 1_000_000 - 1;
    vector[index] = value;
    squares += value * value;
  }
  const length = Math.sqrt(squares) || 1;
  return vector.map((value) => value / length);
}

/** Little-endian 32-bit floats, as the official clients ask for by default. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
