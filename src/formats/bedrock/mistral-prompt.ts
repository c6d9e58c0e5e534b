import { CodecError } from "../../core/codec-error.ts";
import type { JsonPath } from "../../core/json-path.ts";
import type { Prompt, PromptTurn } from "./prompt.ts";

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html */
const BEGIN = "<s>";
const END = "</s>";
const ASK = "[INST]";
const ASKED = "[/INST]";

export const MISTRAL_MARKS =
  /<\/?s>|\[\/?(?:INST|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CALLS|SYSTEM_PROMPT|IMG|IMG_BREAK|IMG_END)\]/;

/** System text has no place of its own: it goes before what the user says first. */
export function writeMistralPrompt({ system, turns }: Prompt): string {
  let prompt = BEGIN;
  for (const [index, { role, text }] of turns.entries()) {
    const isFirst = index === 0;
    const isLast = index === turns.length - 1;
    if (role === "user") {
      const said = isFirst && system !== "" ? `${system}\n\n${text}` : text;
      prompt += `${isFirst ? "" : " "}${ASK} ${said} ${ASKED}`;
    } else prompt += ` ${text}${isLast ? "" : END}`;
  }
  return prompt;
}

/** A prompt without any mark is what a user says. */
export function parseMistralPrompt(prompt: string, at: JsonPath): Prompt {
  if (!MISTRAL_MARKS.test(prompt)) return { system: "", turns: [{ role: "user", text: prompt }] };
  const turns: PromptTurn[] = [];
  let rest = prompt.trimStart();
  if (rest.startsWith(BEGIN)) rest = rest.slice(BEGIN.length);
  const asked = rest.split(ASK);
  if (asked[0]?.trim() !== "") unreadable(at);
  for (const piece of asked.slice(1)) addExchange(turns, piece, at);
  return { system: "", turns };
}

/** What the user says, and perhaps the answer. */
function addExchange(turns: PromptTurn[], piece: string, at: JsonPath): void {
  const [said = "", answer, ...more] = piece.split(ASKED);
  if (answer === undefined || more.length > 0 || MISTRAL_MARKS.test(said)) unreadable(at);
  turns.push({ role: "user", text: withoutBlanks(said) });
  const [text = "", after, ...others] = answer.split(END);
  if (others.length > 0 || (after ?? "").trim() !== "" || MISTRAL_MARKS.test(text)) unreadable(at);
  if (text.trim() === "") return;
  turns.push({ role: "assistant", text: text.startsWith(" ") ? text.slice(1) : text });
}

/** Of those that stand between the marks and the text. */
function withoutBlanks(text: string): string {
  return text.slice(text.startsWith(" ") ? 1 : 0, text.endsWith(" ") ? -1 : undefined);
}

function unreadable(at: JsonPath): never {
  throw new CodecError(
    "untranslatable",
    at,
    "only prompts of [INST] … [/INST] and answers can be translated",
  );
}
