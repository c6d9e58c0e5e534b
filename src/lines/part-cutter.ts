const NEWLINE = 0x0a;

/** What one Part may hold. */
export interface PartLimits {
  readonly lines: number;
  readonly bytes: number;
}

/** Whole lines, and how many. */
export interface LineChunk {
  readonly bytes: Uint8Array;
  readonly lines: number;
}

/** Deals a stream of whole lines out in Parts: each is read to its end before the next is asked for. */
export class PartCutter {
  readonly #source: AsyncIterator<LineChunk>;
  readonly #limits: PartLimits;
  #rest: LineChunk | null = null;

  constructor(source: AsyncIterable<LineChunk>, limits: PartLimits) {
    this.#source = source[Symbol.asyncIterator]();
    this.#limits = limits;
  }

  /** False once everything was dealt out. */
  async hasMore(): Promise<boolean> {
    return (await this.#peek()) !== null;
  }

  /** The next Part's bytes; `onEnd` gets how many lines it has. A line larger than a Part may be is a Part of its own. */
  async *part(onEnd: (lines: number) => void): AsyncGenerator<Uint8Array> {
    let lines = 0;
    let bytes = 0;
    for (let chunk = await this.#peek(); chunk !== null; chunk = await this.#peek()) {
      const room = {
        lines: this.#limits.lines - lines,
        bytes: this.#limits.bytes - bytes,
        isFirst: lines === 0,
      };
      const fits = fitting(chunk, room);
      if (fits.bytes > 0) {
        lines += fits.lines;
        bytes += fits.bytes;
        const isAll = fits.bytes === chunk.bytes.length;
        const rest = { bytes: chunk.bytes.subarray(fits.bytes), lines: chunk.lines - fits.lines };
        this.#rest = isAll ? null : rest;
        yield isAll ? chunk.bytes : chunk.bytes.subarray(0, fits.bytes);
      }
      if (this.#rest !== null) break;
    }
    onEnd(lines);
  }

  async #peek(): Promise<LineChunk | null> {
    while (this.#rest === null) {
      const next = await this.#source.next();
      if (next.done === true) return null;
      if (next.value.bytes.length > 0) this.#rest = next.value;
    }
    return this.#rest;
  }
}

/** How much of a chunk still goes into a Part, by whole lines. */
function fitting(
  chunk: LineChunk,
  room: PartLimits & { readonly isFirst: boolean },
): { readonly lines: number; readonly bytes: number } {
  const { bytes } = chunk;
  if (bytes.length <= room.bytes && chunk.lines <= room.lines) {
    return { lines: chunk.lines, bytes: bytes.length };
  }
  let lines = 0;
  let end = 0;
  while (end < bytes.length && lines < room.lines) {
    const newline = bytes.indexOf(NEWLINE, end);
    const next = newline === -1 ? bytes.length : newline + 1;
    if (next > room.bytes && !(room.isFirst && lines === 0)) break;
    lines += 1;
    end = next;
  }
  return { lines, bytes: end };
}
