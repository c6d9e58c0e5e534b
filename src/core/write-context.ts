import type { ChatField } from "./chat-fields.ts";
import type { CodecError } from "./codec-error.ts";
import type { EmbeddingField } from "./embeddings.ts";
import type { JsonPath } from "./json-path.ts";

/** What becomes of a thing that the target can't say: an error that names it, or a warning on the batch. */
export type TranslationMode = "strict" | "warn";

/** A place in the source body, or a setting of the hub, which is then named as the source's codec spells it. */
export type Where = JsonPath | ChatField | EmbeddingField;

/**
 * What a writer may know beside the hub object. One object serves a whole file, so a writer keeps nothing of it.
 * Time and randomness come in here; writers are otherwise pure.
 */
export interface WriteContext {
  /** The target's model: the override if there is one, else the source's. Null only where nobody named one. */
  readonly model: string | null;
  /** False for one synchronous call: batches refuse some things (Converse `toolConfig`, `responseJsonSchema`). */
  readonly isBatch: boolean;
  /** Says that a thing is left out. In `strict` it throws, so a writer warns before it goes on, and never asks for the mode. */
  warn(where: Where, reason: string): void;
  /** The error to throw for what changes the meaning, in both modes: `throw context.untranslatable(part.at, "…")`. */
  untranslatable(where: Where, message: string): CodecError;
  /**
   * Before a writer looks into what is otherwise opaque to it (`TextPart`): a mark may stand there for a long text, and the
   * line is then translated once more with the text itself.
   */
  reveal(text: string): string;
  nowSeconds(): number;
  /** `newId("chatcmpl-")`: the prefix and enough random characters. */
  newId(prefix: string): string;
}
