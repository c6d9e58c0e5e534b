import { CodecError } from "../../core/codec-error.ts";
import type { ChatResponse, Choice } from "../../core/chat-response.ts";
import type { AssistantPart, NativePart, ToolCallPart } from "../../core/content.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { toolInputObject, toolInputText } from "../tool-input.ts";
import { CITATIONS } from "./chat-response.ts";
import { writeFinishReason } from "./finish-reasons.ts";
import { writeLogprobs } from "./logprobs.ts";
import type { MediaPart } from "./media.ts";
import { writeMedia } from "./media-writer.ts";
import { ownExtrasOf } from "./own-extras.ts";
import { writeThoughtSignature } from "./thought-signature.ts";
import { writeUsage } from "./usage.ts";
import type { WriteScope } from "./write-scope.ts";

/** A GenerateContentResponse: https://ai.google.dev/api/generate-content#generatecontentresponse */
export function writeChatResponse(response: ChatResponse, context: WriteContext): JsonObject {
  const own = ownExtrasOf(response);
  const scope: WriteScope = { context, isOwn: response.family === "gemini", own };
  const ownBody = own.in("");
  const isBlocked = scope.isOwn && wasBlocked(response, ownBody);
  return {
    candidates: isBlocked
      ? undefined
      : response.choices.map((choice, index) => writeCandidate(choice, index, scope)),
    usageMetadata:
      response.usage === null
        ? undefined
        : { ...writeUsage(response.usage), ...own.in("usageMetadata") },
    modelVersion: response.model ?? context.model ?? undefined,
    responseId: response.id ?? context.newId("response-"),
    ...ownBody,
  };
}

function wasBlocked({ choices }: ChatResponse, ownBody: JsonObject | undefined): boolean {
  const [choice] = choices;
  if (choices.length !== 1 || choice === undefined || choice.parts.length > 0) return false;
  const feedback = ownBody?.["promptFeedback"] ?? ownBody?.["prompt_feedback"];
  return isJsonObject(feedback) && ("blockReason" in feedback || "block_reason" in feedback);
}

/** While the parts of a choice are gathered. */
interface OpenCandidate {
  readonly parts: JsonObject[];
  readonly citations: JsonObject[];
  /** Calls whose arguments are no object: Gemini ends with a reason of its own then. */
  readonly malformed: string[];
}

function writeCandidate(choice: Choice, position: number, scope: WriteScope): JsonObject {
  const open: OpenCandidate = { parts: [], citations: [], malformed: [] };
  for (const part of choice.parts) addPart(open, part, scope);
  const { finish, logprobs } = choice;
  const [malformed] = open.malformed;
  return {
    // Google leaves it out where there is nothing in it.
    content: open.parts.length === 0 ? undefined : { role: "model", parts: open.parts },
    finishReason:
      malformed === undefined ? writeFinishReason(finish, scope.isOwn) : "MALFORMED_FUNCTION_CALL",
    finishMessage: malformed ?? finish.message,
    index: choice.index,
    logprobsResult: logprobs === undefined ? undefined : writeLogprobs(logprobs),
    ...Object.fromEntries(open.citations.flatMap((citation) => Object.entries(citation))),
    ...scope.own.in(`candidates[${position}]`),
  };
}

function addPart(open: OpenCandidate, part: AssistantPart, scope: WriteScope): void {
  const { context, own } = scope;
  switch (part.kind) {
    case "text":
      if (part.text === "" && part.signature === undefined) return;
      open.parts.push({
        text: part.text,
        thoughtSignature: writeThoughtSignature(part.signature),
        ...own.at(part.at),
      });
      return;
    case "refusal":
      open.parts.push({ text: part.text });
      return;
    case "reasoning":
      open.parts.push({
        text: part.text,
        thought: true,
        thoughtSignature: writeThoughtSignature(part.signature),
        ...own.at(part.at),
      });
      return;
    case "redacted_reasoning":
      // Without a text, so that it's known for what it is when the client gives it back.
      open.parts.push({ thought: true, thoughtSignature: writeThoughtSignature(part.data) });
      return;
    case "tool_call":
      addCall(open, part, scope);
      return;
    case "image":
    case "document":
    case "audio":
    case "video":
      addMedia(open, part, scope);
      return;
    case "native":
      addNative(open, part, context);
  }
}

function addCall(open: OpenCandidate, part: ToolCallPart, { context, own }: WriteScope): void {
  const args = argumentsOf(part, context);
  if (args === null) {
    context.warn(part.at, "a call without valid arguments ends an answer of Gemini's");
    open.malformed.push(`Malformed function call: ${part.name}(${toolInputText(part)})`);
    return;
  }
  const functionCall = {
    id: part.id,
    name: part.name,
    args,
    ...own.at(part.at, "functionCall"),
  };
  const thoughtSignature = writeThoughtSignature(part.signature);
  open.parts.push({ functionCall, thoughtSignature, ...own.at(part.at) });
}

/** An answer that was paid for isn't refused for arguments that its model got wrong. */
function argumentsOf(part: ToolCallPart, context: WriteContext): JsonObject | null {
  try {
    return toolInputObject(part, context);
  } catch (error) {
    if (error instanceof CodecError) return null;
    throw error;
  }
}

function addMedia(open: OpenCandidate, part: MediaPart, scope: WriteScope): void {
  const written = writeMedia(part, { ...scope, isOwn: true });
  if (written.kind === "problem") {
    scope.context.warn(part.at, written.problem);
    return;
  }
  const signature = part.kind === "image" ? part.signature : undefined;
  const thoughtSignature = writeThoughtSignature(signature);
  open.parts.push({ ...written.data, thoughtSignature, ...scope.own.at(part.at) });
}

function addNative(open: OpenCandidate, part: NativePart, context: WriteContext): void {
  if (part.family !== "gemini" || !isJsonObject(part.value)) {
    context.warn(part.at, `Gemini has no part "${part.type}"`);
  } else if (CITATIONS.some((name) => name === part.type) && part.at.parent?.key !== "parts") {
    open.citations.push(part.value);
  } else open.parts.push(part.value);
}
