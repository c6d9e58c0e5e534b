import { LineSplitter } from "../lib/line-splitter.ts";
import { memberString } from "../lib/member-string.ts";
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

/** Watches result lines go by and remembers, in a bit a line, which input lines have had theirs. */
export class ResultScan {
  readonly #index: LineIndex;
  readonly #seen: Uint8Array;
  readonly #maxLineBytes: number;
  #answered = 0;
  #doubled = 0;
  #foreign = 0;

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

  /** Whether this is the one result of an input line; counts it if so. */
  accept(line: Buffer): boolean {
    const customId = memberString(line, "custom_id");
    const number = customId === null ? -1 : this.#index.find(customId);
    if (number === -1) {
      this.#foreign += 1;
      return false;
    }
    if (this.has(number)) {
      this.#doubled += 1;
      return false;
    }
    this.#seen[number >> 3] = (this.#seen[number >> 3] ?? 0) | (1 << (number & 7));
    this.#answered += 1;
    return true;
  }

  has(number: number): boolean {
    return ((this.#seen[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  /** Passes chunks on untouched while it reads them; `onLines` gets the number of lines at the end. */
  async *watch(
    chunks: AsyncIterable<Uint8Array>,
    onLines: (lines: number) => void,
  ): AsyncGenerator<Uint8Array> {
    let lines = 0;
    const seen = (line: Buffer) => {
      lines += 1;
      this.accept(line);
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
