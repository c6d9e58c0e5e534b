import type { JsonObject } from "../json.ts";
import { textOf } from "../json.ts";
import { embedContentRequest, generateContentRequest } from "../messages.ts";
import { fullName } from "../models.ts";
import type { Reader } from "../proto-json.ts";
import { invalidArgument } from "../status-error.ts";
import { embed } from "./embed.ts";
import type { AnswerContext } from "./generate.ts";
import { generate } from "./generate.ts";

/** What batches are made of: requests that are read by a message, and answered. */
export interface Work {
  readonly request: Reader;
  readonly answer: (request: JsonObject, context: AnswerContext) => JsonObject;
}

export const GENERATE: Work = { request: generateContentRequest, answer: generate };

export const EMBED: Work = {
  request: embedContentRequest,
  answer: (request, context) => ({ embedding: embed(request, context.model) }),
};

/** A request may name its model, and then the same as its URL. */
export function checkModelOf(request: JsonObject, model: string): void {
  const named = textOf(request["model"]);
  if (named === "" || fullName(named) === model) return;
  throw invalidArgument(`The request names the model ${named}, and its URL ${model}.`);
}
