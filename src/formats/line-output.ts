import { eachPiece, type LiftedLine } from "./long-texts.ts";

const NONE = Buffer.alloc(0);

/** Lines that wait to be written, encoded one after the other into one buffer. */
export class LineOutput {
  #gathered: Buffer = NONE;
  #used = 0;
  /** What was gathered before, and large lines. */
  #full: Uint8Array[] = [];

  get isEmpty(): boolean {
    return this.#used === 0 && this.#full.length === 0;
  }

  /** Enough that it should be taken, whatever else comes. */
  get isFull(): boolean {
    return this.#full.length > 0;
  }

  /** A line; where its texts were lifted, they are put back. */
  add(line: string, lifted: LiftedLine | null = null): void {
    if (lifted !== null) {
      this.#addLifted(line, lifted);
      return;
    }
    if (line.length > LARGE_LINE) {
      this.#setAside();
      this.#full.push(Buffer.from(`${line}\n`));
      return;
    }
    this.#write(line);
    this.#endLine();
  }

  #addLifted(line: string, lifted: LiftedLine): void {
    eachPiece(line, lifted, (piece, start, end) => {
      this.#write(piece);
      this.#reserve(end - start);
      this.#used += lifted.bytes.copy(this.#gathered, this.#used, start, end);
    });
    this.#endLine();
  }

  /** What was added since the last time. */
  take(): Uint8Array {
    this.#setAside();
    const [only] = this.#full;
    const taken = this.#full.length === 1 && only !== undefined ? only : Buffer.concat(this.#full);
    this.#full = [];
    return taken;
  }

  #write(text: string): void {
    this.#reserve(text.length * MAX_BYTES_OF_UNIT);
    this.#used += this.#gathered.write(text, this.#used, "utf8");
  }

  #endLine(): void {
    this.#reserve(1);
    this.#gathered[this.#used] = NEWLINE;
    this.#used += 1;
    if (this.#used > FULL_BYTES) this.#setAside();
  }

  #setAside(): void {
    if (this.#used === 0) return;
    const gathered = this.#gathered.subarray(0, this.#used);
    this.#used = 0;
    if (gathered.length <= FULL_BYTES) this.#full.push(Buffer.from(gathered));
    else {
      // Grown by a large line, it isn't kept.
      this.#full.push(gathered);
      this.#gathered = NONE;
    }
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#gathered.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#used * 2, FIRST_BYTES));
    this.#gathered.copy(grown, 0, 0, this.#used);
    this.#gathered = grown;
  }
}

const NEWLINE = 0x0a;
/** In UTF-8, of one of UTF-16: a pair of them takes four. */
const MAX_BYTES_OF_UNIT = 3;
const FIRST_BYTES = 256 * 1024;
const FULL_BYTES = 1024 * 1024;
/** In characters; one like it is encoded by itself. */
const LARGE_LINE = 256 * 1024;
