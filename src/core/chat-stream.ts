import type { Finish, TokenLogprob, Usage } from "./chat-response.ts";
import type { AssistantPart, Signature } from "./content.ts";
import type { FormatName } from "./format-name.ts";
import type { JsonObject } from "./json.ts";
import type { LineError } from "./lines.ts";
import type { ServerEvent } from "./provider.ts";
import type { WriteContext } from "./write-context.ts";

/**
 * A piece of a chat answer that comes while it is made. `start` comes first and once; pieces of one choice come in the order of
 * its parts, those of several may be mixed. Everything is as the provider said it; `index` is a call's place among its choice's calls.
 */
export type ChatDelta =
  | {
      readonly kind: "start";
      /** Whose words the native ones are. */
      readonly family: FormatName;
      readonly id: string | null;
      readonly model: string | null;
      readonly createdAtSeconds: number | null;
    }
  | {
      readonly kind: "text";
      readonly choice: number;
      readonly text: string;
      readonly signature?: Signature | undefined;
      readonly logprobs?: readonly TokenLogprob[] | undefined;
    }
  | { readonly kind: "refusal"; readonly choice: number; readonly text: string }
  /** A signature ends a thought: what comes after it is another. */
  | {
      readonly kind: "reasoning";
      readonly choice: number;
      readonly text: string;
      readonly signature?: Signature | undefined;
    }
  | {
      readonly kind: "call";
      readonly choice: number;
      readonly index: number;
      readonly id: string;
      readonly name: string;
      readonly signature?: Signature | undefined;
    }
  /** More of a call's input, as JSON text. */
  | {
      readonly kind: "input";
      readonly choice: number;
      readonly index: number;
      readonly text: string;
    }
  /** What comes whole: images, redacted thinking, parts that only one family knows. */
  | { readonly kind: "part"; readonly choice: number; readonly part: AssistantPart }
  | { readonly kind: "finish"; readonly choice: number; readonly finish: Finish }
  /** All that is known so far; replaces what was said before. May come after `finish`. */
  | { readonly kind: "usage"; readonly usage: Usage }
  /** The provider broke off, and said why. The last delta. */
  | { readonly kind: "error"; readonly error: LineError };

/** How answers of a body are streamed. */
export interface ChatStreamCodec {
  /** For one answer: the deltas of each event. Throws `CodecError`; unknown events mean nothing. Left out: nobody is asked so. */
  createParser?(): StreamParser;
  /** Bodies that no dialect speaks are never written. */
  readonly writing?: ChatStreamWriting;
}

export type StreamParser = (event: ServerEvent) => readonly ChatDelta[];

interface ChatStreamWriting {
  /** What of a request only says that, and how, its answer is streamed: nothing of it goes into another API's body. */
  readonly fields: readonly string[];
  /** `request` is the body that asked for the stream. */
  createWriter(context: WriteContext, request: JsonObject): ChatStreamWriter;
  /**
   * For events of this very body that came in another API's envelope (Claude on Bedrock): nothing else is changed. Left out:
   * no other carries it.
   */
  createReframer?(): ServerEventMap;
}

export interface ChatStreamWriter {
  write(delta: ChatDelta): readonly ServerEvent[];
  /** After the last delta of an answer that is whole. */
  end(): readonly ServerEvent[];
}

export interface ServerEventMap {
  map(event: ServerEvent): readonly ServerEvent[];
  /** What is still to be said. Throws `CodecError` if the answer isn't whole. */
  end(): readonly ServerEvent[];
}
