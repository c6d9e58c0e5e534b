const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/**
 * The string under `name` at the top level of a JSON object given as bytes, without parsing the rest; null if there is none
 * or it is no string. Stops at the first hit, so an id at the front of a 32 MiB line costs nothing.
 */
export function memberString(line: Buffer, name: string): string | null {
  let found: string | null = null;
  walkMembers(line, 0, (key, at) => {
    if (key !== name) return true;
    found = stringAt(line, at);
    return false;
  });
  return found;
}

/** Calls `visit` with each key of the object that opens at `start`, and where its value begins, until it says false. */
export function walkMembers(
  line: Buffer,
  start: number,
  visit: (key: string | null, valueStart: number) => boolean,
): void {
  let at = skipBlank(line, start);
  if (line[at] !== OPEN_BRACE) return;
  at = skipBlank(line, at + 1);
  while (line[at] === QUOTE) {
    const keyEnd = endOfString(line, at);
    if (keyEnd === -1) return;
    const key = readString(line, at, keyEnd);
    at = skipBlank(line, keyEnd);
    if (line[at] !== COLON) return;
    at = skipBlank(line, at + 1);
    if (!visit(key, at)) return;
    at = skipBlank(line, endOfValue(line, at));
    if (line[at] !== COMMA) return;
    at = skipBlank(line, at + 1);
  }
}

/** The string that begins at `at`; null if none does. */
export function stringAt(line: Buffer, at: number): string | null {
  if (line[at] !== QUOTE) return null;
  const end = endOfString(line, at);
  return end === -1 ? null : readString(line, at, end);
}

function readString(line: Buffer, start: number, end: number): string | null {
  const text = line.toString("utf8", start + 1, end - 1);
  if (!text.includes("\\")) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return null;
  }
}

/** The index after the closing quote of the string that opens at `start`; -1 if it never closes. */
function endOfString(line: Buffer, start: number): number {
  let quote = line.indexOf(QUOTE, start + 1);
  while (quote !== -1) {
    let backslashes = 0;
    while (line[quote - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    quote = line.indexOf(QUOTE, quote + 1);
  }
  return -1;
}

/** The index after the value that starts at `start`; the end of the line if it is cut off. */
function endOfValue(line: Buffer, start: number): number {
  let depth = 0;
  let at = start;
  while (at < line.length) {
    const byte = line[at];
    if (byte === QUOTE) {
      at = endOfString(line, at);
      if (at === -1) return line.length;
      if (depth === 0) return at;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (byte === COMMA && depth === 0) return at;
    at += 1;
  }
  return line.length;
}

function skipBlank(line: Buffer, start: number): number {
  let at = start;
  while (line[at] === 0x20 || line[at] === 0x09 || line[at] === 0x0d || line[at] === 0x0a) at += 1;
  return at;
}
