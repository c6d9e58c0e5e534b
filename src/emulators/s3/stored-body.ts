import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BodySummary, readBody } from "./body.ts";
import type { S3Request } from "./request.ts";

interface Piece {
  readonly path: string;
  readonly bytes: number;
}

/** The content of an object: one file, or those of its parts. A reader keeps the files until it has ended. */
export class StoredBody {
  readonly bytes: number;
  readonly #pieces: readonly Piece[];
  #readers = 0;
  #isRemoved = false;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    this.bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  }

  /** The contents one after another; the parts must not be removed apart from it. */
  static join(bodies: readonly StoredBody[]): StoredBody {
    return new StoredBody(bodies.flatMap((body) => body.#pieces));
  }

  /** Both ends included. */
  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    this.#readers += 1;
    try {
      let offset = 0;
      for (const piece of this.#pieces) {
        const from = Math.max(start - offset, 0);
        const to = Math.min(end - offset, piece.bytes - 1);
        offset += piece.bytes;
        if (from > to) continue;
        for await (const chunk of createReadStream(piece.path, { start: from, end: to })) {
          if (Buffer.isBuffer(chunk)) yield chunk;
        }
      }
    } finally {
      this.#readers -= 1;
      if (this.#isRemoved) await this.remove();
    }
  }

  async remove(): Promise<void> {
    this.#isRemoved = true;
    if (this.#readers > 0) return;
    await Promise.all(this.#pieces.map(async ({ path }) => rm(path, { force: true })));
  }
}

/** Streams a request's body into a file; nothing stays of one that fails its checks. */
export async function storeBody(
  request: S3Request,
  maxBytes: number,
  directory: string,
): Promise<{ readonly body: StoredBody; readonly summary: BodySummary }> {
  const path = join(directory, randomUUID());
  const file = await open(path, "wx", 0o600);
  try {
    const summary = await readBody(request, maxBytes, async (chunk) => {
      await file.writeFile(chunk);
    });
    return { body: new StoredBody([{ path, bytes: summary.bytes }]), summary };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
