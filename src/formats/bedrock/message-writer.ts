import type { TextPart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { ROOT } from "../../core/json-path.ts";
import type { Conversation, Turn } from "../turns.ts";
import { addAssistantPart, addCachePoint, addTurnPart, writeText } from "./content-writer.ts";
import type { WriteScope } from "./write-scope.ts";

export function writeSystem(parts: readonly TextPart[], scope: WriteScope): JsonObject[] {
  const blocks: JsonObject[] = [];
  for (const part of parts) {
    blocks.push(writeText(part, scope));
    addCachePoint(blocks, part.cache, scope);
  }
  return blocks;
}

/** With a word on how to answer, at the end. */
export function withInstruction(
  system: readonly TextPart[],
  instruction: string | undefined,
): readonly TextPart[] {
  return instruction === undefined
    ? system
    : [...system, { kind: "text", text: instruction, at: ROOT }];
}

interface WrittenMessage extends JsonObject {
  readonly role: "user" | "assistant" | "system";
  readonly content: JsonObject[];
}

/** `messages`: turns that alternate, the first of them the user's. */
export function writeMessages(conversation: Conversation, scope: WriteScope): JsonObject[] {
  const messages: WrittenMessage[] = [];
  const isTrimmed = scope.model.family === "claude" && !scope.isOwn;
  for (const turn of isTrimmed ? trimmed(conversation.turns, scope) : conversation.turns) {
    const content = writeTurn(turn, scope);
    const last = messages.at(-1);
    // A turn of which nothing is left doesn't part its neighbours.
    if (content.length === 0) continue;
    if (last?.role === turn.kind) for (const block of content) last.content.push(block);
    else messages.push({ role: turn.kind, content });
  }
  const [first] = messages;
  if (first?.role === "user") return messages;
  scope.context.warn(
    conversation.turns[0]?.at ?? ROOT,
    "Bedrock wants the user to begin: a message is made",
  );
  return [{ role: "user", content: [{ text: "Begin." }] }, ...messages];
}

/** Claude goes on with a last message of the assistant's, and refuses white space at its end. */
function trimmed(turns: readonly Turn[], { context }: WriteScope): readonly Turn[] {
  const turn = turns.at(-1);
  const last = turn?.kind === "assistant" ? turn.parts.at(-1) : undefined;
  if (turn?.kind !== "assistant" || last?.kind !== "text") return turns;
  const text = context.reveal(last.text).trimEnd();
  if (text === last.text) return turns;
  const parts = turn.parts.slice(0, -1);
  const kept = text === "" ? parts : [...parts, { ...last, text }];
  return [...turns.slice(0, -1), { ...turn, parts: kept }];
}

function writeTurn(turn: Turn, scope: WriteScope): JsonObject[] {
  const blocks: JsonObject[] = [];
  switch (turn.kind) {
    case "user":
      for (const part of turn.parts) addTurnPart(blocks, part, scope);
      if (hasDocumentAlone(blocks)) blocks.push({ text: "The document is above." });
      return blocks;
    case "assistant":
      for (const part of turn.parts) addAssistantPart(blocks, part, scope);
      return blocks;
    case "system":
      return writeSystem(turn.parts, scope);
  }
}

/** Bedrock refuses a document that no text goes with. */
function hasDocumentAlone(blocks: readonly JsonObject[]): boolean {
  return (
    blocks.some((block) => block["document"] !== undefined) &&
    !blocks.some((block) => block["text"] !== undefined)
  );
}
