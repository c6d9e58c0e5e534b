import type { Extra } from "../../core/chat-request.ts";
import type { ChatResponse, Choice } from "../../core/chat-response.ts";
import type { StreamParser } from "../../core/chat-stream.ts";
import type { AssistantPart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import type { LineError } from "../../core/lines.ts";
import { createChunkParser } from "../chunk-parser.ts";
import { toObject } from "../fields.ts";
import { eventData } from "../stream-events.ts";
import { type CallIds, createCallIds } from "./call-ids.ts";
import { type PartScope, parsePart } from "./chat-parts.ts";
import { toFinishReason } from "./finish-reasons.ts";
import { nativePart } from "./function-parts.ts";
import { parseLogprobs } from "./logprobs.ts";
import {
  createProtoExtrasReader,
  numberIn,
  objectIn,
  type ProtoItem,
  protoItems,
  spelled,
  textIn,
} from "./proto-fields.ts";
import { parseStatus } from "./rpc-status.ts";
import { parseUsage } from "./usage.ts";

/** A GenerateContentResponse: https://ai.google.dev/api/generate-content#generatecontentresponse */
export function parseChatResponse(body: JsonObject): ChatResponse {
  return parseAnswer(body, createCallIds(callPrefix(idOf(body))));
}

/** `calls` are those of the whole answer, where it comes in chunks. */
function parseAnswer(body: JsonObject, calls: CallIds): ChatResponse {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const candidates = protoItems(body, "candidates", ROOT) ?? [];
  const scope: PartScope = { extras, calls, isAnswer: true };
  const usage = objectIn(body, "usageMetadata");
  const usageAt = childPath(ROOT, spelled(body, "usageMetadata"));
  return {
    family: "gemini",
    id: idOf(body),
    model: textIn(body, "modelVersion") ?? null,
    createdAtSeconds: parseTime(textIn(body, "createTime")),
    choices:
      candidates.length === 0
        ? [blockedChoice(body)]
        : candidates.map((item, index) => parseCandidate(item, index, scope)),
    usage: usage === undefined ? null : parseUsage(usage, usageAt, extras),
    serviceTier: usage === undefined ? undefined : textIn(usage, "serviceTier"),
    extras,
  };
}

/** https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent: each event is an answer itself. */
export function createChatStreamParser(): StreamParser {
  let calls: CallIds | null = null;
  const parseChunk = createChunkParser((event) => {
    const chunk = eventData(event);
    calls ??= createCallIds(callPrefix(idOf(chunk)));
    return parseAnswer(chunk, calls);
  });
  return (event) => {
    const failure = toFailure(eventData(event));
    return failure === null ? parseChunk(event) : [{ kind: "error", error: failure }];
  };
}

function toFailure(chunk: JsonObject): LineError | null {
  const status = objectIn(chunk, "error");
  const failure = status === undefined ? null : parseStatus(status);
  return failure?.kind === "error" ? failure.error : null;
}

function idOf(body: JsonObject): string | null {
  return textIn(body, "responseId") ?? null;
}

const readExtras = createProtoExtrasReader("candidates usageMetadata modelVersion responseId");

/** Other families want an id for every call; those of one conversation must differ. */
function callPrefix(responseId: string | null): string {
  if (responseId === null) return "call_";
  return `call_${responseId.replaceAll(/[^\w-]/g, "").slice(0, 40)}_`;
}

function parseTime(text: string | undefined): number | null {
  const time = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(time) ? null : Math.trunc(time / 1000);
}

/** A prompt that was blocked has no candidates at all. */
function blockedChoice(body: JsonObject): Choice {
  const feedback = objectIn(body, "promptFeedback") ?? {};
  const native = textIn(feedback, "blockReason") ?? null;
  const message = textIn(feedback, "blockReasonMessage");
  const reason = native === null ? "other" : "content_filter";
  return { index: 0, parts: [], finish: { reason, native, message } };
}

function parseCandidate({ value, at }: ProtoItem, position: number, scope: PartScope): Choice {
  const candidate = toObject(value, at);
  readCandidateExtras(candidate, at, scope.extras);
  const parts = parseContent(candidate, at, scope);
  const native = textIn(candidate, "finishReason");
  const hasCalls = parts.some((part) => part.kind === "tool_call");
  for (const name of CITATIONS) {
    const key = spelled(candidate, name);
    const citations = candidate[key];
    if (citations === undefined || citations === null) continue;
    parts.push(nativePart({ [key]: citations }, name, childPath(at, key)));
  }
  return {
    index: numberIn(candidate, "index") ?? position,
    parts,
    finish: {
      reason: toFinishReason(native, hasCalls),
      native: native ?? null,
      message: textIn(candidate, "finishMessage"),
    },
    logprobs: parseLogprobs(candidate),
  };
}

/** What an answer refers to: parts that only Gemini's own writer says, and others don't lose in silence. */
export const CITATIONS = ["groundingMetadata", "citationMetadata", "urlContextMetadata"] as const;

const readCandidateExtras = createProtoExtrasReader(
  `index content finishReason finishMessage logprobsResult ${CITATIONS.join(" ")}`,
);

function parseContent(candidate: JsonObject, at: JsonPath, scope: PartScope): AssistantPart[] {
  const content = objectIn(candidate, "content");
  if (content === undefined) return [];
  const contentAt = childPath(at, "content");
  return (protoItems(content, "parts", contentAt) ?? []).flatMap((item): AssistantPart[] => {
    const part = parsePart(item.value, item.at, scope);
    if (part.kind === "tool_result") return [];
    return part.kind === "text" && part.text === "" && part.signature === undefined ? [] : [part];
  });
}
