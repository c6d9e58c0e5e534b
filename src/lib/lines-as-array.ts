const NEWLINE = 0x0a;
const COMMA = 0x2c;
const SPACE = 0x20;
const BOM = [0xef, 0xbb, 0xbf] as const;

/**
 * JSON lines as the items of an array, without its brackets. Exactly as many bytes come out as went in: of the newlines
 * between two lines one becomes a comma, and all other white space stays, since JSON allows it there. The chunks are changed in place.
 */
export async function* joinLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let position = 0;
  let hasItem = false;
  // Of a newline after an item only what comes next can say what becomes of it.
  let isHeld = false;
  for await (const chunk of chunks) {
    const out = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (!hasItem) blankBom(out, position);
    position += chunk.length;
    let ready = out;
    for (let gap = 0; gap !== -1;) {
      const end = skipBlanks(out, gap);
      const newline = out.indexOf(NEWLINE, gap);
      const isBetween: boolean = hasItem && !isHeld && newline !== -1 && newline < end;
      if (end === out.length) {
        // Whichever blank it is that waits: the one that comes in its place has the same length.
        if (isBetween) ready = out.subarray(0, -1);
        isHeld ||= isBetween;
        break;
      }
      if (isBetween) out[newline] = COMMA;
      // By itself: whole lines would be copied with it, chunk after chunk.
      if (isHeld) yield Uint8Array.of(COMMA);
      isHeld = false;
      hasItem = true;
      gap = out.indexOf(NEWLINE, end);
    }
    if (ready.length > 0) yield ready;
  }
  if (isHeld) yield Uint8Array.of(NEWLINE);
}

/** The only white space that JSON doesn't allow; it may be cut between its bytes. */
function blankBom(out: Buffer, position: number): void {
  for (const [index, byte] of BOM.entries()) {
    const at = index - position;
    if (at >= 0 && out[at] === byte) out[at] = SPACE;
  }
}

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isBlank(bytes[at])) at += 1;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}
