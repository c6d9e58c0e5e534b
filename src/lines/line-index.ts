import { hash } from "node:crypto";
import type { Readable } from "node:stream";

/** 8 bytes of the id's hash, 8 of the line's offset, 4 of its length, 4 of its number. */
const ROW_BYTES = 24;
const ROWS_PER_CHUNK = 4_096;

/**
 * Where each line of a File lies and which id it has: 24 bytes a line, so a million lines are 24 MB. Rows count from 0 and
 * leave blank lines out; numbers count from 1, blank lines included.
 */
export interface LineIndex {
  readonly lines: number;
  /** The row with this id; -1 if there is none. Of equal ids, the first. */
  find(customId: string): number;
  /** The row of the line with this number, where it is known by that; -1 if it has an id, is blank, or beyond the end. */
  findNumber(number: number): number;
  /** Where a line lies in the file. */
  position(row: number): LinePosition;
  /** Rows whose id another row before them has, the first hundred of them. */
  readonly doubled: readonly number[];
}

export interface LinePosition {
  readonly number: number;
  readonly offset: number;
  readonly length: number;
}

/** Gathers an index while its file is read. */
export class LineIndexBuilder {
  readonly #chunks: Buffer[] = [];
  #chunk = Buffer.alloc(0);
  #used = 0;

  /** A line without an id is known by its number. */
  add(customId: string | null, { number, offset, length }: LinePosition): void {
    if (this.#used === this.#chunk.length) {
      this.#chunk = Buffer.alloc(ROWS_PER_CHUNK * ROW_BYTES);
      this.#chunks.push(this.#chunk);
      this.#used = 0;
    }
    const chunk = this.#chunk;
    hashOf(customId ?? `\0${number}`).copy(chunk, this.#used, 0, 8);
    chunk.writeDoubleLE(offset, this.#used + 8);
    chunk.writeUInt32LE(length, this.#used + 16);
    chunk.writeUInt32LE(number, this.#used + 20);
    this.#used += ROW_BYTES;
  }

  /** The index as it is stored. */
  finish(): Buffer {
    const last = this.#chunks.pop();
    const rest = last === undefined ? [] : [last.subarray(0, this.#used)];
    return Buffer.concat([...this.#chunks, ...rest]);
  }
}

export async function loadLineIndex(content: Readable): Promise<LineIndex> {
  const chunks: Uint8Array[] = [];
  // An index is 24 bytes a line, made by us: holding it whole is the point of it.
  for await (const chunk of content) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return readLineIndex(Buffer.concat(chunks));
}

function hashOf(customId: string): Buffer {
  return hash("sha1", customId, "buffer");
}

const MAX_DOUBLED = 100;

export function readLineIndex(bytes: Buffer): LineIndex {
  const lines = Math.floor(bytes.length / ROW_BYTES);
  const doubled: number[] = [];
  // Open addressing at half load: slot → row + 1, 0 is empty.
  let size = 16;
  while (size < lines * 2) size *= 2;
  const slots = new Uint32Array(size);
  const mask = size - 1;
  const isRow = (row: number, id: Buffer) =>
    bytes.compare(id, 0, 8, row * ROW_BYTES, row * ROW_BYTES + 8) === 0;
  const seek = (id: Buffer): { readonly slot: number; readonly row: number } => {
    let slot = id.readUInt32LE(0) & mask;
    for (;;) {
      const row = (slots[slot] ?? 0) - 1;
      if (row === -1 || isRow(row, id)) return { slot, row };
      slot = (slot + 1) & mask;
    }
  };
  for (let row = 0; row < lines; row += 1) {
    const id = bytes.subarray(row * ROW_BYTES, row * ROW_BYTES + 8);
    const found = seek(id);
    if (found.row === -1) slots[found.slot] = row + 1;
    else if (doubled.length < MAX_DOUBLED) doubled.push(row);
  }
  const numberOf = (row: number) => bytes.readUInt32LE(row * ROW_BYTES + 20);
  return {
    lines,
    doubled,
    find: (customId) => seek(hashOf(customId)).row,
    findNumber: (number) => seek(hashOf(`\0${number}`)).row,
    position: (row) => ({
      number: numberOf(row),
      offset: bytes.readDoubleLE(row * ROW_BYTES + 8),
      length: bytes.readUInt32LE(row * ROW_BYTES + 16),
    }),
  };
}
