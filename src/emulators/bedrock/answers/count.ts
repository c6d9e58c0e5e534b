// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html

import type { Json, JsonObject } from "../../json.ts";
import { isJsonObject, parseJson } from "../../json.ts";
import { invalid } from "../bedrock-error.ts";
import { blob, structure, union } from "../shapes.ts";
import { check, frontWording } from "../wordings.ts";
import { answer } from "./answer.ts";
import { COUNTED_CONVERSE } from "./converse-shapes.ts";
import type { Asked } from "./reply.ts";
import { objectOf } from "./reply.ts";

export const COUNT = structure(
  {
    input: union({
      invokeModel: structure({ body: blob }, ["body"]),
      converse: COUNTED_CONVERSE,
    }),
  },
  ["input"],
);

/** The tokens that the same request to `InvokeModel` or `Converse` is charged for as its input. */
export function countInput(body: JsonObject, asked: Omit<Asked, "api" | "inBatch">): number {
  check(COUNT, body, frontWording);
  // Of the families here, those that AWS says it is for.
  if (asked.model.family !== "claude") {
    throw invalid("The provided model doesn't support counting tokens.");
  }
  const { converse, invokeModel } = objectOf(body["input"]);
  if (isJsonObject(converse)) {
    return answer(converse, { ...asked, api: "converse", inBatch: false }).tokens.input;
  }
  const own = parseOwn(objectOf(invokeModel)["body"]);
  return answer(own, { ...asked, api: "invoke", inBatch: false }).tokens.input;
}

function parseOwn(base64: Json | undefined): JsonObject {
  try {
    const text = typeof base64 === "string" ? base64 : "";
    const value = parseJson(Buffer.from(text, "base64").toString("utf8"));
    if (isJsonObject(value)) return value;
  } catch {
    // As bad as another type.
  }
  throw invalid("The body of the InvokeModel request is not a JSON object.");
}
