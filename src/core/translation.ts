import type { Format } from "./format.ts";
import type { Usage } from "./batch.ts";
import type { Endpoint, LineError, LineOutcome } from "./lines.ts";
import type { TranslationMode } from "./write-context.ts";

/** One side of a translation: a format, at an endpoint, for a model. Together they tell the body. */
export interface Side {
  readonly format: Format;
  /** Null: each line says it. */
  readonly endpoint: Endpoint | null;
  /** Of the source: the job's model where lines name none. Of the target: the override. Null: each line's own. */
  readonly model: string | null;
  /** As `BodyChoice.variant`. */
  readonly variant: string | null;
  /** Of the target: what the client has switched on for each line beside its body. Left out: nothing. */
  readonly betas?: readonly string[];
}

export interface MapOptions {
  readonly mode: TranslationMode;
  readonly isBatch: boolean;
  readonly ids: LineIds;
  /** Some lines may be in another format than the source's: every line is looked at, and there is no `null` map. */
  readonly hasMixedLines?: boolean;
  /** The target's name of a model that the source names; left out: the same. */
  readonly renameModel?: (model: string) => string;
  /** How much of split embeddings may wait for their other pieces; lines beyond it fail. 64 MiB where left out. */
  readonly maxPendingBytes?: number;
  nowSeconds(): number;
  newId(prefix: string): string;
}

/**
 * The ids of one Part: what the provider sees in place of what the client wrote, where its rule is narrower or a line became
 * several. Lines that keep their id cost nothing here.
 */
export interface LineIds {
  /** Every id so far stands for itself, and nothing has to be kept to map results back. */
  readonly isPlain: boolean;
  toTarget(origin: LineOrigin): string;
  /** An id that was never given out stands for itself. */
  toSource(targetId: string): LineOrigin;
}

export interface LineOrigin {
  /** Null where the client gave none: the line is then its number. */
  readonly customId: string | null;
  readonly line: number | null;
  /** Set where one line became several. */
  readonly piece: PieceNumber | null;
  /** The encoding the client asked for; only kept where it isn't `float`. */
  readonly encoding: "float" | "base64";
}

/** Of `count`, from 0. */
export interface PieceNumber {
  readonly index: number;
  readonly count: number;
}

/** null: same format, same body, nothing to change: the bytes pass untouched and nobody looks at the lines. */
export type RequestMapper = (from: Side, to: Side, options: MapOptions) => LineMap | null;

/** Always in `warn`: an answer that was paid for is never refused because the reader's format can't say all of it. */
export type ResultMapper = (from: Side, to: Side, options: MapOptions) => LineMap | null;

/** Maps the lines of one file, in order. Never throws for what a line holds. */
export interface LineMap {
  /** `line` from 1. Blank lines map to no lines. */
  map(text: string, line: number): MappedLine;
  /** For a line with marks for its long texts (`formats/long-texts.ts`). null: `map` has to see the whole line; nothing is counted. */
  mapLifted?(text: string, line: number): MappedLine | null;
  /** For a line that is no text at all: too long, not UTF-8. `head` is how it begins: the custom id may be in it. */
  reject(line: number, error: LineError, head: Uint8Array): MappedLine;
  /** At the end of the file: what waited for pieces that never came. */
  end(): readonly MappedLine[];
  report(): TranslationReport;
}

export type MappedLine =
  /** None (blank, or a piece that waits for the others), one, or several; each without its line feed. */
  | {
      readonly kind: "lines";
      readonly lines: readonly string[];
      /** Of results: what each of the lines is. */
      readonly facts?: readonly ResultFacts[];
    }
  /** A request that can't be sent. Results never fail: what can't be read becomes an errored line of the target. */
  | { readonly kind: "failed"; readonly customId: string | null; readonly error: LineError };

/** What is known of a result line without reading it again. */
export interface ResultFacts {
  /** Null where the client gave none: the line is then known by its number. */
  readonly customId: string | null;
  /** Of the request, from 1; null where only its id is known. */
  readonly line: number | null;
  readonly outcome: LineOutcome["kind"];
}

export interface TranslationReport {
  readonly lines: number;
  readonly failedLines: number;
  /** Of results: tokens of all that succeeded; null where no answer said. */
  readonly usage: Usage | null;
  /** By field; at most 200, and one for all others, since field names may be the client's. */
  readonly warnings: readonly FieldReport[];
  /** By field and code of the error. */
  readonly errors: readonly FieldReport[];
}

export interface FieldReport {
  /** With the envelope's key, without positions: `body.messages[].name`. */
  readonly field: string;
  readonly reason: string;
  /** Of lines, however often it is in one. */
  readonly count: number;
  /** The first ten. */
  readonly lineNumbers: readonly number[];
}
