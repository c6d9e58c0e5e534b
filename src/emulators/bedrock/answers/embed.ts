// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html and …/model-parameters-embed.html

import { createDice } from "../../dice.ts";
import type { Json, JsonObject } from "../../json.ts";
import { numberOf, shown } from "../../json.ts";
import { invalid } from "../bedrock-error.ts";
import { boolean, list, oneOf, structure, text } from "../shapes.ts";
import { check, schemaWording } from "../wordings.ts";
import type { Answer, Asked } from "./reply.ts";
import { countTokens, idFrom, stringsOf } from "./reply.ts";

const inputText = text({ min: 1, max: 50_000 });

const TITAN_V1 = structure({ inputText }, ["inputText"]);

const TITAN_V2 = structure(
  {
    inputText,
    dimensions: { kind: "integer" },
    normalize: boolean,
    embeddingTypes: list(oneOf(["float", "binary"]), { min: 1 }),
  },
  ["inputText"],
);

/** One text a body. */
export function answerTitanEmbed(body: JsonObject, { model }: Asked): Answer {
  const isOld = model.family === "titan-embed-v1";
  check(isOld ? TITAN_V1 : TITAN_V2, body, schemaWording);
  const dimensions = dimensionsOf(body["dimensions"], isOld ? [1_536] : [1_024, 512, 256]);
  const source = shown(body["inputText"]);
  const vector = vectorOf(`${model.id}:${source}`, dimensions);
  const input = countTokens(source);
  const types =
    body["embeddingTypes"] === undefined ? ["float"] : stringsOf(body["embeddingTypes"]);
  const byType = Object.fromEntries(types.map((type) => [type, valuesOf(vector, type)]));
  return {
    tokens: { input, output: 0 },
    body: {
      ...(types.includes("float") ? { embedding: vector } : {}),
      ...(isOld ? {} : { embeddingsByType: byType }),
      inputTextTokenCount: input,
    },
  };
}

const COHERE = {
  texts: list(text({ max: 2_048 }), { min: 1, max: 96 }),
  images: list(text(), { max: 1 }),
  input_type: oneOf(["search_document", "search_query", "classification", "clustering", "image"]),
  embedding_types: list(oneOf(["float", "int8", "uint8", "binary", "ubinary"]), { min: 1 }),
};
const COHERE_V3 = structure({ ...COHERE, truncate: oneOf(["NONE", "START", "END"]) }, [
  "input_type",
]);
const COHERE_V4 = structure(
  {
    ...COHERE,
    texts: list(text(), { min: 1, max: 96 }),
    truncate: oneOf(["NONE", "LEFT", "RIGHT", "START", "END"]),
    output_dimension: { kind: "integer" },
    max_tokens: { kind: "integer", min: 1 },
  },
  ["input_type"],
);

/** Up to 96 texts a body. */
export function answerCohereEmbed(body: JsonObject, { model }: Asked): Answer {
  const isOld = model.family === "cohere-embed-v3";
  check(isOld ? COHERE_V3 : COHERE_V4, body, schemaWording);
  const { images, texts: given, embedding_types: types } = body;
  if ((given === undefined) === (images === undefined)) {
    throw invalid("invalid request: exactly one of texts and images must be given");
  }
  const texts = stringsOf(given ?? images);
  const allowed = isOld ? [1_024] : [1_536, 1_024, 512, 256];
  const dimensions = dimensionsOf(body["output_dimension"], allowed);
  const vectors = texts.map((one) => vectorOf(`${model.id}:${one}`, dimensions));
  const byType = Object.fromEntries(
    stringsOf(types).map((type) => [type, vectors.map((vector) => valuesOf(vector, type))]),
  );
  return {
    tokens: { input: texts.reduce((sum, one) => sum + countTokens(one), 0), output: 0 },
    body: {
      id: idFrom(createDice(JSON.stringify(body)), 24),
      embeddings: types === undefined ? vectors : byType,
      texts: stringsOf(given),
      response_type: types === undefined ? "embeddings_floats" : "embeddings_by_type",
    },
  };
}

function dimensionsOf(value: Json | undefined, allowed: readonly number[]): number {
  const wanted = numberOf(value, allowed[0] ?? 0);
  if (allowed.includes(wanted)) return wanted;
  throw invalid(
    `Malformed input request: ${wanted} is not a valid number of dimensions, one of ${allowed.join(", ")} is needed, please reformat your input and try again.`,
  );
}

/** A unit vector: only its seed decides where it points. */
function vectorOf(seed: string, dimensions: number): readonly number[] {
  const dice = createDice(seed);
  const raw = Array.from({ length: dimensions }, () => (dice.roll(2_000_001) - 1_000_000) / 1e6);
  const length = Math.hypot(...raw) || 1;
  return raw.map((value) => Number((value / length).toFixed(8)));
}

function valuesOf(vector: readonly number[], type: string): readonly number[] {
  switch (type) {
    case "binary":
    case "ubinary":
      return vector.map((value) => (value > 0 ? 1 : 0));
    case "int8":
      return vector.map((value) => Math.round(value * 127));
    case "uint8":
      return vector.map((value) => Math.round((value + 1) * 127));
    default:
      return vector;
  }
}
