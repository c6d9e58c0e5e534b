const CHUNK_BYTES = 64 * 1024;
const LINES_PER_PAGE = 4_096;
/** Before each text: how many bytes it has. */
const HEAD_BYTES = 4;
const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * Texts by the numbers of their lines: their bytes and 12 more each, as a million strings in a Map would take four times as much.
 * Stored as a line of text for each: `12 "the client's own id"`, as JSON since an id may be no valid UTF-16.
 */
export class IdTable {
  /** Where the text of a line begins: its chunk's number times `CHUNK_BYTES`, and the offset in that; 0 is none. */
  readonly #pages: Float64Array[] = [];
  /** The first is never used, so that no place is 0. */
  readonly #chunks: Buffer[] = [Buffer.alloc(0)];
  #used = CHUNK_BYTES;
  /** Of a stored table, a line that isn't whole. */
  #rest: Buffer = Buffer.alloc(0);

  get(line: number): string | undefined {
    const json = this.#jsonOf(line);
    return json === undefined ? undefined : String(JSON.parse(json.toString("utf8")));
  }

  set(line: number, customId: string): void {
    this.#setJson(line, Buffer.from(JSON.stringify(customId)));
  }

  /** In the order of lines. */
  *stored(): Generator<Uint8Array> {
    let rows: string[] = [];
    let isFirst = true;
    for (const [number, page] of this.#pages.entries()) {
      for (let at = 0; at < LINES_PER_PAGE; at += 1) {
        if (page?.[at] === undefined || page[at] === 0) continue;
        const line = number * LINES_PER_PAGE + at;
        rows.push(`${line} ${this.#jsonOf(line)?.toString("utf8") ?? ""}`);
      }
      if (rows.length === 0) continue;
      yield Buffer.from(`${isFirst ? "" : "\n"}${rows.join("\n")}`);
      isFirst = false;
      rows = [];
    }
  }

  /** Bytes of a stored table, from its beginning on; nothing at its end. */
  load(bytes: Uint8Array | null): void {
    const added = bytes === null ? Buffer.of(NEWLINE) : Buffer.from(bytes);
    const text = this.#rest.length === 0 ? added : Buffer.concat([this.#rest, added]);
    let start = 0;
    for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE, start)) {
      const space = text.indexOf(SPACE, start);
      if (end > start) {
        const line = Number(text.toString("latin1", start, space));
        this.#setJson(line, text.subarray(space + 1, end));
      }
      start = end + 1;
    }
    this.#rest = text.subarray(start);
  }

  #jsonOf(line: number): Buffer | undefined {
    const place = this.#pages[Math.floor(line / LINES_PER_PAGE)]?.[line % LINES_PER_PAGE] ?? 0;
    const chunk = this.#chunks[Math.floor(place / CHUNK_BYTES)];
    if (place === 0 || chunk === undefined) return undefined;
    const head = place % CHUNK_BYTES;
    const start = head + HEAD_BYTES;
    return chunk.subarray(start, start + chunk.readUInt32LE(head));
  }

  #setJson(line: number, json: Buffer): void {
    const known = this.#jsonOf(line);
    // Each piece of a line that was split says the same.
    if (known?.equals(json) === true) return;
    const bytes = HEAD_BYTES + json.length;
    if (this.#used + bytes > CHUNK_BYTES) {
      this.#chunks.push(Buffer.alloc(Math.max(CHUNK_BYTES, bytes)));
      this.#used = 0;
    }
    const chunk = this.#chunks.at(-1);
    chunk?.writeUInt32LE(json.length, this.#used);
    chunk?.set(json, this.#used + HEAD_BYTES);
    this.#page(line)[line % LINES_PER_PAGE] = (this.#chunks.length - 1) * CHUNK_BYTES + this.#used;
    this.#used += bytes;
  }

  #page(line: number): Float64Array {
    const number = Math.floor(line / LINES_PER_PAGE);
    for (let at = this.#pages.length; at <= number; at += 1) {
      this.#pages.push(new Float64Array(at === number ? LINES_PER_PAGE : 0));
    }
    const page = this.#pages[number];
    if (page !== undefined && page.length > 0) return page;
    return (this.#pages[number] = new Float64Array(LINES_PER_PAGE));
  }
}
