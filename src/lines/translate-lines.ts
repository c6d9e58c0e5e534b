import type { BatchError } from "../core/batch.ts";
import type { FormatName } from "../core/format.ts";
import type { LineError } from "../core/lines.ts";
import type { MappedLine, TranslationReport } from "../core/translation.ts";
import type { TranslationMode } from "../core/write-context.ts";
import { formats } from "../formats/formats.ts";
import { createLineIds, type RequestLineIds } from "../formats/line-ids.ts";
import { LineOutput } from "../formats/line-output.ts";
import type { LiftedLine } from "../formats/long-texts.ts";
import { run } from "../formats/translate.ts";
import { newId } from "../lib/ids.ts";
import { SAME_LINES } from "./identity-map.ts";
import { createMap, type MapRecipe } from "./map-recipe.ts";

/** A translation as plain data, so that it can be done in another thread. */
export interface LineWork {
  /** Null: the lines go as they are. */
  readonly map: MapRecipe | null;
  /** Of the provider. */
  readonly format: FormatName;
  readonly mode: TranslationMode;
  readonly maxLineBytes: number;
}

/** What comes of lines: first all that are made, then what maps their ids back, then the end. */
export type MadeItem =
  | {
      readonly kind: "lines";
      /** Lines to be sent, each whole. */
      readonly sent: Uint8Array;
      readonly sentLines: number;
      /** Results of lines that can't be sent. */
      readonly failed: Uint8Array;
      readonly failedLines: number;
    }
  | { readonly kind: "ids"; readonly bytes: Uint8Array }
  | {
      readonly kind: "end";
      readonly report: TranslationReport;
      /** Why nothing may be sent, in the order of lines; at `MAX_ERRORS` of them the rest wasn't looked at. */
      readonly errors: readonly BatchError[];
    };

export const MAX_ERRORS = 100;

/** Translates lines and hands them over in chunks. `ids` where several translations share them; then they aren't handed over. */
export async function* translateLines(
  input: AsyncIterable<Uint8Array>,
  { map: recipe, format, mode, maxLineBytes }: LineWork,
  {
    ids: shared = null,
    signal,
  }: { readonly ids?: RequestLineIds | null; readonly signal: AbortSignal },
): AsyncGenerator<MadeItem> {
  const ids = shared ?? createLineIds(formats[format].idRule);
  const clock = { nowSeconds: () => Math.floor(Date.now() / 1_000), newId: toId };
  const map = (recipe === null ? null : createMap(recipe, { ...clock, ids })) ?? SAME_LINES;
  const failures = new Failures(mode);
  const output = new LineOutput();
  const failed = new LineOutput();
  let sentLines = 0;
  let failedLines = 0;
  const add = (mapped: MappedLine, line: number, lifted: LiftedLine | null) => {
    if (mapped.kind === "lines") {
      for (const text of mapped.lines) output.add(text, lifted);
      sentLines += mapped.lines.length;
      return;
    }
    if (failures.add(mapped, line)) return;
    failedLines += 1;
    failed.add(toResultLine(mapped, line));
  };
  const made = run(input, {
    map,
    options: { maxLineBytes, signal },
    add,
    isFull: () => output.isFull || failed.isFull,
    isEmpty: () => output.isEmpty && failed.isEmpty,
    take: () => ({ sent: output.take(), failed: failed.take() }),
  });
  for await (const bytes of made) {
    if (failures.isEnough) break;
    yield { kind: "lines", ...bytes, sentLines, failedLines };
    sentLines = 0;
    failedLines = 0;
  }
  // Where nothing may be sent, nothing comes back.
  const saved = shared === null && failures.isNone ? ids.save() : null;
  // A table may be empty, where ids say themselves what has to be known; without one they would stand for themselves.
  if (saved !== null) yield { kind: "ids", bytes: new Uint8Array() };
  for (const bytes of saved ?? []) yield { kind: "ids", bytes };
  yield { kind: "end", report: map.report(), errors: failures.inOrder };
}

function toId(prefix: string): string {
  return prefix + newId(Date.now());
}

type FailedMapping = Extract<MappedLine, { readonly kind: "failed" }>;

function toResultLine({ customId, error }: FailedMapping, line: number): string {
  const outcome = { kind: "errored", requestId: null, error: { ...error, line } } as const;
  return formats.openai.resultLine.write({ line, customId, id: null, outcome });
}

/** Within a line's body; any other fault is one of the file. */
const IN_BODY = new RegExp(
  `^(?:${Object.values(formats)
    .map(({ requestLine }) => requestLine.bodyPath)
    .join("|")})(?:[.[]|$)`,
);

/** What forbids that anything is sent: files that are no files of lines, and, in `strict`, any line that can't be said. */
class Failures {
  readonly #errors: BatchError[] = [];
  readonly #mode: TranslationMode;

  constructor(mode: TranslationMode) {
    this.#mode = mode;
  }

  get inOrder(): readonly BatchError[] {
    return this.#errors.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0));
  }

  get isNone(): boolean {
    return this.#errors.length === 0;
  }

  get isEnough(): boolean {
    return this.#errors.length >= MAX_ERRORS;
  }

  /** False: the line alone fails. */
  add({ error }: FailedMapping, line: number): boolean {
    const isOfLine = error.status >= 500 || IN_BODY.test(error.path ?? "");
    if (isOfLine && this.#mode === "warn") return false;
    if (!this.isEnough) this.#errors.push(toBatchError(error, line));
    return true;
  }
}

function toBatchError({ code, type, message, path }: LineError, line: number): BatchError {
  const isJson = path === undefined && message.includes("not valid JSON");
  return {
    code: isJson ? "invalid_json_line" : (code ?? type),
    message,
    param: path ?? null,
    line,
  };
}
