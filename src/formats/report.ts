import type { Usage } from "../core/batch.ts";
import type { Usage as ChatUsage } from "../core/chat-response.ts";
import type { FieldReport, TranslationReport } from "../core/translation.ts";

const MAX_FIELDS = 200;
const MAX_LINE_NUMBERS = 10;

const NOTHING: Usage = {
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
};

/** Counts what happened to the lines of one file. Its size doesn't grow with the file. */
export class ReportCounts {
  readonly #warnings = new FieldCounts();
  readonly #errors = new FieldCounts();
  #usage: Usage | null = null;
  #lines = 0;
  #failedLines = 0;

  addLine(): void {
    this.#lines += 1;
  }

  addWarning(line: number, field: string, reason: string): void {
    this.#warnings.add(line, field, reason);
  }

  addUsage(usage: ChatUsage): void {
    const sum = this.#usage ?? NOTHING;
    this.#usage = {
      inputTokens: sum.inputTokens + usage.inputTokens,
      cachedTokens: sum.cachedTokens + (usage.cacheReadTokens ?? 0),
      outputTokens: sum.outputTokens + usage.outputTokens,
      reasoningTokens: sum.reasoningTokens + (usage.reasoningTokens ?? 0),
      totalTokens: sum.totalTokens + usage.totalTokens,
    };
  }

  addFailure(line: number, field: string, reason: string): void {
    this.#failedLines += 1;
    this.#errors.add(line, field, reason);
  }

  report(): TranslationReport {
    return {
      lines: this.#lines,
      failedLines: this.#failedLines,
      usage: this.#usage,
      warnings: this.#warnings.list(),
      errors: this.#errors.list(),
    };
  }
}

/** The same place in every line: `body.messages[3].name` → `body.messages[].name`. */
export function withoutPositions(path: string): string {
  return path.replaceAll(/\[\d+\]/g, "[]");
}

interface OpenCount {
  readonly field: string;
  readonly reason: string;
  readonly lineNumbers: number[];
  count: number;
  lastLine: number;
}

class FieldCounts {
  readonly #byField = new Map<string, Map<string, OpenCount>>();
  #others: OpenCount | null = null;
  #size = 0;

  add(line: number, field: string, reason: string): void {
    const counted = this.#byField.get(field)?.get(reason) ?? this.#open(field, reason);
    if (counted.lastLine === line) return;
    counted.lastLine = line;
    counted.count += 1;
    if (counted.lineNumbers.length < MAX_LINE_NUMBERS) counted.lineNumbers.push(line);
  }

  #open(field: string, reason: string): OpenCount {
    if (this.#size >= MAX_FIELDS) {
      this.#others ??= openCount("*", `fields beyond the first ${MAX_FIELDS}`);
      return this.#others;
    }
    this.#size += 1;
    const opened = openCount(field, reason);
    const byReason = this.#byField.get(field);
    if (byReason === undefined) this.#byField.set(field, new Map([[reason, opened]]));
    else byReason.set(reason, opened);
    return opened;
  }

  list(): FieldReport[] {
    const counts = [...this.#byField.values()].flatMap((byReason) => [...byReason.values()]);
    if (this.#others !== null) counts.push(this.#others);
    return counts.map(({ field, reason, count, lineNumbers }) => ({
      field,
      reason,
      count,
      lineNumbers: [...lineNumbers],
    }));
  }
}

function openCount(field: string, reason: string): OpenCount {
  return { field, reason, lineNumbers: [], count: 0, lastLine: 0 };
}
