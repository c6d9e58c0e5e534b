import type { ChatRequest } from "../../core/chat-request.ts";
import type { WriteContext } from "../../core/write-context.ts";

type Sampling = Pick<ChatRequest, "temperature" | "topP">;

/** Bedrock's models take 0 to 1 of both. */
export function clampSampling(request: Sampling, context: WriteContext): Sampling {
  return {
    temperature: clamped("temperature", request.temperature, context),
    topP: clamped("topP", request.topP, context),
  };
}

function clamped(
  field: keyof Sampling,
  value: number | undefined,
  context: WriteContext,
): number | undefined {
  if (value === undefined || (value >= 0 && value <= 1)) return value;
  context.warn(field, "Bedrock's models take 0 to 1");
  return value > 1 ? 1 : 0;
}
