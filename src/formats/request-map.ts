import type { Format } from "../core/format.ts";
import { childPath, ROOT } from "../core/json-path.ts";
import type { LineError } from "../core/lines.ts";
import type {
  LineMap,
  MapOptions,
  MappedLine,
  RequestMapper,
  TranslationReport,
} from "../core/translation.ts";
import { LineContext } from "./line-context.ts";
import { toLineError } from "./line-errors.ts";
import { readFields } from "./line-fields.ts";
import { isBlank, LineReader } from "./line-reader.ts";
import { hasWholeTexts } from "./long-texts.ts";
import { ReportCounts, withoutPositions } from "./report.ts";
import { type Sides, translateRequest } from "./request-translation.ts";
import { isSameBody } from "./same-body.ts";

/** Maps request lines of any of the formats to those of a target. */
export function createRequestMapper(formats: readonly Format[]): RequestMapper {
  return (from, to, options) =>
    options.hasMixedLines !== true && isSameBody(from, to)
      ? null
      : new RequestMap({ from, to }, formats, options);
}

function sameModel(model: string): string {
  return model;
}

class RequestMap implements LineMap {
  readonly #sides: Sides;
  readonly #options: MapOptions;
  readonly #reader: LineReader;
  readonly #context: LineContext;
  readonly #counts = new ReportCounts();
  /** Of the line at hand, as soon as it's known. */
  #customId: string | null = null;

  constructor(sides: Sides, formats: readonly Format[], options: MapOptions) {
    this.#sides = sides;
    this.#options = options;
    this.#reader = new LineReader(formats, sides.from.format, "request");
    this.#context = new LineContext(options, options.mode);
  }

  map(text: string, line: number): MappedLine {
    if (isBlank(text)) return { kind: "lines", lines: [] };
    this.#begin();
    try {
      return this.#succeed(this.#translate(text, line), line);
    } catch (error) {
      const customId = this.#customId ?? this.#reader.findCustomId(Buffer.from(text));
      return this.#fail(customId, toLineError(error, { line, bodyPath: this.#context.bodyPath }));
    }
  }

  mapLifted(text: string, line: number): MappedLine | null {
    this.#begin();
    this.#context.isLifted = true;
    try {
      const lines = this.#translate(text, line);
      if (lines.every(hasWholeTexts)) return this.#succeed(lines, line);
    } catch {
      // What is wrong with the line is said of the whole one.
    }
    this.#context.settle(null, line);
    return null;
  }

  reject(line: number, error: LineError, head: Uint8Array): MappedLine {
    return this.#fail(this.#reader.findCustomId(head), { ...error, line });
  }

  end(): readonly MappedLine[] {
    return [];
  }

  report(): TranslationReport {
    return this.#counts.report();
  }

  #begin(): void {
    this.#customId = null;
    this.#context.bodyPath = "";
    this.#context.isLifted = false;
  }

  #succeed(lines: readonly string[], line: number): MappedLine {
    this.#counts.addLine();
    this.#context.settle(this.#counts, line);
    return { kind: "lines", lines };
  }

  #translate(text: string, line: number): readonly string[] {
    const found = this.#reader.read(text);
    const { requestLine } = found.format;
    const request = requestLine.parse(readFields(found.object), line);
    this.#customId = request.customId;
    for (const key of found.keys) {
      if (requestLine.keys?.includes(key) !== false) continue;
      this.#context.warn(childPath(ROOT, key), "the target's lines have no such key");
    }
    return translateRequest(found, request, {
      sides: this.#sides,
      context: this.#context,
      ids: this.#options.ids,
      renameModel: this.#options.renameModel ?? sameModel,
    });
  }

  #fail(customId: string | null, error: LineError): MappedLine {
    const line = error.line ?? 0;
    this.#counts.addLine();
    this.#context.settle(null, line);
    this.#counts.addFailure(line, withoutPositions(error.path ?? ""), error.code ?? error.type);
    return { kind: "failed", customId, error };
  }
}
