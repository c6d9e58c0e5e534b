import type { Extra } from "./chat-request.ts";
import type { AssistantPart } from "./content.ts";
import type { FormatName } from "./format-name.ts";

/** One chat response, whatever the format it came in. */
export interface ChatResponse {
  /** The family of the codec that read it: whose words `native` and `serviceTier` are. */
  readonly family: FormatName;
  /** Null where the format has none (Bedrock): the writer makes one with `context.newId`. */
  readonly id: string | null;
  /** Null where the format doesn't say (Bedrock): the writer takes `context.model`. */
  readonly model: string | null;
  /** Unix time; null where the format doesn't say: the writer takes `context.nowSeconds`. */
  readonly createdAtSeconds: number | null;
  /** At least one: a prompt that was blocked is a choice without parts that ended with `content_filter`. */
  readonly choices: readonly Choice[];
  readonly usage: Usage | null;
  readonly serviceTier?: string | undefined;
  readonly systemFingerprint?: string | undefined;
  /** What has no place here; left out without a warning where it only describes (latency, safety ratings). */
  readonly extras: readonly Extra[];
}

export interface Choice {
  readonly index: number;
  readonly parts: readonly AssistantPart[];
  readonly finish: Finish;
  readonly logprobs?: readonly TokenLogprob[] | undefined;
}

/**
 * `stop_sequence`: one of the request's stops. `context_window`: the model was full. `refusal`: the model declined;
 * `content_filter`: the provider stepped in. `malformed_tool_call`: the model tried and failed. `other`: a value we don't
 * know; written as a plain stop.
 */
export type FinishReason =
  | "stop"
  | "stop_sequence"
  | "length"
  | "context_window"
  | "tool_calls"
  | "content_filter"
  | "refusal"
  | "pause"
  | "malformed_tool_call"
  | "other";

export interface Finish {
  readonly reason: FinishReason;
  /** The provider's own value: a writer of the same family writes it again. */
  readonly native: string | null;
  /** The stop that was hit, where the provider says which. */
  readonly stopSequence?: string | undefined;
  /** Why it was blocked, in the provider's words. */
  readonly message?: string | undefined;
}

/** In tokens. Undefined: the provider doesn't say. */
export interface Usage {
  /** Everything read: cached and newly cached included (OpenAI's way; Anthropic counts them beside). */
  readonly inputTokens: number;
  /** Of the input: read from the cache. */
  readonly cacheReadTokens?: number | undefined;
  /** Of the input: written to the cache. */
  readonly cacheWriteTokens?: number | undefined;
  /** Of the cache writes: kept for an hour. */
  readonly cacheWriteHourTokens?: number | undefined;
  /** Of the input. */
  readonly audioInputTokens?: number | undefined;
  /** Everything written: thinking included. */
  readonly outputTokens: number;
  /** Of the output: thinking. */
  readonly reasoningTokens?: number | undefined;
  /** Of the output. */
  readonly audioOutputTokens?: number | undefined;
  /** As the provider says it, else the sum. */
  readonly totalTokens: number;
}

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes?: readonly number[] | undefined;
  readonly top: readonly {
    readonly token: string;
    readonly logprob: number;
    readonly bytes?: readonly number[] | undefined;
  }[];
}
