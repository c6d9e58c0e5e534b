import type { ChatField } from "../../core/chat-fields.ts";
import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { writeResponseFormat } from "./json-output.ts";
import { writeMediaResolution } from "./media-resolution.ts";
import { hasPenalties } from "./models.ts";
import type { OwnExtras } from "./own-extras.ts";
import { writeThinking } from "./thinking.ts";

/** wire.md F.5; https://ai.google.dev/api/generate-content#generationconfig */
export function writeGenerationConfig(
  request: ChatRequest,
  own: OwnExtras,
  context: WriteContext,
): JsonObject | undefined {
  const isOwn = request.family === "gemini";
  const thinking = writeThinking(request, context);
  const ownThinking = own.in("generationConfig.thinkingConfig");
  const config: JsonObject = {
    maxOutputTokens: request.maxTokens,
    stopSequences: isOwn ? request.stop : writeStop(request, context),
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    seed: isOwn ? request.seed : writeSeed(request, context),
    presencePenalty: writePenalty("presencePenalty", request, context),
    frequencyPenalty: writePenalty("frequencyPenalty", request, context),
    candidateCount: isOwn ? request.choiceCount : writeChoiceCount(request, context),
    responseLogprobs: request.logprobs,
    logprobs: isOwn || request.logprobs === true ? request.topLogprobs : undefined,
    mediaResolution: writeMediaResolution(request, context),
    ...writeResponseFormat(request, context),
    thinkingConfig: ownThinking === undefined ? thinking : { ...thinking, ...ownThinking },
    ...own.in("generationConfig"),
  };
  for (const key in config) if (config[key] !== undefined) return config;
  return undefined;
}

function writeStop(request: ChatRequest, context: WriteContext): readonly string[] | undefined {
  const { stop } = request;
  if (stop === undefined || stop.length === 0) return undefined;
  if (stop.length <= MAX_STOPS) return stop;
  throw context.untranslatable("stop", `Gemini takes at most ${MAX_STOPS} of them`);
}

const MAX_STOPS = 5;

function writeSeed({ seed }: ChatRequest, context: WriteContext): number | undefined {
  if (seed === undefined || (Number.isInteger(seed) && Math.abs(seed) < 2 ** 31)) return seed;
  context.warn("seed", "Gemini takes integers of 32 bits");
  return undefined;
}

function writePenalty(
  field: "presencePenalty" | "frequencyPenalty",
  request: ChatRequest,
  context: WriteContext,
): number | undefined {
  const penalty = request[field];
  if (request.family === "gemini" || penalty === undefined) return penalty;
  if (hasPenalties(context.model)) return penalty;
  if (penalty !== 0) context.warn(field, `${context.model ?? "the model"} takes no penalties`);
  return undefined;
}

function writeChoiceCount({ choiceCount }: ChatRequest, context: WriteContext): number | undefined {
  const field: ChatField = "choiceCount";
  if (choiceCount === undefined || choiceCount === 1) return undefined;
  if (choiceCount >= 1 && choiceCount <= MAX_CHOICES) return choiceCount;
  throw context.untranslatable(field, `Gemini gives 1 to ${MAX_CHOICES} answers`);
}

const MAX_CHOICES = 8;
