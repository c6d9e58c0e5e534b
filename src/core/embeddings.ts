import type { Extra } from "./chat-request.ts";
import type { UserPart } from "./content.ts";
import type { FormatName } from "./format-name.ts";
import type { JsonPath } from "./json-path.ts";
import type { Support } from "./chat-fields.ts";

/** One request for embeddings. More inputs than the target takes in one record are split into several and joined again. */
export interface EmbeddingRequest {
  readonly family: FormatName;
  readonly model: string | null;
  /** At least one. */
  readonly inputs: readonly EmbeddingInput[];
  readonly extras: readonly Extra[];

  readonly dimensions?: number | undefined;
  /** The first is what the response gives where a format gives only one. */
  readonly encodings?: readonly EmbeddingEncoding[] | undefined;
  readonly task?: EmbeddingTask | undefined;
  /** Of the document that is embedded (Gemini). */
  readonly title?: string | undefined;
  /** Where a text that is too long is cut; `none`: an error instead. */
  readonly truncate?: "none" | "start" | "end" | undefined;
  readonly normalize?: boolean | undefined;
  readonly user?: string | undefined;
}

export type EmbeddingInput =
  | { readonly kind: "text"; readonly text: string; readonly at: JsonPath }
  /** Of OpenAI's tokenizer: no other family can read them. */
  | { readonly kind: "tokens"; readonly tokens: readonly number[]; readonly at: JsonPath }
  | { readonly kind: "parts"; readonly parts: readonly UserPart[]; readonly at: JsonPath };

/** `base64` is little-endian float32. */
export type EmbeddingEncoding = "float" | "base64" | "int8" | "uint8" | "binary" | "ubinary";

export type EmbeddingTask =
  | "query"
  | "document"
  | "similarity"
  | "classification"
  | "clustering"
  | "question_answering"
  | "fact_verification"
  | "code_query"
  | "image";

export interface EmbeddingResponse {
  readonly family: FormatName;
  readonly id: string | null;
  readonly model: string | null;
  readonly embeddings: readonly Embedding[];
  /** Null where the provider doesn't say. */
  readonly inputTokens: number | null;
  readonly extras: readonly Extra[];
}

/** One input's vector, in the order of the inputs from 0. */
export interface Embedding {
  readonly index: number;
  /** One for each encoding that was asked for; at least one. */
  readonly vectors: readonly Vector[];
}

export type Vector =
  | {
      readonly encoding: Exclude<EmbeddingEncoding, "base64">;
      readonly values: readonly number[];
    }
  | { readonly encoding: "base64"; readonly data: string };

export type EmbeddingField = Exclude<
  keyof EmbeddingRequest,
  "family" | "model" | "inputs" | "extras"
>;

/** As `ChatSupport`: every codec answers for every setting and kind of input. */
export interface EmbeddingSupport {
  readonly fields: Readonly<Record<EmbeddingField, Support>>;
  readonly inputs: Readonly<Record<EmbeddingInput["kind"], Support>>;
}

export type EmbeddingFieldNames = Readonly<Partial<Record<EmbeddingField, string>>>;
