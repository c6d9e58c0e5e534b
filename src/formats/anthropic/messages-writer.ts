import type { AssistantPart, TextPart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import type { Conversation, Turn, TurnPart } from "../turns.ts";
import { writeAssistantPart, writeText, writeTurnPart } from "./content-writer.ts";
import type { WriteScope } from "./write-scope.ts";

/** One text, unless a part of it is cached up to. */
export function writeSystem(
  parts: readonly TextPart[],
  isOwn: boolean,
  scope: WriteScope,
): string | readonly JsonObject[] | undefined {
  if (parts.length === 0) return undefined;
  const isPlain = parts.every((part) => isPlainText(part, scope));
  // Anthropic's own blocks stay apart; others' messages are joined as Anthropic's own layer for OpenAI's clients does.
  if (isPlain && (!isOwn || parts.length === 1)) return parts.map((part) => part.text).join("\n");
  return parts.map((part) => writeText(part, scope));
}

export function writeMessages(conversation: Conversation, scope: WriteScope): JsonObject[] {
  const { turns } = conversation;
  const messages: JsonObject[] = [];
  const [first] = turns;
  if (first?.kind === "assistant" && scope.model.userFirst) {
    scope.context.warn(first.at, "this model wants a message of the user's first: one is made");
    messages.push(OPENING);
  }
  for (const [index, turn] of turns.entries()) {
    const isLast = index === turns.length - 1;
    const content = writeTurn(turn, isLast, scope);
    if (content !== null) messages.push({ role: turn.kind, content });
  }
  if (messages.length > 0) return messages;
  return [makeMessage(conversation, scope)];
}

/** OpenAI and Gemini answer to system text alone. */
function makeMessage({ system }: Conversation, { context }: WriteScope): JsonObject {
  const [first] = system;
  const messagesAt = childPath(ROOT, "messages");
  if (first === undefined) throw context.untranslatable(messagesAt, "there is nothing to answer");
  context.warn(messagesAt, "Anthropic wants a message of the user's: one is made");
  return OPENING;
}

const OPENING: JsonObject = { role: "user", content: "Begin." };

function writeTurn(
  turn: Turn,
  isLast: boolean,
  scope: WriteScope,
): string | readonly JsonObject[] | null {
  switch (turn.kind) {
    case "user":
    case "system":
      return writeParts(turn.parts, scope, writeTurnPart);
    case "assistant":
      return writeParts(
        isLast ? trimmed(turn.parts, scope) : turn.parts,
        scope,
        writeAssistantPart,
      );
  }
}

function writeParts<Part extends TurnPart | AssistantPart>(
  parts: readonly Part[],
  scope: WriteScope,
  write: (part: Part, scope: WriteScope) => JsonObject | null,
): string | readonly JsonObject[] | null {
  const [only] = parts;
  if (parts.length === 1 && only?.kind === "text" && isPlainText(only, scope)) return only.text;
  const blocks: JsonObject[] = [];
  for (const part of parts) {
    const block = write(part, scope);
    if (block !== null) blocks.push(block);
  }
  return blocks.length === 0 ? null : blocks;
}

function isPlainText(part: TextPart, { own }: WriteScope): boolean {
  return (
    part.cache === undefined &&
    part.signature === undefined &&
    (own === null || !own.byPlace.has(part.at))
  );
}

/** Anthropic goes on with a last message of the assistant's, and refuses white space at its end. */
function trimmed(
  parts: readonly AssistantPart[],
  { context }: WriteScope,
): readonly AssistantPart[] {
  const last = parts.at(-1);
  if (last?.kind !== "text") return parts;
  const text = context.reveal(last.text).trimEnd();
  if (text === last.text) return parts;
  const rest = parts.slice(0, -1);
  return text === "" ? rest : [...rest, { ...last, text }];
}
