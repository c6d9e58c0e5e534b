import type { Message, SystemMessage } from "../core/chat-request.ts";
import type { AssistantPart, TextPart, ToolResultPart, UserPart } from "../core/content.ts";
import type { JsonPath } from "../core/json-path.ts";
import type { WriteContext } from "../core/write-context.ts";

/** A conversation as Anthropic, Gemini and Converse want it: turns that alternate, results of tools first in the user's. */
export interface Conversation {
  /** What goes into the format's own place for system text. */
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
}

export type Turn =
  | { readonly kind: "user"; readonly parts: readonly TurnPart[]; readonly at: JsonPath }
  | { readonly kind: "assistant"; readonly parts: readonly AssistantPart[]; readonly at: JsonPath }
  /** Only where system text stays in its place. */
  | { readonly kind: "system"; readonly parts: readonly TextPart[]; readonly at: JsonPath };

export type TurnPart = UserPart | ToolResultPart;

export interface TurnOptions {
  /** Whether the format takes system text between turns; else all of it goes to the front. */
  readonly keepsSystemInPlace: boolean;
  readonly context: WriteContext;
}

/**
 * Joins neighbours of one role, leaves out empty texts and what is then empty, warns of speakers' names.
 * (wire.md F.1, rules 1–3 and 5.)
 */
export function toConversation(messages: readonly Message[], options: TurnOptions): Conversation {
  const system: TextPart[] = [];
  const turns: OpenTurn[] = [];
  for (const message of messages) {
    if (message.name !== undefined) {
      options.context.warn(
        { parent: message.at, key: "name" },
        "the target has no names of speakers",
      );
    }
    if (message.kind !== "system") addMessage(turns, message);
    else if (options.keepsSystemInPlace && turns.length > 0) addSystem(turns, message);
    else append(system, saidOf(message.parts));
  }
  return { system, turns: turns.map(closeTurn) };
}

/** While messages are added; results are kept apart since they go first. */
type OpenTurn =
  | { kind: "user"; at: JsonPath; results: ToolResultPart[]; parts: UserPart[] }
  | { kind: "assistant"; at: JsonPath; parts: AssistantPart[] }
  | { kind: "system"; at: JsonPath; parts: TextPart[] };

function addMessage(turns: OpenTurn[], message: Exclude<Message, SystemMessage>): void {
  const last = turns.at(-1);
  const { at } = message;
  if (message.kind === "assistant") {
    const parts = saidOf(message.parts);
    if (parts.length === 0) return;
    if (last?.kind === "assistant") append(last.parts, parts);
    else turns.push({ kind: "assistant", at, parts: [...parts] });
    return;
  }
  const results = message.kind === "tool" ? message.parts : [];
  const parts = message.kind === "user" ? saidOf(message.parts) : [];
  if (results.length + parts.length === 0) return;
  if (last?.kind === "user") {
    append(last.results, results);
    append(last.parts, parts);
  } else turns.push({ kind: "user", at, results: [...results], parts: [...parts] });
}

function addSystem(turns: OpenTurn[], message: SystemMessage): void {
  const parts = saidOf(message.parts);
  const last = turns.at(-1);
  if (parts.length === 0) return;
  if (last?.kind === "system") append(last.parts, parts);
  else turns.push({ kind: "system", at: message.at, parts: [...parts] });
}

function closeTurn(turn: OpenTurn): Turn {
  if (turn.kind !== "user") return turn;
  const { at, results, parts } = turn;
  return { kind: "user", at, parts: results.length === 0 ? parts : [...results, ...parts] };
}

/** Mostly all of them, and then no copy. */
function saidOf<Part extends UserPart | AssistantPart>(parts: readonly Part[]): readonly Part[] {
  return parts.every(isSaid) ? parts : parts.filter(isSaid);
}

function isSaid(part: UserPart | AssistantPart): boolean {
  return part.kind !== "text" || part.text !== "" || part.signature !== undefined;
}

/** `push(...items)` overflows the stack at some hundred thousand items, which a hostile line may have. */
function append<Item>(list: Item[], items: readonly Item[]): void {
  for (const item of items) list.push(item);
}
