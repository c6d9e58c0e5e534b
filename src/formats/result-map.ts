import type { Format } from "../core/format.ts";
import type { Usage } from "../core/chat-response.ts";
import type { LineError, LineOutcome, ResultLine } from "../core/lines.ts";
import type {
  LineMap,
  LineOrigin,
  MapOptions,
  MappedLine,
  ResultFacts,
  ResultMapper,
  TranslationReport,
} from "../core/translation.ts";
import { EmbeddingJoiner, type PendingLine } from "./join-embeddings.ts";
import { LineContext } from "./line-context.ts";
import { toLineError } from "./line-errors.ts";
import { readFields } from "./line-fields.ts";
import { type FoundLine, isBlank, LineReader } from "./line-reader.ts";
import { hasWholeTexts } from "./long-texts.ts";
import { ReportCounts, withoutPositions } from "./report.ts";
import type { Sides } from "./request-translation.ts";
import { notJoined, ofPiece, unreadable } from "./result-errors.ts";
import { cutResult, translateOutcome } from "./result-translation.ts";
import { isSameBody } from "./same-body.ts";

const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** Maps result lines to those of a target, under the ids that the client wrote. */
export function createResultMapper(formats: readonly Format[]): ResultMapper {
  return (from, to, options) => {
    const isPlain = options.hasMixedLines !== true && options.ids.isPlain;
    // A target's model only stands in for results that name none.
    if (isPlain && isSameBody(from, { ...to, model: null })) return null;
    return new ResultMap({ from, to }, formats, options);
  };
}

class ResultMap implements LineMap {
  readonly #sides: Sides;
  readonly #options: MapOptions;
  readonly #reader: LineReader;
  readonly #context: LineContext;
  readonly #counts = new ReportCounts();
  readonly #joiner: EmbeddingJoiner;
  /** What came of the line at hand, not yet taken. */
  #lines: string[] = [];
  #facts: ResultFacts[] = [];
  /** Of the line at hand: a line that is translated twice counts once. */
  #usages: Usage[] = [];
  /** Of the line at hand, as soon as it's known. */
  #origin: LineOrigin | null = null;

  constructor(sides: Sides, formats: readonly Format[], options: MapOptions) {
    this.#sides = sides;
    this.#options = options;
    this.#reader = new LineReader(formats, sides.from.format, "result");
    this.#context = new LineContext(options, "warn");
    this.#joiner = new EmbeddingJoiner(options.maxPendingBytes ?? MAX_PENDING_BYTES);
  }

  map(text: string, line: number): MappedLine {
    if (isBlank(text)) return this.#take();
    this.#begin();
    try {
      this.#translate(text, line);
      return this.#succeed(line);
    } catch (error) {
      const place = { line: undefined, bodyPath: this.#context.bodyPath };
      this.#fail(line, toLineError(error, place), Buffer.from(text));
      return this.#take();
    }
  }

  mapLifted(text: string, line: number): MappedLine | null {
    this.#begin();
    this.#context.isLifted = true;
    try {
      this.#translate(text, line);
      if (this.#lines.every(hasWholeTexts)) return this.#succeed(line);
    } catch {
      // What is wrong with the line is said of the whole one.
    }
    this.#context.settle(null, line);
    return null;
  }

  reject(line: number, error: LineError, head: Uint8Array): MappedLine {
    this.#begin();
    this.#fail(line, error, head);
    return this.#take();
  }

  end(): readonly MappedLine[] {
    return this.#joiner.rest().map((pending) => {
      this.#writeUnjoined(pending, "missing");
      return this.#take();
    });
  }

  report(): TranslationReport {
    return this.#counts.report();
  }

  #begin(): void {
    this.#lines = [];
    this.#facts = [];
    this.#usages = [];
    this.#origin = null;
    this.#context.bodyPath = "";
    this.#context.isLifted = false;
  }

  #succeed(line: number): MappedLine {
    this.#counts.addLine();
    for (const usage of this.#usages) this.#counts.addUsage(usage);
    this.#context.settle(this.#counts, line);
    return this.#take();
  }

  #translate(text: string, line: number): void {
    const found = this.#reader.read(text);
    const result = found.format.resultLine.parse(readFields(found.object), line);
    const origin = this.#originOf(result.customId, line);
    this.#origin = origin;
    // A piece is remembered, so its line is read only once.
    if (origin.piece !== null) this.#context.needWhole();
    const outcome = translateOutcome(found, result, {
      sides: this.#sides,
      context: this.#context,
      joiner: this.#joiner,
      addUsage: (usage) => this.#usages.push(usage),
      origin,
    });
    if (outcome !== null) this.#write(found, result, { origin, outcome });
    for (let over = this.#joiner.overflow(); over !== null; over = this.#joiner.overflow()) {
      this.#writeUnjoined(over, "not_joined");
    }
  }

  #originOf(targetId: string | null, line: number): LineOrigin {
    const unknown = { customId: targetId, line, piece: null, encoding: "float" } as const;
    if (targetId === null) return unknown;
    const origin = this.#options.ids.toSource(targetId);
    const { piece } = origin;
    return piece === null || (piece.index >= 0 && piece.index < piece.count) ? origin : unknown;
  }

  /** The line's own id and the repeated request mean something only to readers of the same format. */
  #write(found: FoundLine, result: ResultLine, { origin, outcome }: EndedLine): void {
    const { format } = this.#sides.to;
    const isSameFormat = found.format.name === format.name;
    const text = format.resultLine.write({
      line: origin.line ?? result.line,
      customId: origin.customId,
      id: isSameFormat ? result.id : null,
      outcome,
      input: isSameFormat ? cutResult(found, result).input : undefined,
    });
    this.#made(text, origin, outcome.kind);
  }

  #writeError(line: number, origin: LineOrigin, error: LineError): void {
    const text = this.#sides.to.format.resultLine.write({
      line: origin.line ?? line,
      customId: origin.customId,
      id: null,
      outcome: { kind: "errored", requestId: null, error },
    });
    this.#made(text, origin, "errored");
  }

  #made(text: string, { customId, line }: LineOrigin, outcome: LineOutcome["kind"]): void {
    this.#lines.push(text);
    this.#facts.push({ customId, line, outcome });
  }

  #take(): MappedLine {
    const taken = { kind: "lines", lines: this.#lines, facts: this.#facts } as const;
    this.#lines = [];
    this.#facts = [];
    return taken;
  }

  #writeUnjoined(pending: PendingLine, code: "missing" | "not_joined"): void {
    this.#writeError(0, pending.origin, notJoined(pending, code));
  }

  #fail(line: number, error: LineError, head: Uint8Array): void {
    const origin = this.#origin ?? this.#originOf(this.#reader.findCustomId(head), line);
    this.#counts.addLine();
    this.#context.settle(null, line);
    this.#counts.addFailure(line, withoutPositions(error.path ?? ""), error.code ?? error.type);
    if (origin.piece !== null && !this.#joiner.end(origin)) return;
    this.#writeError(line, origin, ofPiece(unreadable(error), origin.piece));
  }
}

interface EndedLine {
  readonly origin: LineOrigin;
  readonly outcome: LineOutcome;
}
