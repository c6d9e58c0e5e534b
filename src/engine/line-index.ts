import { hash } from "node:crypto";
import type { Readable } from "node:stream";
import type { BlobStore } from "../core/blobs.ts";
import { splitLines } from "../lib/line-splitter.ts";
import { memberString } from "../lib/member-string.ts";

/** 8 bytes of the custom_id's hash, 8 of the line's offset, 4 of its length. */
const ROW_BYTES = 20;
const ROWS_PER_CHUNK = 4_096;

/** Where each line of a File lies and which custom_id it has: 20 bytes a line, so a million lines are 20 MB. */
export interface LineIndex {
  readonly lines: number;
  /** The number of the line with this custom_id, counted from 0; -1 if there is none. Of equal ids, the first. */
  find(customId: string): number;
  /** Where a line lies in the file. */
  position(line: number): { readonly offset: number; readonly length: number };
}

/** Reads a file once and stores its index as a blob. */
export async function buildLineIndex(
  content: Readable,
  target: { readonly blobs: BlobStore; readonly key: string; readonly maxLineBytes: number },
  signal: AbortSignal,
): Promise<LineIndex> {
  const rows: Buffer[] = [];
  let chunk = Buffer.alloc(0);
  let used = 0;
  await splitLines(
    content,
    (line, { offset, length }) => {
      if (used === chunk.length) {
        chunk = Buffer.alloc(ROWS_PER_CHUNK * ROW_BYTES);
        rows.push(chunk);
        used = 0;
      }
      const customId = memberString(line, "custom_id");
      if (customId !== null) hashOf(customId).copy(chunk, used, 0, 8);
      chunk.writeDoubleLE(offset, used + 8);
      chunk.writeUInt32LE(length, used + 16);
      used += ROW_BYTES;
    },
    target.maxLineBytes,
  );
  const last = rows.pop();
  const bytes = Buffer.concat(last === undefined ? rows : [...rows, last.subarray(0, used)]);
  await target.blobs.put(target.key, oneChunk(bytes), signal);
  return indexOf(bytes);
}

export async function loadLineIndex(content: Readable): Promise<LineIndex> {
  const chunks: Uint8Array[] = [];
  // An index is 20 bytes a line, made by us: holding it whole is the point of it.
  for await (const chunk of content) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return indexOf(Buffer.concat(chunks));
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

function hashOf(customId: string): Buffer {
  return hash("sha1", customId, "buffer");
}

function indexOf(bytes: Buffer): LineIndex {
  const lines = Math.floor(bytes.length / ROW_BYTES);
  // Open addressing at half load: slot → line + 1, 0 is empty.
  let size = 16;
  while (size < lines * 2) size *= 2;
  const slots = new Uint32Array(size);
  const mask = size - 1;
  const isLine = (line: number, id: Buffer) =>
    bytes.compare(id, 0, 8, line * ROW_BYTES, line * ROW_BYTES + 8) === 0;
  const seek = (id: Buffer): { readonly slot: number; readonly line: number } => {
    let slot = id.readUInt32LE(0) & mask;
    for (;;) {
      const line = (slots[slot] ?? 0) - 1;
      if (line === -1 || isLine(line, id)) return { slot, line };
      slot = (slot + 1) & mask;
    }
  };
  for (let line = 0; line < lines; line += 1) {
    const id = bytes.subarray(line * ROW_BYTES, line * ROW_BYTES + 8);
    const found = seek(id);
    if (found.line === -1) slots[found.slot] = line + 1;
  }
  return {
    lines,
    find: (customId) => seek(hashOf(customId)).line,
    position: (line) => ({
      offset: bytes.readDoubleLE(line * ROW_BYTES + 8),
      length: bytes.readUInt32LE(line * ROW_BYTES + 16),
    }),
  };
}
