const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** What leads to a value: the keys of objects, null for an element of a list. */
export type JsonPlace = readonly (string | null)[];

/** What a walk tells beside the strings. */
export interface WalkObserver {
  /** Each key; it is the last of the place. */
  key?(place: JsonPlace): void;
  /** The end of each object; the place is the object's own. */
  leave?(place: JsonPlace): void;
}

/**
 * Calls `visit` with every string of a valid JSON text that isn't a key. Of members with one name each is visited, for
 * readers differ on which of them counts. The place is valid only during the call.
 */
export function walkStrings(
  json: Buffer,
  visit: (place: JsonPlace, value: () => string) => void,
  observer: WalkObserver = {},
): void {
  const place: (string | null)[] = [];
  let at = 0;
  while (at < json.length) {
    const byte = json[at];
    if (byte === QUOTE) {
      const start = at;
      at = endOfString(json, start);
      const end = at;
      while (isBlank(json[at])) at += 1;
      if (json[at] === COLON) {
        place[place.length - 1] = readString(json, start, end);
        observer.key?.(place);
      } else visit(place, () => readString(json, start, end));
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) place.push(null);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      place.pop();
      if (byte === CLOSE_BRACE) observer.leave?.(place);
    }
    at += 1;
  }
}

function readString(json: Buffer, start: number, end: number): string {
  const text = json.toString("utf8", start + 1, end - 1);
  return text.includes("\\") ? String(JSON.parse(`"${text}"`)) : text;
}

/** The index after the closing quote. */
function endOfString(json: Buffer, start: number): number {
  let quote = json.indexOf(QUOTE, start + 1);
  while (quote !== -1) {
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    quote = json.indexOf(QUOTE, quote + 1);
  }
  return json.length;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a;
}
