const NEWLINE = 0x0a;

export interface LinePlace {
  readonly row: number;
  readonly offset: number;
  readonly length: number;
}

/** Where the lines of a file that is being written lie, by the rows of the input: 12 bytes a line, and 4 more to sort them. */
export class LinePlaces {
  #rows = new Uint32Array(1_024);
  #ends = new Float64Array(1_024);
  #expected = 0;
  #found = 0;
  #bytes = 0;

  /** The next line that is written is this row's. */
  expect(row: number): void {
    if (this.#expected === this.#rows.length) this.#grow();
    this.#rows[this.#expected] = row;
    this.#expected += 1;
  }

  /** Whole lines, as they go to the file. */
  written(chunk: Uint8Array): void {
    let newline = chunk.indexOf(NEWLINE);
    while (newline !== -1 && this.#found < this.#expected) {
      this.#ends[this.#found] = this.#bytes + newline + 1;
      this.#found += 1;
      newline = chunk.indexOf(NEWLINE, newline + 1);
    }
    this.#bytes += chunk.length;
  }

  /** Whether the file's lines are in the order of their rows, or nothing is known of it. */
  get isSorted(): boolean {
    for (let at = 1; at < this.#found; at += 1) {
      if ((this.#rows[at] ?? 0) < (this.#rows[at - 1] ?? 0)) return false;
    }
    return true;
  }

  /** Every line, by its row. */
  *sorted(): Generator<LinePlace> {
    const order = Uint32Array.from({ length: this.#found }, (_, at) => at);
    order.sort((one, other) => (this.#rows[one] ?? 0) - (this.#rows[other] ?? 0));
    for (const at of order) {
      const offset = at === 0 ? 0 : (this.#ends[at - 1] ?? 0);
      yield { row: this.#rows[at] ?? 0, offset, length: (this.#ends[at] ?? 0) - offset };
    }
  }

  #grow(): void {
    const rows = new Uint32Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
    const ends = new Float64Array(this.#ends.length * 2);
    ends.set(this.#ends);
    this.#ends = ends;
  }
}
