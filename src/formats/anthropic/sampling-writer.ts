import type { ChatRequest } from "../../core/chat-request.ts";
import type { WriteContext } from "../../core/write-context.ts";
import type { ClaudeModel } from "./claude-models.ts";

export interface Sampling {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
}

/** What is left of the client's sampling by the model, and by thinking, which leaves none of it. */
export function writeSampling(
  request: ChatRequest,
  { model, isThinking }: { readonly model: ClaudeModel; readonly isThinking: boolean },
  context: WriteContext,
): Sampling {
  const { topP, topK } = request;
  const temperature = clampTemperature(request.temperature, context);
  if (model.sampling === "none" || isThinking) {
    const reason = isThinking ? "not together with thinking" : "this model doesn't take it";
    // The defaults needn't be said.
    if (temperature !== undefined && temperature !== 1) context.warn("temperature", reason);
    if (topP !== undefined && topP < DEFAULT_TOP_P) context.warn("topP", reason);
    if (topK !== undefined) context.warn("topK", reason);
    return {};
  }
  if (model.sampling === "all" || topP === undefined || temperature === undefined) {
    return { temperature, topP, topK };
  }
  if (temperature === 1) return { topP, topK };
  if (topP < DEFAULT_TOP_P) context.warn("topP", "this model takes temperature or top_p, not both");
  return { temperature, topK };
}

/** From here on, newer models take it as their own. */
const DEFAULT_TOP_P = 0.99;

function clampTemperature(
  temperature: number | undefined,
  context: WriteContext,
): number | undefined {
  if (temperature === undefined || (temperature >= 0 && temperature <= 1)) return temperature;
  context.warn("temperature", "Anthropic's models take 0 to 1");
  return temperature > 1 ? 1 : 0;
}
