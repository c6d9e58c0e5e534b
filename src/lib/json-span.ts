/** One member of a JSON object, as places in the text that holds it. */
export interface JsonMember {
  readonly key: string;
  /** Of the opening quote of the key. */
  readonly keyStart: number;
  readonly valueStart: number;
  /** After the value's last character. */
  readonly valueEnd: number;
}

/**
 * The members of the object that opens at `start`, nothing inside them being read. The text must be valid JSON: whoever
 * calls has parsed it, and wants the values as they were written.
 */
function jsonMembers(text: string, start: number): JsonMember[] {
  const members: JsonMember[] = [];
  let at = skipBlank(text, skipBlank(text, start) + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const keyStart = at;
    const keyEnd = endOfString(text, at);
    const valueStart = skipBlank(text, skipBlank(text, keyEnd) + 1);
    const valueEnd = endOfValue(text, valueStart);
    members.push({ key: readKey(text.slice(keyStart, keyEnd)), keyStart, valueStart, valueEnd });
    at = skipBlank(text, valueEnd);
    if (text.charCodeAt(at) !== COMMA) break;
    at = skipBlank(text, at + 1);
  }
  return members;
}

/** The last member of that name counts, as in `JSON.parse`. */
export function findJsonMember(text: string, start: number, key: string): JsonMember | undefined {
  return jsonMembers(text, start).findLast((member) => member.key === key);
}

/** The names of an object's members, as often as they are there. */
export function jsonKeys(text: string): readonly string[] {
  return jsonMembers(text, 0).map(({ key }) => key);
}

/** The text of an object without some members, and with others before the rest. */
export function editJsonObject(
  text: string,
  removes: readonly string[],
  adds: Readonly<Record<string, string | number | boolean | object>>,
): string {
  const kept = jsonMembers(text, 0).filter(
    ({ key }) => !removes.includes(key) && !Object.hasOwn(adds, key),
  );
  const added = Object.entries(adds).map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  return `{${[...added, ...kept.map((member) => text.slice(member.keyStart, member.valueEnd))].join(",")}}`;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

function readKey(quoted: string): string {
  return quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}

function skipBlank(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}

function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    quote = text.indexOf('"', quote + 1);
  }
  return text.length;
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (code === COMMA || code <= 0x20)) return at;
    at += 1;
  }
  return text.length;
}
