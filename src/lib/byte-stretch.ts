/** Keeps a stretch of bytes that may lie in several chunks; not more of it than a limit. */
export class ByteStretch {
  #start = -1;
  #maxBytes = 0;
  #pieces: Buffer[] = [];
  #bytes = 0;

  get isOpen(): boolean {
    return this.#start !== -1;
  }

  /** It begins at `start` of the chunk at hand. */
  open(start: number, maxBytes: number): void {
    this.#start = start;
    this.#maxBytes = maxBytes;
  }

  /** The chunk is over: what lies in it is copied, and the stretch goes on in the next. */
  carry(chunk: Buffer): void {
    const piece = chunk.subarray(this.#start);
    this.#start = 0;
    this.#bytes += piece.length;
    if (this.#bytes <= this.#maxBytes) this.#pieces.push(Buffer.from(piece));
    else this.#pieces = [];
  }

  /** What it holds up to `end` of the chunk, as text; null if that is more than the limit. */
  read(chunk: Buffer, end: number): string | null {
    if (this.#bytes + end - this.#start > this.#maxBytes) return null;
    if (this.#pieces.length === 0) return chunk.toString("utf8", this.#start, end);
    return Buffer.concat([...this.#pieces, chunk.subarray(this.#start, end)]).toString("utf8");
  }

  close(): void {
    this.#start = -1;
    this.#bytes = 0;
    if (this.#pieces.length > 0) this.#pieces = [];
  }
}
