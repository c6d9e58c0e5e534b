/** Lines that wait to be written, already as bytes. */
export class LineOutput {
  #bytes = Buffer.alloc(0);
  #used = 0;

  /** In bytes. */
  get size(): number {
    return this.#used;
  }

  add(line: string): void {
    // UTF-8 takes at most three bytes for each UTF-16 unit.
    const needed = this.#used + line.length * 3 + 1;
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#used += this.#bytes.write(line, this.#used);
    this.#bytes[this.#used] = NEWLINE;
    this.#used += 1;
  }

  /** What was added since the last time; it's the taker's. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#used);
    this.#bytes = this.#bytes.subarray(this.#used);
    this.#used = 0;
    return taken;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#used * 2, FIRST_BYTES));
    this.#bytes.copy(grown, 0, 0, this.#used);
    this.#bytes = grown;
  }
}

const NEWLINE = 0x0a;
const FIRST_BYTES = 256 * 1024;
