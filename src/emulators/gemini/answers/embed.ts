// https://ai.google.dev/api/embeddings

import type { JsonObject } from "../json.ts";
import { numberOf, objectOf, objectsOf, textOf } from "../json.ts";
import type { ModelInfo } from "../models.ts";
import { invalidArgument } from "../status-error.ts";
import { textIn } from "./generate.ts";
import { createDice } from "../../dice.ts";

const USUAL_DIMENSIONS = 3_072;

/** A ContentEmbedding. The request has been read by its message before. */
export function embed(request: JsonObject, model: ModelInfo): JsonObject {
  const { content, outputDimensionality, taskType, title } = request;
  const most = model.dimensions ?? USUAL_DIMENSIONS;
  const dimensions = numberOf(outputDimensionality, most);
  if (dimensions < 1 || dimensions > most) {
    throw refused("output_dimensionality", `must be in the range [1, ${most}], not ${dimensions}.`);
  }
  if (objectsOf(objectOf(content)["parts"]).length === 0 || textIn(content) === "") {
    throw refused("content", "contents is not specified");
  }
  if (textOf(title) !== "" && taskType !== "RETRIEVAL_DOCUMENT") {
    throw refused("title", "only allowed with the task type RETRIEVAL_DOCUMENT.");
  }
  const seed = `${model.name}:${textOf(taskType)}:${textOf(title)}:${textIn(content)}`;
  // The first values of the whole vector: only the whole one has the length 1.
  return { values: unitVector(seed, most).slice(0, dimensions) };
}

function refused(field: string, problem: string) {
  return invalidArgument(`* EmbedContentRequest.${field}: ${problem}`);
}

function unitVector(seed: string, dimensions: number): number[] {
  const dice = createDice(seed);
  const vector = Array.from({ length: dimensions }, () => dice.roll(2_000_001) / 1_000_000 - 1);
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => Math.round((value / length) * 1e9) / 1e9);
}
