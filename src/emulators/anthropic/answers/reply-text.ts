import type { Dice } from "../../dice.ts";
import { createDice } from "../../dice.ts";
import { firstWords } from "../../first-words.ts";
import type { JsonObject } from "../../json.ts";

/** Streamed or not, the answer is the same. */
export function diceFor(body: JsonObject): Dice {
  const { stream: _stream, ...asked } = body;
  return createDice(JSON.stringify(asked));
}

const OPENINGS = [
  "I'll take this one step at a time.",
  "Let me reason about what is asked here.",
  "Two quantities matter for this.",
  "This can be added up directly.",
];

/** A short text that names its question and ends in a number the way GSM8K answers do. */
export function replyText(question: string, dice: Dice, minCharacters: number): string {
  const quoted = firstWords(question, 60);
  const opening = OPENINGS[dice.roll(OPENINGS.length)] ?? "";
  const [first, second] = [dice.roll(90) + 2, dice.roll(40) + 2];
  const text = `${opening} The question was “${quoted}”. ${first} + ${second} = ${first + second}.`;
  const missing = Math.max(0, minCharacters - text.length);
  const filler = " Then the next.".repeat(Math.ceil(missing / 15));
  return `${text}${filler}\n#### ${first + second}`;
}

export interface Ended {
  readonly text: string;
  readonly reason: "end_turn" | "stop_sequence" | "max_tokens";
  readonly sequence: string | null;
}

/** Ends a text before the first stop sequence in it, and at the limit of tokens. */
export function endText(text: string, stops: readonly string[], maxTokens: number): Ended {
  let end = text.length;
  let sequence: string | null = null;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at === -1 || at >= end) continue;
    end = at;
    sequence = stop;
  }
  const room = maxTokens * CHARACTERS_PER_TOKEN;
  if (end > room) return { text: text.slice(0, room), reason: "max_tokens", sequence: null };
  return {
    text: text.slice(0, end),
    reason: sequence === null ? "end_turn" : "stop_sequence",
    sequence,
  };
}

const CHARACTERS_PER_TOKEN = 4;

/** The usual rule of thumb: four characters a token. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
