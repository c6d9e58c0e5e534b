import type { Extra } from "../../core/chat-request.ts";
import type { ChatResponse, Choice, Finish, FinishReason } from "../../core/chat-response.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import { createExtrasReader, readOptionalArray } from "../fields.ts";
import { objectIn, stringIn } from "../open-values.ts";
import { parseAnswer } from "./answer-blocks.ts";
import { parseUsage } from "./usage.ts";

/** A Message: https://platform.claude.com/docs/en/api/messages/create. Only its content has to be what it should be. */
export function parseMessagesResponse(body: JsonObject): ChatResponse {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const usage = objectIn(body, "usage");
  return {
    family: "anthropic",
    id: stringIn(body, "id") ?? null,
    model: stringIn(body, "model") ?? null,
    createdAtSeconds: null,
    choices: [parseChoice(body, extras)],
    usage: usage === undefined ? null : parseUsage(usage, childPath(ROOT, "usage"), extras),
    serviceTier: usage === undefined ? undefined : stringIn(usage, "service_tier"),
    extras,
  };
}

const readExtras = createExtrasReader("id type role model content stop_reason stop_sequence usage");

function parseChoice(body: JsonObject, extras: Extra[]): Choice {
  const content = readOptionalArray(body, "content", ROOT) ?? [];
  const { parts, isJsonOutput } = parseAnswer(content, childPath(ROOT, "content"), extras);
  const finish = parseFinish(body);
  // The call was only how the answer was made, so the answer isn't a call.
  const isMade = isJsonOutput && finish.reason === "tool_calls";
  return { index: 0, parts, finish: isMade ? { reason: "stop", native: null } : finish };
}

export function parseFinish(body: JsonObject): Finish {
  const native = stringIn(body, "stop_reason") ?? null;
  const details = objectIn(body, "stop_details");
  return {
    reason: (native === null ? undefined : FINISH_REASONS.get(native)) ?? "other",
    native,
    stopSequence: stringIn(body, "stop_sequence"),
    message:
      details === undefined
        ? undefined
        : (stringIn(details, "explanation") ?? stringIn(details, "category")),
  };
}

const FINISH_REASONS: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ["end_turn", "stop"],
  ["stop_sequence", "stop_sequence"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "context_window"],
  ["tool_use", "tool_calls"],
  ["refusal", "refusal"],
  ["pause_turn", "pause"],
]);
