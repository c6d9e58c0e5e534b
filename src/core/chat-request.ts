import type { AssistantPart, CacheControl, TextPart, ToolResultPart, UserPart } from "./content.ts";
import type { FormatName } from "./format-name.ts";
import type { Json, JsonObject } from "./json.ts";
import type { JsonPath } from "./json-path.ts";
import type { ToolChoice, ToolDefinition } from "./tools.ts";

/**
 * One chat request, whatever the format it came in. Everything is as the client said it: limits, clamps and defaults are
 * the writer's. A setting that is undefined was not given; a wire `null` is read as not given.
 */
export interface ChatRequest {
  /** The family of the codec that read it. */
  readonly family: FormatName;
  /** As the body names it; null where the job or the URL does (Gemini, Bedrock). */
  readonly model: string | null;
  /** In the order of the conversation, system text included; a writer hoists and merges as its format needs. */
  readonly messages: readonly Message[];
  /** What has no place here: see `Extra`. `reportUnsaid` warns of these, not the writer. */
  readonly extras: readonly Extra[];

  readonly tools?: readonly ToolDefinition[] | undefined;
  readonly toolChoice?: ToolChoice | undefined;
  readonly parallelToolCalls?: boolean | undefined;
  readonly responseFormat?: ResponseFormat | undefined;

  /** Output tokens, thinking included. */
  readonly maxTokens?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  /** 0–2; Anthropic and most Bedrock models take 0–1. */
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly seed?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  /** How many answers. */
  readonly choiceCount?: number | undefined;
  readonly logprobs?: boolean | undefined;
  /** How many alternatives beside each token. */
  readonly topLogprobs?: number | undefined;
  /** Token id → −100…100. */
  readonly logitBias?: JsonObject | undefined;

  readonly reasoning?: Reasoning | undefined;
  readonly verbosity?: "low" | "medium" | "high" | undefined;
  /** Automatic caching of the whole prompt (Anthropic's top-level `cache_control`). */
  readonly cache?: CacheControl | undefined;
  readonly promptCacheKey?: string | undefined;
  /** The client's end user: OpenAI `user` or `safety_identifier`, Anthropic `metadata.user_id`. */
  readonly user?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly store?: boolean | undefined;
  /** In the source's own words; batches have their own price, so writers may leave it out without a warning. */
  readonly serviceTier?: string | undefined;
}

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

interface MessageBase {
  /** Where it stood in the source body. */
  readonly at: JsonPath;
  /** Who of several speaks (OpenAI). */
  readonly name?: string | undefined;
}

/** A body's top-level system text is simply the first message. */
export interface SystemMessage extends MessageBase {
  readonly kind: "system";
  readonly role: "system" | "developer";
  readonly parts: readonly TextPart[];
}

interface UserMessage extends MessageBase {
  readonly kind: "user";
  readonly parts: readonly UserPart[];
}

export interface AssistantMessage extends MessageBase {
  readonly kind: "assistant";
  readonly parts: readonly AssistantPart[];
}

/**
 * Results of tools, one or more. Formats that put them into a user turn split it here (results, then the rest), and join
 * neighbours when writing: `formats/turns.ts`.
 */
export interface ToolMessage extends MessageBase {
  readonly kind: "tool";
  readonly parts: readonly ToolResultPart[];
}

export type ResponseFormat =
  | { readonly kind: "text" }
  | { readonly kind: "json_object" }
  | {
      readonly kind: "json_schema";
      /** JSON Schema, as in `FunctionTool`. */
      readonly schema: JsonObject;
      readonly name?: string | undefined;
      readonly description?: string | undefined;
      readonly strict?: boolean | undefined;
    };

export const REASONING_EFFORTS = [
  "none",
  "minimal",
  "low",
  "medium",
  "high",
  "xhigh",
  "max",
] as const;

export type ReasoningEffort = (typeof REASONING_EFFORTS)[number];

/** What was asked for; how it is said on a given model (wire.md F.6) is the writer's. */
export interface Reasoning {
  readonly effort?: ReasoningEffort | undefined;
  readonly thinking?:
    | { readonly kind: "off" }
    /** The model decides how long: Anthropic `adaptive`, Gemini's budget −1. */
    | { readonly kind: "adaptive" }
    | { readonly kind: "budget"; readonly tokens: number }
    | undefined;
  /** Show the thinking: Gemini `includeThoughts`, Anthropic `display`. */
  readonly includeThoughts?: boolean | undefined;
  /** OpenAI Responses: how to sum the thinking up. */
  readonly summary?: string | undefined;
}

/**
 * A field of the source that the hub has no word for. Same family: the writer may take it (`takesExtra`). Another family:
 * dropped with a warning, or refused if it is essential.
 */
export interface Extra {
  readonly path: JsonPath;
  readonly value: Json;
  /** Without it the answer would be another: `previous_response_id`, `cachedContent`. */
  readonly isEssential: boolean;
}
