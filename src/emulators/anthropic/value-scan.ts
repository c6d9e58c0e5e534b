import { skipPlain } from "../../lib/skip-plain.ts";

/** A JSON value as it was sent. */
export interface ScannedValue {
  readonly bytes: Buffer;
  /**
   * Of an object four places for each member: the first byte of its key and the quote after it; the first byte of its value, and
   * the quote that ends it if it is a string. null if a parser has to say whether the value is JSON. UTF-8 isn't looked at.
   */
  readonly members: readonly number[] | null;
}

/**
 * Finds the end of one value after the other, in as many chunks as each takes. It vouches for what clients usually write, at a
 * fraction of what a parser costs, and leaves everything else to one.
 */
export interface ValueScan {
  /** Returns where the value ends within the chunk; -1 if it goes on after it. */
  readonly take: (chunk: Buffer, view: DataView, from: number) => number;
  /** What was taken since the last time. */
  readonly read: () => ScannedValue;
}

export function createValueScan(): ValueScan {
  let pieces: Buffer[] = [];
  let pieceBytes = 0;
  let members: number[] = [];
  let isDoubtful = false;
  let depth = 0;
  /** Of each open container. */
  const isObject = new Uint8Array(MAX_DEPTH);
  /** The tokens that may come now. */
  let expected = VALUE;
  let isInString = false;
  let isEscaped = false;
  /** Of the string at hand, within the value. */
  let textStart = 0;

  /** Returns the place of the closing quote; -1 if there is none. */
  const endOfString = (view: DataView, start: number): number => {
    const length = view.byteLength;
    let at = start;
    if (isEscaped) {
      isEscaped = false;
      if (IS_SHORT_ESCAPE[view.getUint8(at)] !== 1) isDoubtful = true;
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
        if (IS_SHORT_ESCAPE[view.getUint8(at + 1)] !== 1) isDoubtful = true;
        at = skipPlain(view, at + 2);
      } else if (byte < SPACE) {
        isDoubtful = true;
        at = skipPlain(view, at + 1);
      } else {
        at += 1;
      }
    }
    return -1;
  };

  /** Once the value has ended it leaves its state as it is: the next one has its own. */
  const endOfValue = (chunk: Buffer, view: DataView, from: number): number => {
    const length = view.byteLength;
    const base = pieceBytes - from;
    let at = from;
    let open = depth;
    let next = expected;
    while (at < length) {
      const token = isInString ? STRING : (TOKEN[view.getUint8(at)] ?? 0);
      if (token === BLANK) {
        if (open === 0) return at;
        at += 1;
        continue;
      }
      if ((token & next) === 0) isDoubtful = true;
      if (token === STRING) {
        if (!isInString) {
          at += 1;
          textStart = base + at;
        }
        const quote = endOfString(view, at);
        isInString = quote === -1;
        if (isInString) break;
        at = quote + 1;
        if (open === 0) return at;
        const isKey = (next & KEY) !== 0;
        if (open === 1) members.push(isKey ? textStart : textStart - 1, base + quote);
        next = isKey ? COLON : afterValue(open);
      } else if (token === SCALAR) {
        const start = at;
        while (at < length && TOKEN[view.getUint8(at)] === SCALAR) at += 1;
        if (!IS_SCALAR.test(chunk.toString("latin1", start, at))) isDoubtful = true;
        if (open === 1) members.push(base + start, base + start);
        next = afterValue(open);
      } else if ((token & OPEN) !== 0) {
        if (open === 1) members.push(base + at, base + at);
        if (open >= MAX_DEPTH) isDoubtful = true;
        isObject[open] = token === OPEN_OBJECT ? 1 : 0;
        open += 1;
        at += 1;
        next = token === OPEN_OBJECT ? FIRST_KEY : FIRST_ITEM;
      } else if (open === 0) {
        return at;
      } else if ((token & CLOSE) !== 0) {
        open -= 1;
        at += 1;
        if (open === 0) return at;
        next = afterValue(open);
      } else {
        at += 1;
        next = token === COLON || isObject[open - 1] === 0 ? VALUE : NEXT_KEY;
      }
    }
    depth = open;
    expected = next;
    return -1;
  };

  const afterValue = (open: number): number =>
    isObject[open - 1] === 1 ? COMMA | CLOSE_OBJECT : COMMA | CLOSE_ARRAY;

  return {
    take: (chunk, view, from) => {
      const end = endOfValue(chunk, view, from);
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end);
      pieces.push(piece);
      pieceBytes += piece.length;
      return end;
    },
    read: () => {
      const [first] = pieces;
      const bytes = pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
      const value = { bytes, members: isDoubtful || bytes[0] !== OPEN_BRACE ? null : members };
      pieces = [];
      pieceBytes = 0;
      members = [];
      isDoubtful = false;
      depth = 0;
      expected = VALUE;
      return value;
    },
  };
}

/** Deeper values are left to the parser. */
const MAX_DEPTH = 128;

const QUOTE = 0x22;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
/** By what follows the backslash. */
const IS_SHORT_ESCAPE = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) IS_SHORT_ESCAPE[byte] = 1;

const BLANK = 0;
const STRING = 1;
const SCALAR = 2;
const OPEN_OBJECT = 4;
const OPEN_ARRAY = 8;
const CLOSE_OBJECT = 16;
const CLOSE_ARRAY = 32;
const COMMA = 64;
const COLON = 128;
/** With `STRING`: it is a key. */
const KEY = 256;
const OPEN = OPEN_OBJECT | OPEN_ARRAY;
const CLOSE = CLOSE_OBJECT | CLOSE_ARRAY;
const VALUE = STRING | SCALAR | OPEN;
const FIRST_ITEM = VALUE | CLOSE_ARRAY;
const FIRST_KEY = STRING | KEY | CLOSE_OBJECT;
const NEXT_KEY = STRING | KEY;
const IS_SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/** What begins with the byte. */
const TOKEN = new Uint8Array(256).fill(SCALAR);
for (const byte of Buffer.from(" \n\r\t")) TOKEN[byte] = BLANK;
for (const [character, token] of [
  ['"', STRING],
  ["{", OPEN_OBJECT],
  ["[", OPEN_ARRAY],
  ["}", CLOSE_OBJECT],
  ["]", CLOSE_ARRAY],
  [",", COMMA],
  [":", COLON],
] as const) {
  TOKEN[character.charCodeAt(0)] = token;
}
