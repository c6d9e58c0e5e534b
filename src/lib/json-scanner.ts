import { COMPLETE_NUMBER, firstNumberState, NO_NUMBER, nextNumberState } from "./json-number.ts";
import { JsonStreamError } from "./json-stream-error.ts";

export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

/**
 * Told of keys and values with at most `watchDepth` containers around them. Positions are of the chunk at hand; an end is the
 * position after the last byte.
 */
export interface JsonEvents {
  keyBegins(depth: number, at: number): void;
  keyEnds(depth: number, at: number): void;
  valueBegins(depth: number, at: number, kind: JsonKind): void;
  valueEnds(depth: number, at: number): void;
  comma(depth: number): void;
}

const FIRST_VALUE = 0;
const VALUE = 1;
const FIRST_KEY = 2;
const KEY = 3;
const COLON = 4;
const AFTER = 5;
const END = 6;
const STRING = 7;
const ESCAPE = 8;
const HEX = 9;
const NUMBER = 10;
const LITERAL = 11;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA_BYTE = 0x2c;
const COLON_BYTE = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LETTER_U = 0x75;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What a string may hold as it is: neither its end, nor an escape, nor a control character. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < SPACE || byte === QUOTE || byte === BACKSLASH ? 0 : 1,
);
/** What may follow a backslash by itself. */
const ESCAPED = tableOf('"\\/bfnrt');
const HEX_DIGIT = tableOf("0123456789abcdefABCDEF");

/**
 * Checks a JSON text of any size while it arrives. Line breaks between tokens are overwritten by spaces; within strings JSON
 * allows none. Whether the text is UTF-8 is not looked at.
 */
export class JsonScanner {
  readonly #events: JsonEvents;
  readonly #watchDepth: number;
  /** Of each open container: 1 for an object, 0 for an array. */
  readonly #isObject: Uint8Array;
  #depth = 0;
  #state = VALUE;
  #isKey = false;
  #hexDigits = 0;
  #number = NO_NUMBER;
  #literal = "";
  #letters = 0;
  #offset = 0;

  constructor(events: JsonEvents, watchDepth: number, maxDepth: number) {
    this.#events = events;
    this.#watchDepth = watchDepth;
    this.#isObject = new Uint8Array(maxDepth);
  }

  /** Throws `JsonStreamError`. One loop over local variables: half as fast with a method for each token. */
  push(chunk: Uint8Array): void {
    const { length } = chunk;
    const events = this.#events;
    const watchDepth = this.#watchDepth;
    const isObject = this.#isObject;
    let state = this.#state;
    let depth = this.#depth;
    let at = 0;
    while (at < length) {
      if (state === STRING) {
        while (at < length && PLAIN[chunk[at] ?? 0] === 1) at += 1;
        if (at === length) break;
        const byte = chunk[at] ?? 0;
        at += 1;
        if (byte === BACKSLASH) {
          // A whole escape at once where it lies within the chunk: texts are full of them.
          if (at < length && ESCAPED[chunk[at] ?? 0] === 1) at += 1;
          else state = ESCAPE;
        } else if (byte !== QUOTE) {
          throw this.#unexpected(byte, at - 1);
        } else if (this.#isKey) {
          state = COLON;
          if (depth <= watchDepth) events.keyEnds(depth, at);
        } else {
          state = AFTER;
          if (depth <= watchDepth) state = this.#endValue(depth, at);
        }
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (state > STRING) {
        if (state === NUMBER) {
          let number = this.#number;
          let next = nextNumberState(number, byte);
          while (next !== NO_NUMBER) {
            number = next;
            at += 1;
            next = at < length ? nextNumberState(number, chunk[at] ?? 0) : NO_NUMBER;
          }
          this.#number = number;
          // The byte after it belongs to what comes next.
          if (at === length) break;
          if (COMPLETE_NUMBER[number] !== 1) throw this.#unexpected(chunk[at] ?? 0, at);
          state = AFTER;
          if (depth <= watchDepth) state = this.#endValue(depth, at);
          continue;
        }
        at += 1;
        if (state === LITERAL) {
          if (this.#literal.charCodeAt(this.#letters) !== byte)
            throw this.#unexpected(byte, at - 1);
          this.#letters += 1;
          if (this.#letters < this.#literal.length) continue;
          state = AFTER;
          if (depth <= watchDepth) state = this.#endValue(depth, at);
        } else if (state === ESCAPE) {
          state = this.#escape(byte, at - 1);
        } else {
          if (HEX_DIGIT[byte] !== 1) throw this.#unexpected(byte, at - 1);
          this.#hexDigits -= 1;
          if (this.#hexDigits === 0) state = STRING;
        }
        continue;
      }
      if (byte <= SPACE) {
        if (byte === LINE_FEED || byte === CARRIAGE_RETURN) chunk[at] = SPACE;
        else if (byte !== SPACE && byte !== TAB) throw this.#unexpected(byte, at);
        at += 1;
        continue;
      }
      switch (state) {
        case COLON:
          if (byte !== COLON_BYTE) throw this.#unexpected(byte, at);
          state = VALUE;
          break;
        case AFTER: {
          const inObject = isObject[depth - 1] === 1;
          if (byte === COMMA_BYTE) {
            state = inObject ? KEY : VALUE;
            if (depth <= watchDepth) events.comma(depth);
          } else {
            if (byte !== (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) throw this.#unexpected(byte, at);
            depth -= 1;
            if (depth <= watchDepth) state = this.#endValue(depth, at + 1);
          }
          break;
        }
        case FIRST_KEY:
        case KEY:
          if (byte === QUOTE) {
            this.#isKey = true;
            state = STRING;
            if (depth <= watchDepth) events.keyBegins(depth, at);
          } else {
            if (byte !== CLOSE_BRACE || state === KEY) throw this.#unexpected(byte, at);
            depth -= 1;
            state = this.#endValue(depth, at + 1);
          }
          break;
        case FIRST_VALUE:
        case VALUE:
          if (byte === CLOSE_BRACKET && state === FIRST_VALUE) {
            depth -= 1;
            state = this.#endValue(depth, at + 1);
            break;
          }
          state = this.#beginValue(byte, at, depth);
          if (state === FIRST_KEY || state === FIRST_VALUE) {
            isObject[depth] = state === FIRST_KEY ? 1 : 0;
            depth += 1;
          }
          break;
        default:
          throw this.#unexpected(byte, at);
      }
      at += 1;
    }
    this.#state = state;
    this.#depth = depth;
    this.#offset += length;
  }

  /** Throws `JsonStreamError` if the text isn't complete. */
  end(): void {
    if (this.#state === END) return;
    throw new JsonStreamError("syntax", `unexpected end of data after byte ${this.#offset}`);
  }

  #beginValue(byte: number, at: number, depth: number): number {
    const kind = kindOf(byte);
    if (kind === null) throw this.#unexpected(byte, at);
    if (depth <= this.#watchDepth) this.#events.valueBegins(depth, at, kind);
    switch (kind) {
      case "string":
        this.#isKey = false;
        return STRING;
      case "number":
        this.#number = firstNumberState(byte);
        return NUMBER;
      case "boolean":
      case "null":
        this.#literal = LITERALS.get(byte) ?? "";
        this.#letters = 1;
        return LITERAL;
      case "object":
      case "array":
        if (depth === this.#isObject.length) {
          throw new JsonStreamError("depth", `it nests more than ${depth} levels deep`);
        }
        return kind === "object" ? FIRST_KEY : FIRST_VALUE;
    }
  }

  #endValue(depth: number, end: number): number {
    if (depth <= this.#watchDepth) this.#events.valueEnds(depth, end);
    return depth === 0 ? END : AFTER;
  }

  #escape(byte: number, at: number): number {
    if (byte === LETTER_U) {
      this.#hexDigits = 4;
      return HEX;
    }
    if (ESCAPED[byte] !== 1) throw this.#unexpected(byte, at);
    return STRING;
  }

  #unexpected(byte: number, at: number): JsonStreamError {
    const isPrintable = byte > SPACE && byte < 0x7f;
    const name = isPrintable
      ? `'${String.fromCharCode(byte)}'`
      : `0x${byte.toString(16).padStart(2, "0")}`;
    return new JsonStreamError("syntax", `unexpected ${name} at byte ${this.#offset + at}`);
  }
}

function kindOf(byte: number): JsonKind | null {
  if (byte === QUOTE) return "string";
  if (byte === OPEN_BRACE) return "object";
  if (byte === OPEN_BRACKET) return "array";
  if (firstNumberState(byte) !== NO_NUMBER) return "number";
  if (!LITERALS.has(byte)) return null;
  return LITERALS.get(byte) === "null" ? "null" : "boolean";
}

const LITERALS: ReadonlyMap<number, string> = new Map(
  ["true", "false", "null"].map((word) => [word.charCodeAt(0), word]),
);

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
