import type { Format } from "./format.ts";
import type { Endpoint, LineError } from "./lines.ts";
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
}

export interface MapOptions {
  readonly mode: TranslationMode;
  readonly isBatch: boolean;
  readonly ids: LineIds;
  nowSeconds(): number;
  newId(prefix: string): string;
}

/**
 * The ids of one Part: what the provider sees in place of what the client wrote, where its rule is narrower or a line became
 * several. Lines that keep their id cost nothing here.
 */
export interface LineIds {
  toTarget(origin: LineOrigin): string;
  /** An id that was never given out stands for itself. */
  toSource(targetId: string): LineOrigin;
}

export interface LineOrigin {
  /** Null where the client gave none: the line is then its number. */
  readonly customId: string | null;
  readonly line: number | null;
  /** Set where one line became several: `cid#3`, the third of `count`, from 0. */
  readonly piece: { readonly index: number; readonly count: number } | null;
  /** The encoding the client asked for; only kept where it isn't `float`. */
  readonly encoding: "float" | "base64";
}

/** null: same format, same body, nothing to change: the bytes pass untouched and nobody looks at the lines. */
export type RequestMapper = (from: Side, to: Side, options: MapOptions) => LineMap | null;

/** Always in `warn`: an answer that was paid for is never refused because the reader's format can't say all of it. */
export type ResultMapper = (from: Side, to: Side, options: MapOptions) => LineMap | null;

/** Maps the lines of one file, in order. Never throws for what a line holds. */
export interface LineMap {
  /** `line` from 1. Blank lines map to no lines. */
  map(text: string, line: number): MappedLine;
  /** At the end of the file: what waited for pieces that never came. */
  end(): readonly MappedLine[];
  report(): TranslationReport;
}

export type MappedLine =
  /** None (blank, or a piece that waits for the others), one, or several; each without its line feed. */
  | { readonly kind: "lines"; readonly lines: readonly string[] }
  /** A request that can't be sent. Results never fail: what can't be read becomes an errored line of the target. */
  | { readonly kind: "failed"; readonly customId: string | null; readonly error: LineError };

export interface TranslationReport {
  readonly lines: number;
  readonly failedLines: number;
  /** By field; at most 200, and one for all others, since field names may be the client's. */
  readonly warnings: readonly FieldReport[];
  /** By field and code of the error. */
  readonly errors: readonly FieldReport[];
}

export interface FieldReport {
  /** With the envelope's key, without positions: `body.messages[].name`. */
  readonly field: string;
  readonly reason: string;
  readonly count: number;
  /** The first ten. */
  readonly lineNumbers: readonly number[];
}
