import type { ChatRequest } from "../../core/chat-request.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { isReasoningModel } from "./model-limits.ts";

type SamplingField =
  | "temperature"
  | "topP"
  | "presencePenalty"
  | "frequencyPenalty"
  | "logprobs"
  | "topLogprobs";

export type Sampling = Pick<ChatRequest, SamplingField>;

/** The settings that a reasoning model refuses: left out there, with a warning if they asked for anything. */
export function writeSampling(request: ChatRequest, context: WriteContext): Sampling {
  if (request.family === "openai" || !isReasoningModel(context.model)) return request;
  for (const [field, neutral] of NEUTRAL) {
    const value = request[field];
    if (value === undefined || value === neutral) continue;
    context.warn(field, `${context.model ?? "the model"} takes only the default`);
  }
  return {};
}

const NEUTRAL: readonly (readonly [SamplingField, number | boolean])[] = [
  ["temperature", 1],
  ["topP", 1],
  ["presencePenalty", 0],
  ["frequencyPenalty", 0],
  ["logprobs", false],
  ["topLogprobs", 0],
];
