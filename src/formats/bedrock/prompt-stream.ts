// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
import type { ChatResponse } from "../../core/chat-response.ts";
import type { ChatStreamCodec } from "../../core/chat-stream.ts";
import type { JsonObject } from "../../core/json.ts";
import { createChunkParser } from "../chunk-parser.ts";
import { countIn, objectIn } from "../open-values.ts";
import { eventData } from "../stream-events.ts";
import { toUsage } from "./prompt-answer.ts";

interface PromptChunks {
  /** A chunk as an answer that has only the new text; null: it has none. */
  readonly toBody: (chunk: JsonObject) => JsonObject | null;
  readonly parseResponse: (body: JsonObject) => ChatResponse;
}

/** Models that write one text stream it in chunks that look like their answers, or nearly. */
export function promptStream({ toBody, parseResponse }: PromptChunks): ChatStreamCodec {
  return {
    createParser: () =>
      createChunkParser((event) => {
        const chunk = eventData(event);
        const body = toBody(chunk);
        if (body === null) return null;
        const response = parseResponse(body);
        return { ...response, usage: response.usage ?? countsOf(chunk) };
      }),
  };
}

/** In the last chunk, whatever the model. */
function countsOf(chunk: JsonObject): ChatResponse["usage"] {
  const counts = objectIn(chunk, "amazon-bedrock-invocationMetrics");
  if (counts === undefined) return null;
  return toUsage(countIn(counts, "inputTokenCount"), countIn(counts, "outputTokenCount"));
}
