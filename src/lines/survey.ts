import type { BatchError } from "../core/batch.ts";
import type { FormatName, IdRule } from "../core/format.ts";
import { formats } from "../formats/formats.ts";
import { type LinePosition, LineSplitter } from "../lib/line-splitter.ts";
import { LineIndexBuilder } from "./line-index.ts";
import type { LinesAhead } from "./lines-ahead.ts";
import type { LineGuard } from "./line-guard.ts";
import { type LineGlance, createLineGlance } from "./line-glance.ts";

/** What one pass over a File tells of its lines, none of them parsed. */
export interface Survey {
  readonly index: LineIndexBuilder;
  readonly lines: number;
  /** Of the first line that looks like one we know; null where none does. */
  readonly format: FormatName | null;
  /** Whether no line is of another. */
  readonly isUniform: boolean;
  /** Every model that lines name, in the order of their first lines. */
  readonly models: readonly SurveyedModel[];
  /** Which of them a row names; -1 for none. */
  modelOf(row: number): number;
  /** The first line of a format we know that names no model; null if each does. */
  readonly firstWithoutModel: number | null;
  /** Of OpenAI's lines: where the first one goes. */
  readonly firstUrl: string | null;
  /** Whether the provider would refuse some line's id. */
  readonly breaksIdRule: boolean;
  /** Lines whose `url` isn't the endpoint, the first hundred. */
  readonly otherEndpoints: readonly BatchError[];
}

interface SurveyedModel {
  readonly name: string;
  /** The number of its first line. */
  readonly firstLine: number;
  readonly lines: number;
  /** Of its lines, each with a newline. */
  readonly bytes: number;
}

const MAX_MODELS = 1_000;
const MAX_FAULTS = 100;
const glanceAt = createLineGlance(Object.values(formats));

export interface SurveyOptions {
  /** Null: not known yet. */
  readonly endpoint: string | null;
  readonly idRule: IdRule | null;
  readonly maxLineBytes: number;
  /** Sees each line too. */
  readonly guard?: LineGuard | null;
}

/** A survey of lines while they pass by. */
export class LineSurvey {
  readonly #index = new LineIndexBuilder();
  readonly #facts: SurveyFacts;
  readonly #splitter: LineSplitter;

  constructor(options: SurveyOptions) {
    const facts = (this.#facts = new SurveyFacts(options));
    this.#splitter = new LineSplitter((line, position) => {
      const glance = glanceAt(line);
      this.#index.add(glance.customId, position.number);
      facts.add(glance, position);
      options.guard?.add(line, position.number);
    }, options.maxLineBytes);
  }

  /** Throws `LineTooLongError`. */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  end(): Survey {
    this.#splitter.end();
    return this.soFar();
  }

  /** What the lines tell that are known by now. */
  soFar(): Survey {
    return { index: this.#index, lines: this.#index.lines, ...this.#facts.result() };
  }
}

/** Throws `LineTooLongError`. With `ahead`, the lines are translated in the same pass. */
export async function surveyLines(
  content: AsyncIterable<Uint8Array>,
  { ahead = null, ...options }: SurveyOptions & { readonly ahead?: LinesAhead | null },
  signal: AbortSignal,
): Promise<Survey> {
  const survey = new LineSurvey(options);
  for await (const chunk of content) {
    signal.throwIfAborted();
    survey.push(chunk);
    await ahead?.give(chunk, survey);
  }
  ahead?.end();
  return survey.end();
}

class SurveyFacts {
  readonly #endpoint: string | null;
  readonly #idRule: IdRule | null;
  readonly #models = new Map<string, ModelLines>();
  readonly #byRow = new RowNumbers();
  readonly #otherEndpoints: BatchError[] = [];
  #format: FormatName | null = null;
  #firstUrl: string | null = null;
  #isUniform = true;
  #breaksIdRule = false;
  #firstWithoutModel: number | null = null;

  constructor({ endpoint, idRule }: SurveyOptions) {
    this.#endpoint = endpoint;
    this.#idRule = idRule;
  }

  add({ format, customId, model, url }: LineGlance, { number, length }: LinePosition): void {
    if (this.#idRule !== null && customId !== null && !this.#idRule.pattern.test(customId)) {
      this.#breaksIdRule = true;
    }
    // A line that looks like none we know says nothing of the others.
    this.#format ??= format;
    if (format !== null && format !== this.#format) this.#isUniform = false;
    this.#firstUrl ??= url;
    if (model === null && format !== null) this.#firstWithoutModel ??= number;
    const lines = model === null ? undefined : this.#linesOf(model, number);
    this.#byRow.add(lines?.number ?? -1);
    if (lines !== undefined) {
      lines.lines += 1;
      lines.bytes += length + 1;
    }
    const isOther = url !== null && this.#endpoint !== null && !isSameUrl(url, this.#endpoint);
    if (!isOther || this.#otherEndpoints.length >= MAX_FAULTS) return;
    this.#otherEndpoints.push({
      code: "invalid_url",
      message: `The url '${url.slice(0, 100)}' of this line is not the batch's endpoint '${this.#endpoint ?? ""}'.`,
      param: "url",
      line: number,
    });
  }

  #linesOf(model: string, firstLine: number): ModelLines | undefined {
    const found = this.#models.get(model);
    if (found !== undefined || this.#models.size >= MAX_MODELS) return found;
    const made = { number: this.#models.size, firstLine, lines: 0, bytes: 0 };
    this.#models.set(model, made);
    return made;
  }

  result() {
    return {
      format: this.#format,
      isUniform: this.#isUniform,
      models: Array.from(this.#models, ([name, lines]) => ({ name, ...lines })),
      modelOf: (row: number) => this.#byRow.get(row),
      firstWithoutModel: this.#firstWithoutModel,
      firstUrl: this.#firstUrl,
      breaksIdRule: this.#breaksIdRule,
      otherEndpoints: this.#otherEndpoints,
    };
  }
}

interface ModelLines {
  readonly number: number;
  readonly firstLine: number;
  lines: number;
  bytes: number;
}

/** A small number for each row, in two bytes. */
class RowNumbers {
  #numbers = new Int16Array(4_096);
  #rows = 0;

  add(number: number): void {
    if (this.#rows === this.#numbers.length) {
      const grown = new Int16Array(this.#rows * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.#rows] = number;
    this.#rows += 1;
  }

  get(row: number): number {
    return row < this.#rows ? (this.#numbers[row] ?? -1) : -1;
  }
}

/** Azure's older API leaves the version out. */
function isSameUrl(url: string, endpoint: string): boolean {
  return url === endpoint || `/v1${url}` === endpoint;
}
