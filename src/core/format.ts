import type { ChatFieldNames, ChatSupport } from "./chat-fields.ts";
import type { ChatRequest, Extra } from "./chat-request.ts";
import type { ChatResponse } from "./chat-response.ts";
import type { ChatStreamCodec } from "./chat-stream.ts";
import type {
  EmbeddingFieldNames,
  EmbeddingRequest,
  EmbeddingResponse,
  EmbeddingSupport,
} from "./embeddings.ts";
import type { FormatName } from "./format-name.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Endpoint, LineBody, LineError, RequestLine, ResultLine } from "./lines.ts";
import type { WriteContext } from "./write-context.ts";

export type { FormatName };

/**
 * How one family of APIs writes lines and bodies. Pure functions; nothing here does I/O or keeps state.
 *
 * Folders of formats don't import each other, yet Bedrock carries Anthropic's and OpenAI's bodies: the registry
 * (`formats/formats.ts`), which sees all of them, passes the codecs in: `createBedrockFormat({ claude, openaiChat })`.
 */
export interface Format {
  readonly name: FormatName;
  readonly requestLine: LineCodec<RequestLine>;
  readonly resultLine: LineCodec<ResultLine>;
  /** What the API answered to a single call that failed; the answer's object is `body` in `answer`. */
  parseCallError(status: number, answer: LineFields): LineError;
  /** Which custom ids the provider takes; null: any that isn't empty. */
  readonly idRule: IdRule | null;
  /** All it can carry: for the documentation and the contract suites. */
  readonly bodies: readonly BodyFormat[];
  /** The body that a line of this format has, or is to have. Throws `untranslatable`, saying what there would be. */
  chooseBody(choice: BodyChoice): BodyFormat;
}

/** What tells the body. The sample decides where it's given and unmistakable, then endpoint, model and variant. */
export interface BodyChoice {
  readonly endpoint: Endpoint;
  readonly model: string | null;
  /** Where one model takes several bodies: Bedrock's `modelInvocationType`, `InvokeModel` or `Converse`. */
  readonly variant: string | null;
  /** A body as it was found, when reading. */
  readonly sample: JsonObject | null;
}

/**
 * A body in its envelope. Two of them with the same `codec.name` differ by their frames alone: the body then passes as raw
 * text, and only the frame's top-level keys are changed.
 */
export type BodyFormat =
  | { readonly kind: "chat"; readonly codec: ChatCodec; readonly frame: BodyFrame }
  | { readonly kind: "embeddings"; readonly codec: EmbeddingCodec; readonly frame: BodyFrame };

/** What an API demands of a body's top-level keys beyond the codec. Applied after writing, undone before reading. */
export interface BodyFrame {
  /** `body`: the body has a `model`; `job`: it must not have one. */
  readonly modelIn: "body" | "job";
  /** Keys it must have: `{ anthropic_version: "bedrock-2023-05-31" }`. */
  readonly adds: Readonly<Record<string, string>>;
  /** The key of a list of betas, which others take as a header. Left out: it takes none. */
  readonly betasIn?: string;
  /** Keys it refuses, all without meaning in a batch: `stream`. */
  readonly removes: readonly string[];
}

interface BodyCodec {
  /** `anthropic.messages`: kept with stored copies, shown in reports; the same name means the same body. */
  readonly name: `${FormatName}.${string}`;
  readonly family: FormatName;
  /** The extras of its own family that its request writer says itself. */
  takesExtra?(extra: Extra): boolean;
}

/** Parsing throws only `CodecError`, whatever the JSON is; unknown fields and values never make it throw. */
export interface ChatCodec extends BodyCodec {
  readonly support: ChatSupport;
  readonly fieldNames: ChatFieldNames;
  parseRequest(body: JsonObject): ChatRequest;
  writeRequest(request: ChatRequest, context: WriteContext): JsonObject;
  parseResponse(body: JsonObject): ChatResponse;
  writeResponse(response: ChatResponse, context: WriteContext): JsonObject;
  /** Left out: its answers only come whole. */
  readonly stream?: ChatStreamCodec;
}

export interface EmbeddingCodec extends BodyCodec {
  readonly support: EmbeddingSupport;
  readonly fieldNames: EmbeddingFieldNames;
  /** How many inputs one record takes; more are split before `writeRequest` and joined after `parseResponse`. */
  readonly maxInputs: number;
  parseRequest(body: JsonObject): EmbeddingRequest;
  writeRequest(request: EmbeddingRequest, context: WriteContext): JsonObject;
  parseResponse(body: JsonObject): EmbeddingResponse;
  writeResponse(response: EmbeddingResponse, context: EmbeddingWriteContext): JsonObject;
}

export interface EmbeddingWriteContext extends WriteContext {
  /** What the client asked for, which a response of another family doesn't repeat. */
  readonly encoding: "float" | "base64";
}

/** One kind of line of one format. */
export interface LineCodec<Line> {
  /** Where the body is, and so what goes before a body's path in errors: `body`, `params`, `response.body`. */
  readonly bodyPath: string;
  /** Where a line's custom id is, so that a line that can't be read still fails under its own id. */
  readonly idKey?: string;
  /** Further places of an id, with a dot where it lies in an object: `metadata.key`. */
  readonly otherIdKeys?: readonly string[];
  /** Every top-level key that `parse` reads; another is dropped with a warning. Left out: nobody is warned. */
  readonly keys?: readonly string[];
  recognises(keys: readonly string[]): boolean;
  /** Throws `CodecError`. Whether bodies are read or cut out raw is the reader's business: the codec is the same. */
  parse(fields: LineFields, line: number): Line;
  /** One line of JSON, without the line feed. */
  write(line: Line): string;
}

/** An object of a line's envelope: of a parsed line, or of its text, in which bodies are only found and cut out. */
export interface LineFields {
  readonly keys: readonly string[];
  /** Small values of the envelope: ids, statuses. */
  get(key: string): Json | undefined;
  /** The object under a key; null where there is none. */
  inner(key: string): LineFields | null;
  /** The body under a key; throws `CodecError` where there is no object. */
  body(key: string): LineBody;
}

export interface IdRule {
  readonly pattern: RegExp;
  /** In words, for the message: "1 to 64 letters, digits, - and _". */
  readonly description: string;
}
