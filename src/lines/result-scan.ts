import type { ResultFacts } from "../core/translation.ts";
import { LineSplitter } from "../lib/line-splitter.ts";
import { memberString } from "../lib/member-string.ts";
import { endingOf } from "./identity-map.ts";
import type { LineIndex } from "./line-index.ts";

/** What went wrong in a provider's results, in numbers. */
export interface ScanFaults {
  /** Lines for a custom_id that had a line before. */
  readonly doubled: number;
  /** Lines whose custom_id isn't in the input. */
  readonly foreign: number;
  /** Input lines without a result. */
  readonly missing: number;
}

interface WatchOptions {
  /** Of an output file all lines succeeded. */
  readonly role: "output" | "error";
  readonly onLines: (lines: number) => void;
}

/** How lines that didn't succeed ended. */
export interface Endings {
  readonly errored: number;
  readonly canceled: number;
  readonly expired: number;
}

/** Remembers, in a bit a line, which input lines have had their result. */
export class ResultScan {
  readonly #index: LineIndex;
  readonly #seen: Uint8Array;
  readonly #maxLineBytes: number;
  #answered = 0;
  #doubled = 0;
  #foreign = 0;
  readonly endings = { errored: 0, canceled: 0, expired: 0 };

  constructor(index: LineIndex, maxLineBytes: number) {
    this.#index = index;
    this.#seen = new Uint8Array(Math.ceil(index.lines / 8));
    this.#maxLineBytes = maxLineBytes;
  }

  get faults(): ScanFaults {
    return {
      doubled: this.#doubled,
      foreign: this.#foreign,
      missing: this.#index.lines - this.#answered,
    };
  }

  /** The row of the input line of which this is the one result, and counts it; -1 if it is none's or not the first. */
  accept({ customId, line }: Pick<ResultFacts, "customId" | "line">): number {
    const row = this.#rowOf(customId, line);
    if (row === -1) {
      this.#foreign += 1;
      return -1;
    }
    if (this.has(row)) {
      this.#doubled += 1;
      return -1;
    }
    this.#seen[row >> 3] = (this.#seen[row >> 3] ?? 0) | (1 << (row & 7));
    this.#answered += 1;
    return row;
  }

  has(row: number): boolean {
    return ((this.#seen[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
  }

  /** Passes chunks of OpenAI's result lines on untouched while it reads them; `onLines` gets their number at the end. */
  async *watch(
    chunks: AsyncIterable<Uint8Array>,
    { role, onLines }: WatchOptions,
  ): AsyncGenerator<Uint8Array> {
    let lines = 0;
    const seen = (line: Buffer) => {
      lines += 1;
      const row = this.accept({ customId: memberString(line, "custom_id"), line: null });
      if (row !== -1 && role === "error") this.endings[endingOf(line)] += 1;
    };
    // Of a line that is too long to hold the head is enough: it has the id.
    const tooLong = (_number: number, head: Buffer) => seen(head);
    const splitter = new LineSplitter(seen, this.#maxLineBytes, tooLong);
    for await (const chunk of chunks) {
      splitter.push(chunk);
      yield chunk;
    }
    splitter.end();
    onLines(lines);
  }

  #rowOf(customId: string | null, line: number | null): number {
    if (customId !== null) return this.#index.find(customId);
    return line === null ? -1 : this.#index.findNumber(line);
  }
}

/** Counts lines of chunks that pass, where there is no index to check them against. */
export async function* countLines(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly maxLineBytes: number; readonly onLines: (lines: number) => void },
): AsyncGenerator<Uint8Array> {
  let lines = 0;
  const count = () => {
    lines += 1;
  };
  const splitter = new LineSplitter(count, options.maxLineBytes, count);
  for await (const chunk of chunks) {
    splitter.push(chunk);
    yield chunk;
  }
  splitter.end();
  options.onLines(lines);
}
