import type { Extra } from "../../core/chat-request.ts";
import type { ChatResponse, Finish, FinishReason, Usage } from "../../core/chat-response.ts";
import type { JsonPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";

export interface PromptAnswer {
  readonly text: string;
  readonly at: JsonPath;
  readonly finish: Finish;
  readonly usage: Usage | null;
  readonly extras: readonly Extra[];
}

/** The answer of a model that writes one text. */
export function toResponse({ text, at, finish, usage, extras }: PromptAnswer): ChatResponse {
  return {
    family: "bedrock",
    id: null,
    model: null,
    createdAtSeconds: null,
    choices: [{ index: 0, parts: [{ kind: "text", text, at }], finish }],
    usage,
    extras,
  };
}

export function toUsage(input: number | undefined, output: number | undefined): Usage | null {
  if (input === undefined && output === undefined) return null;
  const usage = { inputTokens: input ?? 0, outputTokens: output ?? 0 };
  return { ...usage, totalTokens: usage.inputTokens + usage.outputTokens };
}

export interface WrittenAnswer {
  readonly text: string;
  readonly reason: FinishReason;
  /** The provider's own word, where Bedrock made it. */
  readonly native: string | null;
}

/** The text of an answer; what else it holds has no place in such a body. */
export function toAnswer(response: ChatResponse, context: WriteContext): WrittenAnswer {
  const [choice, ...others] = response.choices;
  if (others.length > 0) context.warn("choiceCount", "Bedrock has one answer only");
  if (choice?.logprobs !== undefined) context.warn("logprobs", "the answer is a single text");
  let text = "";
  for (const part of choice?.parts ?? []) {
    if (part.kind === "text" || part.kind === "refusal") text += part.text;
    else context.warn(part.at, `the answer is a single text: there is no place for ${part.kind}`);
  }
  const native = response.family === "bedrock" ? (choice?.finish.native ?? null) : null;
  return { text, reason: choice?.finish.reason ?? "stop", native };
}

/** The two words that Llama and Mistral end with. */
export function parseStopWord(native: string | undefined): Finish {
  const reason = native === "stop" || native === "length" ? native : "other";
  return { reason, native: native ?? null };
}

export function writeStopWord({ reason, native }: WrittenAnswer): string {
  if (reason === "other" && native !== null) return native;
  return reason === "length" || reason === "context_window" ? "length" : "stop";
}
