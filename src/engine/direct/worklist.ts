import { isUtf8 } from "node:buffer";
import { LineSplitter } from "../../lib/line-splitter.ts";
import type { Checkpoint, OpenLine, Place } from "./checkpoint.ts";
import type { DirectInput } from "./context.ts";

/** A line to be run. */
export interface DirectLine extends OpenLine {
  readonly content:
    | { readonly kind: "text"; readonly text: string }
    /** What is wrong with it, and how it begins. */
    | { readonly kind: "unreadable"; readonly reason: string; readonly head: Buffer };
}

/** The lines that have no result yet, each once, and which of them have been begun. */
export class Worklist {
  readonly #input: DirectInput;
  readonly #maxLineBytes: number;
  /** Begun now, or in an earlier step, and without a durable result. */
  readonly #open: Map<number, OpenLine>;
  #next: number;
  #from: Place;
  #isRead = false;

  constructor(
    checkpoint: Checkpoint,
    { input, maxLineBytes }: { readonly input: DirectInput; readonly maxLineBytes: number },
  ) {
    this.#input = input;
    this.#maxLineBytes = maxLineBytes;
    this.#open = new Map(checkpoint.open.map((entry) => [entry.line, entry]));
    this.#next = checkpoint.next;
    this.#from = checkpoint.from;
  }

  /** Whether every line has a durable result. */
  get isDone(): boolean {
    return this.#isRead && this.#open.size === 0;
  }

  noteAttempts({ line, from }: DirectLine, attempts: number): void {
    this.#open.set(line, { line, from, attempts });
  }

  /** Its result is about to become durable. */
  close(line: DirectLine): void {
    this.#open.delete(line.line);
  }

  state(): Pick<Checkpoint, "next" | "from" | "open"> {
    return { next: this.#next, from: this.#from, open: [...this.#open.values()] };
  }

  /** The input is read from the first byte on that is still wanted, never more than a chunk ahead. */
  async *lines(signal: AbortSignal): AsyncGenerator<DirectLine, void, undefined> {
    const start = this.#firstPlace();
    if (start.offset < this.#input.bytes) {
      const range = { start: start.offset, end: this.#input.bytes - 1 };
      for await (const found of this.#read(await this.#input.open(signal, range), start)) {
        const line = this.#take(found);
        if (line !== null) yield line;
      }
    }
    this.#isRead = true;
  }

  #firstPlace(): Place {
    const places = [this.#from, ...[...this.#open.values()].map(({ from }) => from)];
    return places.reduce((first, place) => (place.offset < first.offset ? place : first));
  }

  /** Null if it has its result. A line counts as begun before anyone sees it. */
  #take({ line, content, at, end }: FoundLine): DirectLine | null {
    const begun = this.#open.get(line);
    if (begun === undefined && line < this.#next) return null;
    const taken = { line, from: at ?? this.#from, attempts: begun?.attempts ?? 0, content };
    this.noteAttempts(taken, taken.attempts);
    if (line >= this.#next) {
      this.#next = line + 1;
      this.#from = end ?? this.#from;
    }
    return taken;
  }

  async *#read(chunks: AsyncIterable<Uint8Array>, start: Place): AsyncGenerator<FoundLine> {
    let found: FoundLine[] = [];
    const isWanted = (line: number) => line >= this.#next || this.#open.has(line);
    const splitter = new LineSplitter(
      (bytes, { number, offset, length }) => {
        const line = start.line + number - 1;
        if (!isWanted(line)) return;
        const at = { line, offset: start.offset + offset };
        const end = { line, offset: at.offset + length };
        found.push({ line, content: contentOf(bytes), at, end });
      },
      this.#maxLineBytes,
      (number, head) => {
        const line = start.line + number - 1;
        if (!isWanted(line)) return;
        const reason = `the line is longer than ${this.#maxLineBytes} bytes`;
        const content = { kind: "unreadable", reason, head: Buffer.from(head) } as const;
        found.push({ line, content, at: null, end: null });
      },
    );
    for await (const chunk of chunks) {
      splitter.push(chunk);
      yield* found;
      found = [];
    }
    splitter.end();
    yield* found;
  }
}

interface FoundLine extends Pick<DirectLine, "line" | "content"> {
  /** Where it begins and ends; null where that isn't known. */
  readonly at: Place | null;
  readonly end: Place | null;
}

function contentOf(bytes: Buffer): DirectLine["content"] {
  if (isUtf8(bytes)) return { kind: "text", text: bytes.toString("utf8") };
  return { kind: "unreadable", reason: "the line is not valid UTF-8", head: Buffer.from(bytes) };
}
