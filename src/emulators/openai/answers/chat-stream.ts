import type { JsonObject } from "../../json.ts";
import { isJsonObject, objectsOf } from "../../json.ts";

/** The same answer as server-sent events: one chunk a word, then the reasons, then the usage if asked for. */
export function* streamChat(body: JsonObject, answer: JsonObject): Generator<string> {
  const { id, created, model, service_tier, system_fingerprint } = answer;
  const options = isJsonObject(body["stream_options"]) ? body["stream_options"] : {};
  const withUsage = options["include_usage"] === true;
  const frame = {
    id,
    object: "chat.completion.chunk",
    created,
    model,
    service_tier,
    system_fingerprint,
  };
  const event = (choices: readonly JsonObject[], usage: JsonObject[string] = null): string =>
    `data: ${JSON.stringify({ ...frame, choices, ...(withUsage ? { usage } : {}) })}\n\n`;
  for (const choice of objectsOf(answer["choices"])) {
    const { index, finish_reason, logprobs } = choice;
    const delta = (part: JsonObject, reason: JsonObject[string] = null): string =>
      event([{ index, delta: part, logprobs: null, finish_reason: reason }]);
    const message = isJsonObject(choice["message"]) ? choice["message"] : {};
    const { content, tool_calls, function_call } = message;
    yield delta({ role: "assistant", content: content === null ? null : "", refusal: null });
    if (typeof content === "string") {
      for (const word of content.match(/\s*\S+\s*$|\s*\S+/g) ?? []) yield delta({ content: word });
    }
    for (const [place, call] of objectsOf(tool_calls).entries()) {
      yield delta({ tool_calls: [{ index: place, ...call }] });
    }
    if (function_call !== undefined) yield delta({ function_call });
    yield event([{ index, delta: {}, logprobs: logprobs ?? null, finish_reason }]);
  }
  if (withUsage) yield event([], answer["usage"]);
  yield "data: [DONE]\n\n";
}
