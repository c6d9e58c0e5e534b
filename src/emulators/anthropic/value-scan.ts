import { skipPlain } from "../../lib/skip-plain.ts";

/** A JSON value as it was sent. Only where it ends has been found out; a parser says whether it is valid. */
export interface ScannedValue {
  readonly bytes: Buffer;
  /**
   * Where its long strings lie between their quotes, two places for each: what is there is valid, whatever is around it. null if
   * some string holds what only a parser can judge.
   */
  readonly texts: readonly number[] | null;
}

/** Finds the end of one value after the other, in as many chunks as each takes. */
export interface ValueScan {
  /** Returns where the value ends within the chunk; -1 if it goes on after it. */
  readonly take: (chunk: Buffer, view: DataView, from: number) => number;
  /** What was taken since the last time. */
  readonly read: () => ScannedValue;
}

export function createValueScan(): ValueScan {
  let pieces: Buffer[] = [];
  let pieceBytes = 0;
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  /** Of the string at hand, within the value. */
  let textStart = 0;
  let texts: number[] = [];
  let isOdd = false;

  /** Returns the place of the closing quote; -1 if there is none. */
  const endOfString = (view: DataView, start: number): number => {
    const length = view.byteLength;
    let at = start;
    if (isEscaped) {
      isEscaped = false;
      if (IS_SHORT_ESCAPE[view.getUint8(at)] !== 1) isOdd = true;
      at += 1;
    }
    at = skipPlain(view, at);
    while (at < length) {
      const byte = view.getUint8(at);
      if (byte === QUOTE) return at;
      if (byte === BACKSLASH) {
        if (at + 1 === length) {
          isEscaped = true;
          return -1;
        }
        if (IS_SHORT_ESCAPE[view.getUint8(at + 1)] !== 1) isOdd = true;
        at = skipPlain(view, at + 2);
      } else if (byte < SPACE) {
        isOdd = true;
        at = skipPlain(view, at + 1);
      } else {
        at += 1;
      }
    }
    return -1;
  };

  /** Returns the place behind the closing quote; -1 if there is none. */
  const passString = (view: DataView, start: number, base: number): number => {
    const quote = endOfString(view, start);
    isInString = quote === -1;
    if (isInString) return -1;
    if (base + quote - textStart >= MIN_TEXT_BYTES) texts.push(textStart, base + quote);
    return quote + 1;
  };

  const endOfValue = (view: DataView, from: number): number => {
    const length = view.byteLength;
    const base = pieceBytes - from;
    let at = from;
    let open = depth;
    if (isInString && at < length) {
      at = passString(view, at, base);
      if (at === -1 || open === 0) return at;
    }
    while (at < length) {
      const kind = KIND[view.getUint8(at)];
      at += 1;
      if (kind === NOTHING) continue;
      if (kind === STRING) {
        textStart = base + at;
        at = passString(view, at, base);
        if (open === 0 && at !== -1) return at;
        if (at === -1) break;
      } else if (kind === OPEN) {
        open += 1;
      } else if (kind === CLOSE) {
        if (open === 0) return at - 1;
        open -= 1;
        if (open === 0) return at;
      } else if (open === 0) {
        return at - 1;
      }
    }
    depth = open;
    return -1;
  };

  return {
    take: (chunk, view, from) => {
      const end = endOfValue(view, from);
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end);
      pieces.push(piece);
      pieceBytes += piece.length;
      return end;
    },
    read: () => {
      const [first] = pieces;
      const bytes = pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
      const value = { bytes, texts: isOdd ? null : texts };
      pieces = [];
      pieceBytes = 0;
      depth = 0;
      texts = [];
      isOdd = false;
      return value;
    },
  };
}

/** Below this it costs more than it saves to leave a string out. */
const MIN_TEXT_BYTES = 128;

const QUOTE = 0x22;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
/** By what follows the backslash. */
const IS_SHORT_ESCAPE = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) IS_SHORT_ESCAPE[byte] = 1;

const [NOTHING, STRING, OPEN, CLOSE, BETWEEN] = [0, 1, 2, 3, 4];
const KIND = new Uint8Array(256);
KIND[QUOTE] = STRING;
for (const byte of Buffer.from("{[")) KIND[byte] = OPEN;
for (const byte of Buffer.from("}]")) KIND[byte] = CLOSE;
for (const byte of Buffer.from(",: \n\r\t")) KIND[byte] = BETWEEN;
