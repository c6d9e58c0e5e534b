import type { Prompt, PromptTurn } from "./prompt.ts";

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html */
const USER = "User:";
const BOT = "Bot:";

/** At the beginning of a line, where the model would take it for somebody else's turn. */
export const TITAN_MARKS = /^(?:User|Bot):/m;

/** System text goes before the conversation. */
export function writeTitanPrompt({ system, turns }: Prompt): string {
  const lines = system === "" ? [] : [system];
  for (const { role, text } of turns) lines.push(`${role === "user" ? USER : BOT} ${text}`);
  if (turns.at(-1)?.role !== "assistant") lines.push(BOT);
  return lines.join("\n");
}

/** A prompt that doesn't end with the model's turn is what a user says. */
export function parseTitanPrompt(prompt: string): Prompt {
  const pieces = prompt.split(/^(User|Bot):/m);
  if (pieces.length < 3) return { system: "", turns: [{ role: "user", text: prompt }] };
  const turns: PromptTurn[] = [];
  for (let index = 1; index < pieces.length; index += 2) {
    const text = trimmed(pieces[index + 1] ?? "");
    const role = pieces[index] === "User" ? "user" : "assistant";
    if (text !== "") turns.push({ role, text });
  }
  return { system: trimmed(pieces[0] ?? ""), turns };
}

/** The blank behind the mark and the line feed before the next are none of the text. */
function trimmed(piece: string): string {
  const start = piece.startsWith(" ") ? 1 : 0;
  return piece.slice(start, piece.endsWith("\n") ? -1 : undefined);
}
