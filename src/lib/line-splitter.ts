const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** Receives one line without its newline and surrounding white space. `offset` and `length` say where it lies in the stream. */
export type OnLine = (line: Buffer, position: LinePosition) => void;

export interface LinePosition {
  /** Counts from 1; blank lines count too, so that it is the number an editor shows. */
  readonly number: number;
  readonly offset: number;
  readonly length: number;
}

export class LineTooLongError extends Error {
  override readonly name = "LineTooLongError";
  readonly line: number;

  constructor(line: number, maxLineBytes: number) {
    super(`line ${line} is longer than ${maxLineBytes} bytes`);
    this.line = line;
  }
}

/** Receives the number of a line that is too long, and how it begins. */
export type OnTooLong = (number: number, head: Buffer) => void;

/** Enough for a custom id. */
const HEAD_BYTES = 4_096;

/**
 * Cuts a stream of chunks into lines. Blank lines, CRLF, white space around a line and a BOM at the start are left out of
 * what `onLine` sees. A line that lies within one chunk is handed over without a copy, so it is valid only during the call; nothing of
 * a chunk is kept that isn't copied.
 * With `onTooLong`, a line that is too long is skipped; without it, it's the end.
 */
export class LineSplitter {
  readonly #onLine: OnLine;
  readonly #maxLineBytes: number;
  readonly #onTooLong: OnTooLong | null;
  /** Within a line that is too long, whose rest is skipped. */
  #isSkipping = false;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #lineStart = 0;
  #number = 1;

  constructor(onLine: OnLine, maxLineBytes: number, onTooLong: OnTooLong | null = null) {
    this.#onLine = onLine;
    this.#maxLineBytes = maxLineBytes;
    this.#onTooLong = onTooLong;
  }

  /** Throws `LineTooLongError`. */
  push(chunk: Uint8Array): void {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    let newline = buffer.indexOf(NEWLINE, start);
    while (newline !== -1) {
      this.#endLine(buffer, start, newline);
      this.#lineStart += newline - start + 1;
      this.#number += 1;
      start = newline + 1;
      newline = buffer.indexOf(NEWLINE, start);
    }
    if (start === buffer.length) return;
    const rest = buffer.subarray(start);
    this.#lineStart += rest.length;
    if (this.#isSkipping) return;
    this.#pendingBytes += rest.length;
    this.#pending.push(Buffer.from(rest));
    if (this.#pendingBytes <= this.#maxLineBytes) return;
    this.#refuse(this.#pending);
    this.#isSkipping = true;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** The last line may lack its newline. */
  end(): void {
    if (this.#pendingBytes > 0) this.#endLine(Buffer.alloc(0), 0, 0);
  }

  #refuse(pieces: readonly Buffer[]): void {
    if (this.#onTooLong === null) throw new LineTooLongError(this.#number, this.#maxLineBytes);
    // No more than is there however the stream was cut.
    const headBytes = Math.min(HEAD_BYTES, this.#maxLineBytes);
    this.#onTooLong(this.#number, Buffer.concat(pieces, headBytes));
  }

  /** `from` to `to` of `buffer` is the line's end, and all of it if nothing is pending. */
  #endLine(buffer: Buffer, from: number, to: number): void {
    if (this.#isSkipping) {
      this.#isSkipping = false;
      return;
    }
    if (this.#pending.length === 0) {
      this.#emit(buffer, { from, to, offset: this.#lineStart });
      return;
    }
    const offset = this.#lineStart - this.#pendingBytes;
    const pieces = from === to ? this.#pending : [...this.#pending, buffer.subarray(from, to)];
    this.#pending = [];
    this.#pendingBytes = 0;
    const [only] = pieces;
    const line = pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
    this.#emit(line, { from: 0, to: line.length, offset });
  }

  #emit(buffer: Buffer, place: LinePlace): void {
    let { from, to, offset } = place;
    if (to - from > this.#maxLineBytes) {
      this.#refuse([buffer.subarray(from, to)]);
      return;
    }
    if (offset === 0 && hasBom(buffer, from)) {
      from += 3;
      offset += 3;
    }
    const start = from;
    while (from < to && isBlank(buffer[from])) from += 1;
    while (to > from && isBlank(buffer[to - 1])) to -= 1;
    if (from >= to) return;
    this.#onLine(buffer.subarray(from, to), {
      number: this.#number,
      offset: offset + from - start,
      length: to - from,
    });
  }
}

/** Of a line in a buffer; `offset` is where it begins in the stream. */
interface LinePlace {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

function hasBom(buffer: Buffer, at: number): boolean {
  return buffer[at] === 0xef && buffer[at + 1] === 0xbb && buffer[at + 2] === 0xbf;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN;
}
