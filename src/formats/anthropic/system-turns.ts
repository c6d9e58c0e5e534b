import type { AssistantPart, TextPart, ToolResultPart, UserPart } from "../../core/content.ts";
import type { JsonPath } from "../../core/json-path.ts";
import type { Conversation, Turn } from "../turns.ts";

/**
 * Puts system text where Anthropic takes it: behind a user's turn and before the assistant's, or last. A user's turn that follows
 * goes first; what still has no place goes to the front.
 */
export function placeSystemTurns(conversation: Conversation): Conversation {
  if (!conversation.turns.some((turn) => turn.kind === "system")) return conversation;
  const system = [...conversation.system];
  const turns: OpenTurn[] = [];
  let waiting: SystemTurn[] = [];
  const settle = () => {
    const [first] = waiting;
    if (first === undefined) return;
    const parts = waiting.flatMap((turn) => turn.parts);
    if (takesSystem(turns.at(-1))) turns.push({ kind: "system", at: first.at, parts });
    else for (const part of parts) system.push(part);
    waiting = [];
  };
  for (const turn of conversation.turns) {
    if (turn.kind === "system") waiting.push(turn);
    else {
      if (turn.kind === "assistant") settle();
      addTurn(turns, turn);
    }
  }
  settle();
  return { system, turns: turns.map(closeTurn) };
}

type SystemTurn = Turn & { readonly kind: "system" };

/** While turns of one role, which only system text kept apart, are joined; results of tools go first. */
type OpenTurn =
  | OpenUserTurn
  | { kind: "assistant"; at: JsonPath; parts: AssistantPart[] }
  | { kind: "system"; at: JsonPath; parts: readonly TextPart[] };

interface OpenUserTurn {
  kind: "user";
  at: JsonPath;
  results: ToolResultPart[];
  parts: UserPart[];
}

/** https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages */
function takesSystem(turn: OpenTurn | undefined): boolean {
  if (turn?.kind !== "assistant") return turn?.kind === "user";
  const last = turn.parts.at(-1);
  return last?.kind === "native" && last.type === "server_tool_use";
}

function addTurn(turns: OpenTurn[], turn: Exclude<Turn, SystemTurn>): void {
  const last = turns.at(-1);
  const { at } = turn;
  if (turn.kind === "assistant") {
    if (last?.kind !== "assistant") turns.push({ kind: turn.kind, at, parts: [...turn.parts] });
    else for (const part of turn.parts) last.parts.push(part);
    return;
  }
  const open: OpenUserTurn =
    last?.kind === "user" ? last : { kind: turn.kind, at, results: [], parts: [] };
  if (open !== last) turns.push(open);
  for (const part of turn.parts) {
    if (part.kind === "tool_result") open.results.push(part);
    else open.parts.push(part);
  }
}

function closeTurn(turn: OpenTurn): Turn {
  if (turn.kind !== "user") return turn;
  return { kind: "user", at: turn.at, parts: [...turn.results, ...turn.parts] };
}
