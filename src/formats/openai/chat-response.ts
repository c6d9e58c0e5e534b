import type { Extra } from "../../core/chat-request.ts";
import type { ChatResponse, Choice, Finish, FinishReason } from "../../core/chat-response.ts";
import type { AssistantPart } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { createExtrasReader, readArray, readObject, toObject } from "../fields.ts";
import { parseAssistantParts } from "./chat-assistant.ts";
import type { MessageScope } from "./chat-parts.ts";
import { parseLogprobs } from "./logprobs.ts";
import { arrayIn, numberIn, objectIn, stringIn } from "../open-values.ts";
import { parseChatUsage } from "./usage.ts";

/** A chat completion: https://platform.openai.com/docs/api-reference/chat/object */
export function parseChatResponse(body: JsonObject): ChatResponse {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const at = childPath(ROOT, "choices");
  const choices = readArray(body, "choices", ROOT).map((value, index) =>
    parseChoice(value, childPath(at, index), extras),
  );
  const created = numberIn(body, "created");
  return {
    family: "openai",
    id: stringIn(body, "id") ?? null,
    model: stringIn(body, "model") ?? null,
    createdAtSeconds: created === undefined ? null : Math.trunc(created),
    choices: choices.length === 0 ? [NO_CHOICE] : choices,
    usage: parseChatUsage(body["usage"]),
    serviceTier: stringIn(body, "service_tier"),
    systemFingerprint: stringIn(body, "system_fingerprint"),
    extras,
  };
}

const readExtras = createExtrasReader(`
  id object created model choices usage service_tier system_fingerprint
`);

const NO_CHOICE: Choice = { index: 0, parts: [], finish: { reason: "other", native: null } };

function parseChoice(value: Json, at: JsonPath, extras: Extra[]): Choice {
  const choice = toObject(value, at);
  readChoiceExtras(choice, at, extras);
  const messageAt = childPath(at, "message");
  const scope: MessageScope = { extras, toolNames: new Map(), functionCallIds: new Map() };
  const message = readObject(choice, "message", at);
  const parts = withAnnotations(
    parseAssistantParts(message, messageAt, scope),
    arrayIn(message, "annotations"),
    messageAt,
  );
  const index = typeof at.key === "number" ? at.key : 0;
  return {
    index: numberIn(choice, "index") ?? index,
    parts,
    finish: parseFinish(choice, parts),
    logprobs: parseChoiceLogprobs(choice),
  };
}

/** They come right behind the text that they are about. */
function withAnnotations(
  parts: readonly AssistantPart[],
  annotations: readonly Json[],
  messageAt: JsonPath,
): readonly AssistantPart[] {
  if (annotations.length === 0) return parts;
  const at = childPath(messageAt, "annotations");
  const type = "annotations";
  const part = { kind: "native", family: "openai", type, value: annotations, at } as const;
  const end = parts.findLastIndex((candidate) => candidate.kind === "text") + 1;
  return [...parts.slice(0, end), part, ...parts.slice(end)];
}

const readChoiceExtras = createExtrasReader("index message finish_reason logprobs");

export function parseFinish(choice: JsonObject, parts: readonly AssistantPart[]): Finish {
  const native = stringIn(choice, "finish_reason") ?? null;
  const reason = FINISH_REASONS.get(native ?? "") ?? "other";
  if (reason !== "stop") return { reason, native };
  // A forced call and a refusal both end with a plain `stop`.
  if (parts.some((part) => part.kind === "tool_call")) return { reason: "tool_calls", native };
  if (parts.some((part) => part.kind === "refusal")) return { reason: "refusal", native };
  return { reason, native };
}

const FINISH_REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool_calls"],
  ["function_call", "tool_calls"],
  ["content_filter", "content_filter"],
]);

export function parseChoiceLogprobs(choice: JsonObject): Choice["logprobs"] {
  const logprobs = objectIn(choice, "logprobs");
  if (logprobs === undefined) return undefined;
  const content = arrayIn(logprobs, "content");
  return parseLogprobs(content.length > 0 ? content : arrayIn(logprobs, "refusal"));
}
