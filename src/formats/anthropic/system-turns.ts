import type { Conversation, Turn } from "../turns.ts";

/**
 * Puts system text where Anthropic takes it: behind a user's turn and before the assistant's, or last. A user's turn that follows
 * goes first; what still has no place goes to the front.
 */
export function placeSystemTurns(conversation: Conversation): Conversation {
  if (!conversation.turns.some((turn) => turn.kind === "system")) return conversation;
  const system = [...conversation.system];
  const turns: Turn[] = [];
  let waiting: (Turn & { readonly kind: "system" })[] = [];
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
  return { system, turns };
}

/** https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages */
function takesSystem(turn: Turn | undefined): boolean {
  if (turn?.kind !== "assistant") return turn?.kind === "user";
  const last = turn.parts.at(-1);
  return last?.kind === "native" && last.type === "server_tool_use";
}

/** Turns of one role that only system text kept apart are one. */
function addTurn(turns: Turn[], turn: Exclude<Turn, { readonly kind: "system" }>): void {
  const last = turns.at(-1);
  if (last?.kind === "user" && turn.kind === "user") {
    const parts = [...last.parts, ...turn.parts];
    const results = parts.filter((part) => part.kind === "tool_result");
    const others = parts.filter((part) => part.kind !== "tool_result");
    turns[turns.length - 1] = { kind: "user", at: last.at, parts: [...results, ...others] };
  } else if (last?.kind === "assistant" && turn.kind === "assistant") {
    const parts = [...last.parts, ...turn.parts];
    turns[turns.length - 1] = { kind: "assistant", at: last.at, parts };
  } else turns.push(turn);
}
