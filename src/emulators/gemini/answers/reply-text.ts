import type { Dice } from "../../dice.ts";
import { firstWords } from "../../first-words.ts";

const OPENINGS = [
  "Let us take this apart.",
  "Here is one way to see it.",
  "Start with what is known.",
  "Two steps are enough here.",
];

/** A short text that names its question and ends in a number the way GSM8K answers do. */
export function replyText(question: string, dice: Dice, minCharacters: number): string {
  const quoted = firstWords(question, 60);
  const opening = OPENINGS[dice.roll(OPENINGS.length)] ?? "";
  const [first, second] = [dice.roll(90) + 2, dice.roll(40) + 2];
  const text = `${opening} You asked: “${quoted}”. ${first} + ${second} = ${first + second}.`;
  const padding = Math.max(0, minCharacters - text.length);
  return `${text}${" And so on.".repeat(Math.ceil(padding / 11))}\n#### ${first + second}`;
}

export interface Ended {
  readonly text: string;
  readonly reason: "STOP" | "MAX_TOKENS";
}

/** Ends a text before a stop sequence, and at the limit of tokens. */
export function endText(text: string, stops: readonly string[], maxTokens: number): Ended {
  let end = text.length;
  for (const stop of stops) {
    const at = stop === "" ? -1 : text.indexOf(stop);
    if (at !== -1) end = Math.min(end, at);
  }
  const room = Math.max(0, maxTokens) * CHARACTERS_PER_TOKEN;
  return end > room
    ? { text: text.slice(0, room), reason: "MAX_TOKENS" }
    : { text: text.slice(0, end), reason: "STOP" };
}

const CHARACTERS_PER_TOKEN = 4;

/** The usual rule of thumb: four characters a token. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

export function tokensOf(text: string): readonly string[] {
  return text.match(/[\s\S]{1,4}/g) ?? [];
}
