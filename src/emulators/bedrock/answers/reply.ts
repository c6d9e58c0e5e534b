import type { Dice } from "../../dice.ts";
import { createDice } from "../../dice.ts";
import { firstWords } from "../../first-words.ts";
import type { Json, JsonObject } from "../../json.ts";
import { isJsonArray, isJsonObject } from "../../json.ts";
import { sampleOf } from "../../schema-sample.ts";
import type { ModelInfo } from "../models.ts";

export type Api = "invoke" | "converse";

/** What an answer depends on beside the body. */
export interface Asked {
  readonly model: ModelInfo;
  readonly api: Api;
  /** Jobs take less than calls do. */
  readonly inBatch: boolean;
  /** At least so long is every text, so that a bench can have large results. */
  readonly minCharacters: number;
}

export interface Answer {
  readonly body: JsonObject;
  readonly tokens: { readonly input: number; readonly output: number };
}

/** What a body wants, however its family says it. */
export interface Wish {
  readonly question: string;
  readonly maxTokens: number;
  readonly stops: readonly string[];
  /** Of the JSON that the text must be; left out: any text. */
  readonly schema?: Json | undefined;
  /** The tool that must be called. A tool is called only where there is no choice, so that a test knows what it gets. */
  readonly tool?: ForcedTool | null;
}

export interface ForcedTool {
  readonly name: string;
  readonly schema: Json;
}

/** What a model has to say, before its family dresses it. */
export interface Reply {
  readonly text: string;
  readonly call: { readonly name: string; readonly input: Json } | null;
  readonly reason: "end" | "length" | "stop" | "call";
  /** The stop sequence that was hit. */
  readonly stop: string | null;
  readonly tokens: Answer["tokens"];
  /** For ids that the answer needs. */
  readonly dice: Dice;
}

/** The same body of the same model has the same reply, in a job, in a call and streamed. */
export function replyTo(body: JsonObject, wish: Wish, asked: Asked): Reply {
  const dice = createDice(`${asked.model.id}:${JSON.stringify(body)}`);
  const input = countInput(body);
  const { tool = null, schema } = wish;
  if (tool !== null) {
    const call = { name: tool.name, input: sampleSchema(tool.schema, dice) };
    const output = countTokens(JSON.stringify(call.input)) + 8;
    return { text: "", call, reason: "call", stop: null, tokens: { input, output }, dice };
  }
  const whole =
    schema === undefined
      ? replyText(wish.question, dice, asked.minCharacters)
      : JSON.stringify(sampleSchema(schema, dice));
  const ended = endText(whole, wish.stops, wish.maxTokens);
  const tokens = { input, output: countTokens(ended.text) };
  return { ...ended, call: null, tokens, dice };
}

function sampleSchema(schema: Json, dice: Dice): Json {
  return sampleOf(schema, isJsonObject(schema) ? schema : {}, dice);
}

const OPENINGS = [
  "Let us see what is asked.",
  "One sum settles this.",
  "Here is the short way.",
  "Two numbers are all it takes.",
];

/** A short text that names its question and ends in a number the way GSM8K answers do. */
function replyText(question: string, dice: Dice, minCharacters: number): string {
  const quoted = firstWords(question, 60);
  const opening = OPENINGS[dice.roll(OPENINGS.length)] ?? "";
  const [first, second] = [dice.roll(90) + 2, dice.roll(40) + 2];
  const text = `${opening} You asked: “${quoted}”. ${first} + ${second} = ${first + second}.`;
  const padding = Math.max(0, minCharacters - text.length);
  return `${text}${" And so on.".repeat(Math.ceil(padding / 11))}\n#### ${first + second}`;
}

/** Ends a text before the first stop sequence in it, and at the limit of tokens. */
function endText(text: string, stops: readonly string[], maxTokens: number) {
  let end = text.length;
  let stop: string | null = null;
  for (const candidate of stops) {
    const at = candidate === "" ? -1 : text.indexOf(candidate);
    if (at === -1 || at >= end) continue;
    end = at;
    stop = candidate;
  }
  const room = maxTokens * CHARACTERS_PER_TOKEN;
  if (end > room) return { text: text.slice(0, room), reason: "length", stop: null } as const;
  return { text: text.slice(0, end), reason: stop === null ? "end" : "stop", stop } as const;
}

const CHARACTERS_PER_TOKEN = 4;

/** The usual rule of thumb: four characters a token. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

export function tokensOf(text: string): readonly string[] {
  return text.match(/[\s\S]{1,4}/g) ?? [];
}

/** Members that hold no text but the bytes of something. */
const MEDIA = new Set(["data", "bytes"]);
const TOKENS_OF_MEDIA = 1_500;

function countInput(value: Json | undefined): number {
  if (typeof value === "string") return countTokens(value);
  if (isJsonArray(value)) return value.reduce((sum: number, item) => sum + countInput(item), 0);
  if (!isJsonObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, item]) => sum + (MEDIA.has(name) ? TOKENS_OF_MEDIA : countInput(item)),
    1,
  );
}

/** The text of what the user said last, in any family that has messages. */
export function lastQuestion(messages: readonly JsonObject[]): string {
  return contentText(messages.findLast(({ role }) => role === "user")?.["content"]);
}

/** The text of a content, whether it is a string or blocks. */
function contentText(content: Json | undefined): string {
  if (typeof content === "string") return content;
  const blocks = isJsonArray(content) ? content.filter(isJsonObject) : [];
  return blocks
    .map(({ text }) => text)
    .filter((text) => typeof text === "string")
    .join("\n");
}

export function stringsOf(value: Json | undefined): readonly string[] {
  return isJsonArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** An object, empty where there is none. */
export function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** An id of letters and digits that the body alone decides. */
export function idFrom(dice: Dice, characters: number): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return Array.from({ length: characters }, () => alphabet[dice.roll(alphabet.length)]).join("");
}
