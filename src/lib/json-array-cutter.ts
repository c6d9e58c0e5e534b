import { ByteStretch } from "./byte-stretch.ts";
import { type JsonKind, JsonScanner } from "./json-scanner.ts";
import { JsonStreamError } from "./json-stream-error.ts";
import { Utf8Check } from "./utf8-check.ts";

/** Told of the array's elements while they pass; nothing of them is kept. */
export interface ElementSink {
  elementBegins(kind: JsonKind): void;
  /** A member of an element that is an object. `text` is that of a string of at most 512 bytes; else null. */
  member(key: string, kind: JsonKind, text: string | null): void;
  elementEnds(): void;
}

export interface CutterOptions {
  /** Whose array is cut. */
  readonly key: string;
  readonly maxDepth: number;
  readonly maxElementBytes: number;
  /** Of the members beside it, all together. */
  readonly maxOtherBytes: number;
}

export interface JsonArrayCutter {
  /** The lines and pieces of lines that the chunk holds, in its own memory, which is overwritten. Throws `JsonStreamError`. */
  push(chunk: Buffer): Buffer;
  /** Throws `JsonStreamError` if the text isn't complete. */
  end(): CutBody;
}

export interface CutBody {
  /** What stood under the key; null if nothing did. */
  readonly found: JsonKind | null;
  /** The other members, as the JSON text of an object. */
  readonly others: string;
}

const NEWLINE = 0x0a;
const MAX_TEXT_BYTES = 512;
/** How many containers are around a member of the whole, an element, and a member of an element. */
const [OUTER, ELEMENT, INNER] = [1, 2, 3];

/**
 * Cuts `{"key": [ … ]}` of any size into lines, one an element, while it arrives. The bytes of an element stay as they are; only
 * line breaks between its tokens become spaces. All of the text is checked to be JSON.
 */
export function createJsonArrayCutter(options: CutterOptions, sink: ElementSink): JsonArrayCutter {
  const utf8 = new Utf8Check();
  const scanner = new JsonScanner(
    { keyBegins, keyEnds, valueBegins, valueEnds, comma },
    INNER,
    options.maxDepth,
  );
  let chunk: Buffer = Buffer.alloc(0);
  /** Lines are moved to the front of the chunk, up to here. */
  let lineEnd = 0;

  let found: JsonKind | null = null;
  let isWanted = false;
  let isCutting = false;
  const others: string[] = [];
  let otherBytes = 0;

  /** A member of the whole, or a key or string of an element. */
  const kept = new ByteStretch();
  /** Where the element begins in the chunk; -1 between elements. */
  let elementStart = -1;
  let elementBytes = 0;
  let elementNumber = 0;
  let lacksNewline = false;
  let hasMembers = false;
  let key = "";

  function keyBegins(depth: number, at: number): void {
    if (depth === OUTER) kept.open(at, options.maxOtherBytes - otherBytes);
    else if (isInElement(depth)) kept.open(at, MAX_TEXT_BYTES);
  }

  function keyEnds(depth: number, at: number): void {
    if (depth === OUTER) {
      isWanted = stringOf(kept.read(chunk, at)) === options.key;
      if (isWanted) kept.close();
    } else if (isInElement(depth)) {
      key = stringOf(kept.read(chunk, at)) ?? "…";
      kept.close();
    }
  }

  function valueBegins(depth: number, at: number, begun: JsonKind): void {
    if (depth === 0 && begun !== "object") {
      throw new JsonStreamError("not_object", `expected an object, but got ${begun}`);
    }
    if (depth === OUTER && isWanted) {
      if (found !== null) {
        throw new JsonStreamError("repeated", `'${options.key}' is there more than once`);
      }
      found = begun;
      isCutting = begun === "array";
    } else if (depth === ELEMENT && isCutting) {
      hasMembers = begun === "object";
      elementStart = at;
      sink.elementBegins(begun);
    } else if (isInElement(depth)) {
      if (begun === "string") kept.open(at, MAX_TEXT_BYTES);
      else sink.member(key, begun, null);
    }
  }

  function valueEnds(depth: number, at: number): void {
    if (depth === OUTER) endOuter(at);
    else if (depth === ELEMENT && isCutting) endElement(at);
    else if (isInElement(depth) && kept.isOpen) {
      sink.member(key, "string", stringOf(kept.read(chunk, at)));
      kept.close();
    }
  }

  function comma(depth: number): void {
    if (depth === ELEMENT && isCutting) endLine();
  }

  function isInElement(depth: number): boolean {
    return depth === INNER && isCutting && hasMembers;
  }

  function endOuter(at: number): void {
    if (isWanted) {
      if (isCutting) endLine();
      isCutting = false;
      return;
    }
    const text = kept.read(chunk, at);
    if (text === null) throw tooManyOthers();
    kept.close();
    otherBytes += Buffer.byteLength(text);
    others.push(text);
  }

  function endElement(at: number): void {
    moveElement(at);
    elementStart = -1;
    elementBytes = 0;
    elementNumber += 1;
    lacksNewline = true;
    sink.elementEnds();
  }

  function moveElement(end: number): void {
    const length = end - elementStart;
    elementBytes += length;
    if (elementBytes > options.maxElementBytes) {
      const message = `${options.key}.${elementNumber} is larger than ${options.maxElementBytes} bytes`;
      throw new JsonStreamError("element_size", message);
    }
    if (elementStart !== lineEnd) chunk.copyWithin(lineEnd, elementStart, end);
    lineEnd += length;
  }

  /** Written over the comma or bracket after an element, so that there is always room for it. */
  function endLine(): void {
    if (!lacksNewline) return;
    lacksNewline = false;
    chunk[lineEnd] = NEWLINE;
    lineEnd += 1;
  }

  function tooManyOthers(): JsonStreamError {
    return new JsonStreamError(
      "other_size",
      `what stands beside '${options.key}' is larger than ${options.maxOtherBytes} bytes`,
    );
  }

  return {
    push(bytes) {
      if (!utf8.push(bytes)) throw new JsonStreamError("syntax", "it is not UTF-8");
      chunk = bytes;
      lineEnd = 0;
      if (elementStart !== -1) elementStart = 0;
      scanner.push(bytes);
      if (kept.isOpen) kept.carry(bytes);
      if (elementStart !== -1) moveElement(bytes.length);
      return bytes.subarray(0, lineEnd);
    },
    end() {
      scanner.end();
      return { found, others: `{${others.join(",")}}` };
    },
  };
}

/** Null for what was too long to be kept. */
function stringOf(quoted: string | null): string | null {
  if (quoted === null) return null;
  return quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}
