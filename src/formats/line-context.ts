import { CodecError } from "../core/codec-error.ts";
import type { EmbeddingWriteContext } from "../core/format.ts";
import { fieldText, type JsonPath } from "../core/json-path.ts";
import type { MapOptions } from "../core/translation.ts";
import type { TranslationMode, Where } from "../core/write-context.ts";
import { joinPath } from "./line-errors.ts";
import { hasMark, HiddenTextError } from "./long-texts.ts";
import type { ReportCounts } from "./report.ts";

/** How a source codec spells the hub's settings. */
type FieldNames = Readonly<Partial<Record<string, string>>>;

interface Warning {
  readonly where: Where;
  readonly reason: string;
  readonly bodyPath: string;
}

/** What writers see, for one file; what it says of the line at hand is set before each. */
export class LineContext implements EmbeddingWriteContext {
  readonly isBatch: boolean;
  readonly nowSeconds: () => number;
  readonly newId: (prefix: string) => string;
  readonly #mode: TranslationMode;
  model: string | null = null;
  encoding: "float" | "base64" = "float";
  fieldNames: FieldNames = {};
  /** What goes before the paths of warnings and errors; empty while the envelope is read. */
  bodyPath = "";
  /** Marks stand in the line for its long texts. */
  isLifted = false;
  /** Of the line at hand. */
  #warnings: Warning[] = [];

  constructor(
    options: Pick<MapOptions, "isBatch" | "nowSeconds" | "newId">,
    mode: TranslationMode,
  ) {
    this.isBatch = options.isBatch;
    this.nowSeconds = () => options.nowSeconds();
    this.newId = (prefix) => options.newId(prefix);
    this.#mode = mode;
  }

  warn(where: Where, reason: string): void {
    if (this.#mode === "strict") throw this.untranslatable(where, reason);
    this.#warnings.push({ where, reason, bodyPath: this.bodyPath });
  }

  /** At the end of a line. What was left out of a line that failed isn't counted: the line wasn't sent. */
  settle(counts: ReportCounts | null, line: number): void {
    if (this.#warnings.length === 0) return;
    const warnings = this.#warnings;
    this.#warnings = [];
    if (counts === null) return;
    for (const { where, reason, bodyPath } of warnings) {
      const spelled = this.#spelled(where);
      const field = typeof spelled === "string" ? spelled : fieldText(spelled);
      counts.addWarning(line, joinPath(bodyPath, field), reason);
    }
  }

  untranslatable(where: Where, message: string): CodecError {
    return new CodecError("untranslatable", this.#spelled(where), message);
  }

  reveal(text: string): string {
    if (this.isLifted && hasMark(text)) this.needWhole();
    return text;
  }

  /** Ends the translation of a line with marks; nothing may have been remembered of it. */
  needWhole(): void {
    if (this.isLifted) throw new HiddenTextError();
  }

  #spelled(where: Where): JsonPath | string {
    return typeof where === "string" ? (this.fieldNames[where] ?? where) : where;
  }
}
