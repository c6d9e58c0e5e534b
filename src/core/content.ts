import type { FormatName } from "./format-name.ts";
import type { Json, JsonObject } from "./json.ts";
import type { JsonPath } from "./json-path.ts";

/** What every part of a message knows. */
interface PartBase {
  /** Where the part stood in the source body; writers name it in warnings and errors. */
  readonly at: JsonPath;
  /** The provider should cache the prompt up to and including this part. */
  readonly cache?: CacheControl | undefined;
}

export interface CacheControl {
  /** `null`: the provider's default (five minutes at Anthropic and Bedrock). */
  readonly ttl: "5m" | "1h" | null;
}

/**
 * A model's proof of its own thinking; only the family that made it accepts it back. In another family's bodies it travels
 * under a prefix: see `formats/signatures.ts`.
 */
export interface Signature {
  readonly family: FormatName;
  readonly value: string;
}

/** `text` is opaque to codecs: they may ask whether it's empty, and join it; for anything else there is `context.reveal`. */
export interface TextPart extends PartBase {
  readonly kind: "text";
  readonly text: string;
  /** Gemini signs text parts too. */
  readonly signature?: Signature | undefined;
}

/** Where the bytes of an image, a document, a sound or a film are. */
export type MediaSource =
  | { readonly kind: "base64"; readonly mediaType: string; readonly data: string }
  | { readonly kind: "url"; readonly url: string; readonly mediaType: string | null }
  /** A plain text given as a document: Anthropic's `text` source, Converse's `text`. */
  | { readonly kind: "text"; readonly mediaType: string; readonly text: string }
  /** A file stored at a provider: an id, or Gemini's file URI. Only that family can read it. */
  | {
      readonly kind: "file";
      readonly family: FormatName;
      readonly id: string;
      readonly mediaType: string | null;
    }
  | {
      readonly kind: "s3";
      readonly uri: string;
      readonly bucketOwner: string | null;
      readonly mediaType: string | null;
    };

export interface ImagePart extends PartBase {
  readonly kind: "image";
  readonly source: MediaSource;
  /** How closely to look; `auto` and leaving it out are the same. */
  readonly detail?: "auto" | "low" | "high" | "original" | undefined;
  readonly signature?: Signature | undefined;
}

export interface DocumentPart extends PartBase {
  readonly kind: "document";
  readonly source: MediaSource;
  /** `report.pdf`; where a format has only one name for a document, `filename` goes before `title`. */
  readonly filename?: string | undefined;
  readonly title?: string | undefined;
  /** What the model may know of the document but not cite (Anthropic, Converse). */
  readonly context?: string | undefined;
  readonly citations?: boolean | undefined;
}

export interface AudioPart extends PartBase {
  readonly kind: "audio";
  readonly source: MediaSource;
}

export interface VideoPart extends PartBase {
  readonly kind: "video";
  readonly source: MediaSource;
}

/** The model declined, in words. */
export interface RefusalPart extends PartBase {
  readonly kind: "refusal";
  readonly text: string;
}

/** The model's thinking. Goes before the text and the tool calls that came of it, and is replayed unchanged. */
export interface ReasoningPart extends PartBase {
  readonly kind: "reasoning";
  /** May be empty: a signature alone. */
  readonly text: string;
  readonly signature?: Signature | undefined;
  /** The item's own id where the format has one: OpenAI Responses `rs_…`. */
  readonly id?: string | undefined;
}

/** Thinking that only the provider can read: Anthropic's `redacted_thinking`, OpenAI's `encrypted_content`. */
export interface RedactedReasoningPart extends PartBase {
  readonly kind: "redacted_reasoning";
  readonly data: Signature;
  readonly id?: string | undefined;
}

/**
 * What a tool is called with. Kept as it came: OpenAI writes JSON as text, the others an object, and neither is parsed or
 * printed unless the target needs the other (`formats/tool-input.ts`).
 */
export type ToolInput =
  /** JSON in a string; it comes from a model, so it may be invalid. Empty means `{}`. */
  | { readonly kind: "json_text"; readonly text: string }
  | { readonly kind: "object"; readonly value: JsonObject }
  /** What a custom tool (OpenAI) takes: any text, not JSON. */
  | { readonly kind: "free_text"; readonly text: string };

export interface ToolCallPart extends PartBase {
  readonly kind: "tool_call";
  /** Where the source has none (Gemini, OpenAI's old `function_call`) the parser makes one, the same on every run. */
  readonly id: string;
  readonly name: string;
  readonly input: ToolInput;
  /** Gemini 3 answers 400 if it doesn't get this back. */
  readonly signature?: Signature | undefined;
}

export interface ToolResultPart extends PartBase {
  readonly kind: "tool_result";
  readonly callId: string;
  /** Parsers give it where the source says it or an earlier call in the same body does; Gemini needs it. */
  readonly name: string | null;
  readonly content: readonly ToolResultContent[];
  readonly isError: boolean;
}

/** A result that is JSON in its format (Gemini's `response`, Converse's `json`); text that looks like JSON stays text. */
export interface JsonPart extends PartBase {
  readonly kind: "json";
  readonly value: Json;
}

/**
 * A part that only its own family knows: server tools and their results, code execution, part types made after this was
 * written. Another family's request writer refuses it; its response writer leaves it out with a warning.
 */
export interface NativePart extends PartBase {
  readonly kind: "native";
  readonly family: FormatName;
  /** In the source's own spelling: `web_search_tool_result`. */
  readonly type: string;
  readonly value: Json;
}

export type UserPart = TextPart | ImagePart | DocumentPart | AudioPart | VideoPart | NativePart;

/** Images, audio and video: made by the model. */
export type AssistantPart =
  | UserPart
  | RefusalPart
  | ReasoningPart
  | RedactedReasoningPart
  | ToolCallPart;

export type ToolResultContent = UserPart | JsonPart;

export type Part = AssistantPart | ToolResultPart | JsonPart;

export type PartKind = Part["kind"];
