import type { Readable } from "node:stream";
import { idHash } from "../lib/id-hash.ts";

/** What is kept of a line: 8 bytes of its id's hash. */
const ROW_BYTES = 8;
const ROWS_PER_CHUNK = 4_096;
const MAX_DOUBLED = 100;
const FIRST_SLOTS = 4_096;

/**
 * Which line of a File has an id: 8 bytes a line as stored, and up to 16 more to find them, so a million lines are 16 MB in
 * memory. Rows count from 0 and leave blank lines out; numbers count from 1, blank lines included.
 */
export interface LineIndex {
  readonly lines: number;
  /** The row with this id; -1 if there is none. Of equal ids, the first. */
  find(customId: string): number;
  /** The row of the line with this number, where it is known by that; -1 if it has an id, is blank, or beyond the end. */
  findNumber(number: number): number;
}

/** Gathers an index while its file is read. */
export class LineIndexBuilder implements LineIndex {
  readonly #chunks: Buffer[] = [];
  /** Open addressing, at most half of it used: a row and 1; 0 is empty. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #lines = 0;
  readonly #doubled: number[] = [];

  get lines(): number {
    return this.#lines;
  }

  /** Numbers of lines whose id another line before them has, the first hundred of them. */
  get doubled(): readonly number[] {
    return this.#doubled;
  }

  /** A line without an id is known by its number. */
  add(customId: string | null, number: number): void {
    const { low, high } = idHash(customId ?? nameless(number));
    if (!this.#insert(low, high) && this.#doubled.length < MAX_DOUBLED) this.#doubled.push(number);
  }

  find(customId: string): number {
    const { low, high } = idHash(customId);
    return (this.#slots[this.#slotOf(low, high)] ?? 0) - 1;
  }

  findNumber(number: number): number {
    return this.find(nameless(number));
  }

  /** The index as it is stored. */
  async *stored(): AsyncGenerator<Uint8Array> {
    for (const [at, chunk] of this.#chunks.entries()) {
      const rows = Math.min(ROWS_PER_CHUNK, this.#lines - at * ROWS_PER_CHUNK);
      yield await Promise.resolve(chunk.subarray(0, rows * ROW_BYTES));
    }
  }

  /** Bytes of a stored index, from its beginning on; returns those of a row that isn't whole. */
  load(bytes: Buffer): Buffer {
    const whole = bytes.length - (bytes.length % ROW_BYTES);
    for (let at = 0; at < whole; at += ROW_BYTES) {
      this.#insert(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4));
    }
    return bytes.subarray(whole);
  }

  /** False where a row before it has the same. */
  #insert(low: number, high: number): boolean {
    if ((this.#lines + 1) * 2 > this.#slots.length) this.#grow();
    const row = this.#lines;
    const at = row % ROWS_PER_CHUNK;
    if (at === 0) this.#chunks.push(Buffer.alloc(ROWS_PER_CHUNK * ROW_BYTES));
    const chunk = this.#chunks.at(-1);
    chunk?.writeUInt32LE(low, at * ROW_BYTES);
    chunk?.writeUInt32LE(high, at * ROW_BYTES + 4);
    this.#lines += 1;
    const slot = this.#slotOf(low, high);
    if (this.#slots[slot] !== 0) return false;
    this.#slots[slot] = row + 1;
    return true;
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let row = 0; row < this.#lines; row += 1) {
      const slot = this.#slotOf(this.#word(row, 0), this.#word(row, 4));
      if (this.#slots[slot] === 0) this.#slots[slot] = row + 1;
    }
  }

  /** Where a hash is, or would be: there is always an empty slot. */
  #slotOf(low: number, high: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = high & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row === -1 || (this.#word(row, 0) === low && this.#word(row, 4) === high)) return slot;
    }
  }

  #word(row: number, at: 0 | 4): number {
    const chunk = this.#chunks[Math.floor(row / ROWS_PER_CHUNK)];
    return chunk?.readUInt32LE((row % ROWS_PER_CHUNK) * ROW_BYTES + at) ?? 0;
  }
}

/** No line that has an id is known by this: it would be an id that begins with NUL. */
function nameless(number: number): string {
  return `\0${number}`;
}

export async function loadLineIndex(content: Readable): Promise<LineIndex> {
  const index = new LineIndexBuilder();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of content) {
    if (!(chunk instanceof Uint8Array)) continue;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    rest = index.load(rest.length === 0 ? bytes : Buffer.concat([rest, bytes]));
  }
  return index;
}
