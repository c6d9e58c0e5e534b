import { isAscii, isUtf8 } from "node:buffer";
import { skipPlain } from "../lib/skip-plain.ts";

/**
 * Most of a line is what people and models said, which no codec looks into. Such a text needn't be decoded, parsed, printed
 * and encoded: a mark stands in its place while the line is translated, and then its bytes are put back as they were.
 */
export interface LiftedLine {
  /** The line with its marks. */
  readonly text: string;
  readonly bytes: Buffer;
  /** Where the texts lie between their quotes: two places in `bytes` for each, by the number in its mark. */
  readonly places: readonly number[];
}

/** null: nothing to lift, or the line has to be read as a whole. It's valid only as long as `line` is. */
export function liftTexts(line: Buffer): LiftedLine | null {
  if (line.length < MIN_LINE_BYTES) return null;
  const isPlain = isAscii(line);
  if (!isPlain && !isUtf8(line)) return null;
  // A byte is a character here: quotes and backslashes are in no character of several bytes.
  const characters = line.toString("latin1");
  if (characters.includes(MARK)) return null;
  const view = new DataView(line.buffer, line.byteOffset, line.length);
  const places: number[] = [];
  let kept = "";
  let keptTo = 0;
  TEXT_START.lastIndex = 0;
  while (TEXT_START.test(characters)) {
    const start = TEXT_START.lastIndex;
    const end = endOfText(view, start);
    if (end === -1) return null;
    TEXT_START.lastIndex = end;
    if (end - start < MIN_TEXT_BYTES) continue;
    kept += `${characters.slice(keptTo, start)}${MARK}${places.length / 2}${MARK}`;
    places.push(start, end);
    keptTo = end;
  }
  if (places.length === 0) return null;
  kept += characters.slice(keptTo);
  // It may spell a mark.
  if (kept.includes("\\u")) return null;
  const text = isPlain ? kept : Buffer.from(kept, "latin1").toString("utf8");
  return { text, bytes: line, places };
}

/** Below this it costs more than it saves. */
const MIN_LINE_BYTES = 512;
const MIN_TEXT_BYTES = 128;
/** One byte that JSON allows in a string, and nobody writes: DEL. */
const MARK = "\u007f";

/** In JSON an unescaped quote before a colon ends a key, so this ends where a value begins. */
const TEXT_START = /"(?:content|text|system|instructions)"[ \t\r]*:[ \t\r]*"/g;

/** The closing quote; -1: the text isn't as `JSON.stringify` would write it, so it may not be valid, nor come out the same. */
function endOfText(line: DataView, start: number): number {
  let at = skipPlain(line, start);
  // No line ends with its text.
  while (at < line.byteLength - 1) {
    const byte = line.getUint8(at);
    if (byte === QUOTE) return at;
    if (byte < SPACE) return -1;
    if (byte !== BACKSLASH) at += 1;
    else if (IS_SHORT_ESCAPE[line.getUint8(at + 1)] === 1) at = skipPlain(line, at + 2);
    else return -1;
  }
  return -1;
}

const QUOTE = 0x22;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
/** By what follows the backslash. */
const IS_SHORT_ESCAPE = new Uint8Array(256);
for (const byte of Buffer.from('"\\bfnrt')) IS_SHORT_ESCAPE[byte] = 1;

/** A line can't be translated while marks stand in it. */
export class HiddenTextError extends Error {
  override readonly name = "HiddenTextError";
}

export function hasMark(text: string): boolean {
  return text.includes(MARK);
}

/** Whether each mark is the whole of a string, and so may give way to its text. */
export function hasWholeTexts(line: string): boolean {
  for (let mark = line.indexOf(MARK); mark !== -1;) {
    const end = line.indexOf(MARK, mark + 1);
    if (line[mark - 1] !== '"' || line[mark - 2] === "\\" || line[end + 1] !== '"') return false;
    mark = line.indexOf(MARK, end + 1);
  }
  return true;
}

/** Hands over, in order, what is to be written: pieces of the line, and where the texts between them lie. */
export function eachPiece(
  line: string,
  { places }: LiftedLine,
  write: (piece: string, start: number, end: number) => void,
): void {
  let from = 0;
  for (let mark = line.indexOf(MARK); mark !== -1; mark = line.indexOf(MARK, from)) {
    const end = line.indexOf(MARK, mark + 1);
    const index = Number(line.slice(mark + 1, end)) * 2;
    write(line.slice(from, mark), places[index] ?? 0, places[index + 1] ?? 0);
    from = end + 1;
  }
  write(line.slice(from), 0, 0);
}
