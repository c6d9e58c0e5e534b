import { CodecError } from "../../core/codec-error.ts";
import type { JsonPath } from "../../core/json-path.ts";
import type { Prompt, PromptTurn } from "./prompt.ts";

/** The tokens by which a generation of Llama tells who speaks: https://www.llama.com/docs/model-cards-and-prompt-formats */
export interface LlamaTokens {
  readonly headerStart: string;
  readonly headerEnd: string;
  readonly turnEnd: string;
}

export const LLAMA_3: LlamaTokens = {
  headerStart: "<|start_header_id|>",
  headerEnd: "<|end_header_id|>",
  turnEnd: "<|eot_id|>",
};

export const LLAMA_4: LlamaTokens = {
  headerStart: "<|header_start|>",
  headerEnd: "<|header_end|>",
  turnEnd: "<|eot|>",
};

/** Any token of theirs, those of tools and images too. */
export const LLAMA_MARKS = /<\|\w{1,40}\|>/;

export function writeLlamaPrompt({ system, turns }: Prompt, tokens: LlamaTokens): string {
  let prompt = BEGIN;
  if (system !== "") prompt += header("system", tokens) + system + tokens.turnEnd;
  for (const { role, text } of turns) prompt += header(role, tokens) + text + tokens.turnEnd;
  // What the assistant said last, the model is to go on with.
  if (turns.at(-1)?.role === "assistant") return prompt.slice(0, -tokens.turnEnd.length);
  return prompt + header("assistant", tokens);
}

const BEGIN = "<|begin_of_text|>";
const BREAK = "\n\n";

function header(role: string, tokens: LlamaTokens): string {
  return tokens.headerStart + role + tokens.headerEnd + BREAK;
}

/** A prompt without any of the tokens is what a user says. */
export function parseLlamaPrompt(prompt: string, at: JsonPath, tokens: LlamaTokens): Prompt {
  if (!LLAMA_MARKS.test(prompt)) return { system: "", turns: [{ role: "user", text: prompt }] };
  const systems: string[] = [];
  const turns: PromptTurn[] = [];
  let rest = prompt.startsWith(BEGIN) ? BEGIN.length : 0;
  while (rest < prompt.length) {
    const { role, text, end } = readTurn(prompt, rest, tokens) ?? unreadable(at);
    if (role === "system") systems.push(text);
    else if (role === "user" || (role === "assistant" && text !== "")) turns.push({ role, text });
    else if (role !== "assistant") unreadable(at);
    rest = end;
  }
  return { system: systems.join("\n"), turns };
}

interface ReadTurn {
  readonly role: string;
  readonly text: string;
  readonly end: number;
}

/** Null: it isn't one. The last may have no end: the model is to go on there. */
function readTurn(prompt: string, start: number, tokens: LlamaTokens): ReadTurn | null {
  const { headerStart, headerEnd, turnEnd } = tokens;
  const at = skipBreaks(prompt, start);
  if (!prompt.startsWith(headerStart, at)) return null;
  const roleStart = at + headerStart.length;
  const roleEnd = prompt.indexOf(headerEnd, roleStart);
  if (roleEnd < 0) return null;
  const headEnd = roleEnd + headerEnd.length;
  const textStart = prompt.startsWith(BREAK, headEnd) ? headEnd + BREAK.length : headEnd;
  const textEnd = prompt.indexOf(turnEnd, textStart);
  const text = prompt.slice(textStart, textEnd < 0 ? undefined : textEnd);
  if (LLAMA_MARKS.test(text)) return null;
  const end = textEnd < 0 ? prompt.length : textEnd + turnEnd.length;
  return { role: prompt.slice(roleStart, roleEnd), text, end };
}

/** People put line feeds between turns, where no text stands. */
function skipBreaks(prompt: string, start: number): number {
  let at = start;
  while (prompt.charCodeAt(at) === LINE_FEED) at += 1;
  return at;
}

const LINE_FEED = 0x0a;

function unreadable(at: JsonPath): never {
  throw new CodecError(
    "untranslatable",
    at,
    "only prompts in Llama's own template, of system, user and assistant, can be translated",
  );
}
