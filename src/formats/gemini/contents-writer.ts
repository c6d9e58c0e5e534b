import type { ChatRequest } from "../../core/chat-request.ts";
import type { AssistantPart, TextPart, UserPart } from "../../core/content.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { ROOT } from "../../core/json-path.ts";
import { toolInputObject } from "../tool-input.ts";
import { toConversation, type Turn, type TurnPart } from "../turns.ts";
import { writeFunctionResponse } from "./function-response-writer.ts";
import { warnOfDocument, writeMedia } from "./media-writer.ts";
import { DETAIL_LEVELS } from "./media-resolution.ts";
import { generationOf } from "./models.ts";
import { NO_SIGNATURE, writeThoughtSignature } from "./thought-signature.ts";
import type { WriteScope } from "./write-scope.ts";

export interface WrittenContents {
  readonly systemInstruction: JsonObject | undefined;
  readonly contents: readonly JsonObject[];
}

export function writeContents(request: ChatRequest, base: WriteScope): WrittenContents {
  const { context } = base;
  const conversation = toConversation(request.messages, { keepsSystemInPlace: false, context });
  const scope: TurnScope = {
    ...base,
    callNames: new Map(),
    wantsSignatures: !base.isOwn && (generationOf(context.model) ?? 0) >= 3,
  };
  const contents: { role: string; parts: JsonObject[] }[] = [];
  for (const turn of conversation.turns) {
    const role = turn.kind === "assistant" ? "model" : "user";
    const parts =
      turn.kind === "assistant" ? writeModelTurn(turn.parts, scope) : writeUserTurn(turn, scope);
    const last = contents.at(-1);
    if (parts.length === 0) continue;
    // Where nothing was left of a turn, its neighbours are one.
    if (last?.role === role) for (const part of parts) last.parts.push(part);
    else contents.push({ role, parts });
  }
  if (contents.length === 0) {
    context.warn(ROOT, "Gemini wants a turn of the user's: one is made");
    contents.push({ role: "user", parts: [{ text: "Begin." }] });
  }
  warnOfPrefill(conversation.turns.at(-1), request, scope);
  return { systemInstruction: writeSystem(conversation.system, scope), contents };
}

interface TurnScope extends WriteScope {
  /** Call id → function name. */
  readonly callNames: Map<string, string>;
  readonly wantsSignatures: boolean;
}

function writeSystem(parts: readonly TextPart[], scope: WriteScope): JsonObject | undefined {
  if (parts.length === 0) return undefined;
  return { parts: parts.map((part) => ({ text: part.text, ...scope.own.at(part.at) })) };
}

/** Claude goes on with what it is said to have begun; OpenAI's models don't either. (wire.md F.1, rule 6.) */
function warnOfPrefill(
  last: Turn | undefined,
  { family }: ChatRequest,
  { context }: WriteScope,
): void {
  if (last?.kind !== "assistant" || family === "gemini" || family === "openai") return;
  context.warn(last.at, "Gemini answers to a last turn of the model's, it doesn't go on with it");
}

function writeUserTurn(
  turn: Exclude<Turn, { readonly kind: "assistant" }>,
  scope: TurnScope,
): JsonObject[] {
  const results: JsonObject[] = [];
  const rest: JsonObject[] = [];
  const turnParts: readonly TurnPart[] = turn.parts;
  for (const part of turnParts) {
    if (part.kind === "tool_result") {
      const written = writeFunctionResponse(part, scope.callNames, scope);
      results.push(written.part);
      for (const media of written.media) rest.push(media);
    } else rest.push(writeUserPart(part, scope));
  }
  for (const part of rest) results.push(part);
  return results;
}

export function writeUserPart(part: UserPart, scope: WriteScope): JsonObject {
  const { context, isOwn, own } = scope;
  switch (part.kind) {
    case "text":
      return { text: part.text, ...signed(part.signature), ...own.at(part.at) };
    case "image":
    case "document":
    case "audio":
    case "video": {
      if (part.kind === "document") warnOfDocument(part, context);
      const written = writeMedia(part, scope);
      if (written.kind === "problem") throw context.untranslatable(part.at, written.problem);
      if (part.kind !== "image") return { ...written.data, ...own.at(part.at) };
      const level = isOwn && part.detail !== undefined ? DETAIL_LEVELS.get(part.detail) : undefined;
      const mediaResolution = level === undefined ? {} : { mediaResolution: { level } };
      return { ...written.data, ...mediaResolution, ...signed(part.signature), ...own.at(part.at) };
    }
    case "native":
      if (part.family === "gemini" && isJsonObject(part.value)) return part.value;
      throw context.untranslatable(part.at, `Gemini has no part "${part.type}"`);
  }
}

/** Only Gemini's own signatures: it answers 400 to any other. */
function signed(signature: TextPart["signature"]): {
  readonly thoughtSignature?: string | undefined;
} {
  if (signature?.family !== "gemini") return {};
  return { thoughtSignature: writeThoughtSignature(signature) };
}

function writeModelTurn(parts: readonly AssistantPart[], scope: TurnScope): JsonObject[] {
  const written: JsonObject[] = [];
  // Of parallel calls Gemini signs the first.
  let wantsSignature =
    scope.wantsSignatures &&
    !parts.some((part) => part.kind === "tool_call" && part.signature?.family === "gemini");
  for (const part of parts) {
    const done = writeModelPart(part, scope);
    if (done === null) continue;
    const isFirstCall = wantsSignature && part.kind === "tool_call";
    written.push(isFirstCall ? { ...done, thoughtSignature: NO_SIGNATURE } : done);
    if (isFirstCall) wantsSignature = false;
  }
  return written;
}

function writeModelPart(part: AssistantPart, scope: TurnScope): JsonObject | null {
  const { context, isOwn, own } = scope;
  switch (part.kind) {
    case "text":
      if (part.text === "" && part.signature?.family !== "gemini") return null;
      return writeUserPart(part, scope);
    case "refusal":
      return { text: part.text };
    case "reasoning": {
      const isKnown = part.signature === undefined ? isOwn : part.signature.family === "gemini";
      if (isKnown) {
        return { text: part.text, thought: true, ...signed(part.signature), ...own.at(part.at) };
      }
      context.warn(part.at, "Gemini doesn't take another model's thinking");
      return null;
    }
    case "redacted_reasoning":
      context.warn(part.at, "Gemini can't read another model's thinking");
      return null;
    case "tool_call": {
      scope.callNames.set(part.id, part.name);
      const args = toolInputObject(part, context);
      const functionCall = {
        id: part.id,
        name: part.name,
        args,
        ...own.at(part.at, "functionCall"),
      };
      return { functionCall, ...signed(part.signature), ...own.at(part.at) };
    }
    case "image":
    case "document":
    case "audio":
    case "video":
    case "native":
      return writeUserPart(part, scope);
  }
}
