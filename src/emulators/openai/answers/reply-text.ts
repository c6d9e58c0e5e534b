import type { Dice } from "../../dice.ts";
import { createDice } from "../../dice.ts";
import { firstWords } from "../../first-words.ts";
import type { JsonObject } from "../../json.ts";

/** Streamed or not, the answer is the same. */
export function diceFor(body: JsonObject, index: number): Dice {
  const { stream: _stream, stream_options: _options, ...asked } = body;
  return createDice(`${index}:${JSON.stringify(asked)}`);
}

const OPENINGS = [
  "Let us work through this step by step.",
  "Here is how I would go about it.",
  "First, what is given and what is asked.",
  "This takes a few short steps.",
];

/** A short text that names its question and ends in a number the way GSM8K answers do. */
export function replyText(question: string, dice: Dice, minCharacters: number): string {
  const quoted = firstWords(question, 60);
  const opening = OPENINGS[dice.roll(OPENINGS.length)] ?? "";
  const [first, second] = [dice.roll(90) + 2, dice.roll(40) + 2];
  const steps = `You asked: “${quoted}”. ${first} + ${second} = ${first + second}.`;
  const text = `${opening} ${steps}`;
  const padding = Math.max(0, minCharacters - text.length);
  const filler = " And so on.".repeat(Math.ceil(padding / 11));
  return `${text}${filler}\n#### ${first + second}`;
}

export interface Ended {
  readonly text: string;
  readonly reason: "stop" | "length";
}

/** Ends a text before a stop sequence, and at the limit of tokens. */
export function endText(text: string, stops: readonly string[], maxTokens: number): Ended {
  let end = text.length;
  for (const stop of stops) {
    const at = stop === "" ? -1 : text.indexOf(stop);
    if (at !== -1) end = Math.min(end, at);
  }
  const room = maxTokens * CHARACTERS_PER_TOKEN;
  return end > room
    ? { text: text.slice(0, room), reason: "length" }
    : { text: text.slice(0, end), reason: "stop" };
}

const CHARACTERS_PER_TOKEN = 4;

/** The usual rule of thumb: four characters a token. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

export function tokensOf(text: string): readonly string[] {
  return text.match(/[\s\S]{1,4}/g) ?? [];
}
