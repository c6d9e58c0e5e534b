// https://platform.openai.com/docs/api-reference/moderations/create

import type { Json, JsonObject } from "../../json.ts";
import { isJsonArray, shown } from "../../json.ts";
import { requireModel, snapshotOf } from "../models.ts";
import { newId } from "../new-id.ts";
import type { Rules } from "../parameters.ts";
import { byType, checkParameters, list, object, text } from "../parameters.ts";
import type { AnswerContext } from "./answer.ts";
import { textOf } from "./chat.ts";

const RULES: Rules = {
  input: byType({ string: text(), array: list(byType({ string: text(), object }), { min: 1 }) }),
  model: text(),
};

/** Category → whether images count too. */
const CATEGORIES: Readonly<Record<string, boolean>> = {
  harassment: false,
  "harassment/threatening": false,
  hate: false,
  "hate/threatening": false,
  illicit: false,
  "illicit/violent": false,
  "self-harm": true,
  "self-harm/intent": true,
  "self-harm/instructions": true,
  sexual: true,
  "sexual/minors": false,
  violence: true,
  "violence/graphic": true,
};

/** `POST /v1/moderations`: flags the word "violence" and nothing else. */
export function answerModeration(body: JsonObject, context: AnswerContext): JsonObject {
  checkParameters(body, RULES, ["input"]);
  const model = requireModel(
    context.models,
    shown(body["model"] ?? "omni-moderation-latest"),
    "moderation",
  );
  const results = textsOf(body["input"]).map((input) => judge(/\bviolence\b/i.test(input)));
  return { id: newId("modr-"), model: snapshotOf(model), results };
}

/** A list of parts is one input, a list of strings several. */
function textsOf(input: Json | undefined): readonly string[] {
  if (!isJsonArray(input)) return [shown(input)];
  return input.every((item) => typeof item === "string") ? input : [textOf(input)];
}

function judge(violent: boolean): JsonObject {
  const categories: Record<string, Json> = {};
  const scores: Record<string, Json> = {};
  const types: Record<string, Json> = {};
  for (const [name, images] of Object.entries(CATEGORIES)) {
    const flagged = violent && name === "violence";
    categories[name] = flagged;
    scores[name] = flagged ? 0.97 : 0.0001;
    types[name] = images ? ["text", "image"] : ["text"];
  }
  return {
    flagged: violent,
    categories,
    category_scores: scores,
    category_applied_input_types: types,
  };
}
