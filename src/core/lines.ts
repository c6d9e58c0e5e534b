import type { FormatName } from "./format-name.ts";
import type { JsonObject } from "./json.ts";

/** What a line asks for. An endpoint that we have no codec for keeps its path and only passes to its own format. */
export type Endpoint = "chat" | "responses" | "embeddings" | `/${string}`;

/**
 * The body of a line. `raw` is the JSON text between the envelope's brackets, cut out of the line and never parsed, so
 * `1.0`, 64-bit integers and key order survive; `value` is what a codec reads or has written.
 */
export type LineBody =
  | { readonly kind: "raw"; readonly text: string }
  | { readonly kind: "value"; readonly value: JsonObject };

export interface RequestLine {
  /** From 1, blank lines counted: what an editor shows. */
  readonly line: number;
  /** Null where the format allows leaving it out: the line is then known by its position. */
  readonly customId: string | null;
  readonly endpoint: Endpoint;
  /** Null where not the line but the job names it (Gemini, Bedrock). */
  readonly model: string | null;
  readonly body: LineBody;
}

export interface ResultLine {
  readonly line: number;
  readonly customId: string | null;
  /** The line's own id where the format has one: `batch_req_…`. */
  readonly id: string | null;
  readonly outcome: LineOutcome;
  /** The request, where the format repeats it beside the result (Bedrock). */
  readonly input?: LineBody | undefined;
}

/** How a line ended. Every request line gets exactly one. */
export type LineOutcome =
  | {
      readonly kind: "succeeded";
      readonly status: number;
      readonly requestId: string | null;
      readonly body: LineBody;
    }
  | { readonly kind: "errored"; readonly requestId: string | null; readonly error: LineError }
  | { readonly kind: "canceled" }
  | { readonly kind: "expired" };

/** Why a line failed, before or at the provider. */
export interface LineError {
  /** Always 4xx or 5xx. */
  readonly status: number;
  readonly type: LineErrorType;
  readonly message: string;
  /** A code of the provider's or of ours: `untranslatable`, `missing`, `invalid_prompt`. */
  readonly code?: string | undefined;
  readonly param?: string | undefined;
  /** Of the request line, where we found the fault. */
  readonly line?: number | undefined;
  /** The place in the request line: `body.messages[3].content`. */
  readonly path?: string | undefined;
  /** The provider's whole error, for a reader of its own family. */
  readonly native?: { readonly family: FormatName; readonly body: LineBody } | undefined;
}

/** The kinds of errors and the status each has where nobody says another. Format codecs map their own words to these. */
export const LINE_ERROR_STATUS = {
  invalid_request: 400,
  authentication: 401,
  billing: 402,
  permission: 403,
  not_found: 404,
  timeout: 504,
  conflict: 409,
  too_large: 413,
  rate_limit: 429,
  server: 500,
  unimplemented: 501,
  overloaded: 503,
} as const;

export type LineErrorType = keyof typeof LINE_ERROR_STATUS;

/** What a line looks like, by its top-level keys alone. */
export type LineFormat =
  | { readonly kind: "request"; readonly format: FormatName }
  | { readonly kind: "result"; readonly format: FormatName }
  /** Not a line of any format we know; `keys` are for the message. */
  | { readonly kind: "unknown"; readonly keys: readonly string[] };
