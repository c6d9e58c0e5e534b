import { badRequest } from "./api-error.ts";
import { invalidJson, parseBody } from "./call.ts";
import type { Json } from "../json.ts";

/** What is found in `{"requests": [ … ]}`, in the order in which it is written. */
export interface BatchBodySink {
  /** The bytes of one request, as they were sent. */
  readonly item: (source: Buffer) => Promise<void> | void;
  /** The list has begun. */
  readonly list: () => void;
  /** Any other member, or one that isn't the list it should be. */
  readonly member: (name: string, value: Json) => void;
}

type State = "body" | "key" | "colon" | "value" | "item" | "afterItem" | "afterValue" | "end";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/** Cuts a body of any size into its requests as the bytes arrive, so that no more than one of them is in memory. */
export function createBatchBodyCutter(sink: BatchBodySink) {
  let state: State = "body";
  /** Whether a closing bracket may come here: not after a comma. */
  let mayClose = false;
  let name = "";
  let capture: Capture | null = null;

  const finish = async (source: Buffer): Promise<void> => {
    capture = null;
    if (state === "key") {
      const key = parseBody(source);
      if (typeof key !== "string") throw invalidJson("Expected a property name");
      name = key;
      state = "colon";
    } else if (state === "item") {
      state = "afterItem";
      await sink.item(source);
    } else {
      state = "afterValue";
      sink.member(name, parseBody(source));
    }
  };

  /** Returns whether the byte belongs to a value that begins here. */
  const step = (byte: number): boolean => {
    switch (state) {
      case "body":
        if (byte !== OPEN_BRACE) throw badRequest("Input should be a valid dictionary");
        state = "key";
        mayClose = true;
        return false;
      case "key":
        if (byte !== CLOSE_BRACE || !mayClose) return true;
        state = "end";
        return false;
      case "colon":
        if (byte !== COLON) throw unexpected(byte);
        state = "value";
        return false;
      case "value":
        if (name !== "requests" || byte !== OPEN_BRACKET) return true;
        sink.list();
        state = "item";
        mayClose = true;
        return false;
      case "item":
        if (byte !== CLOSE_BRACKET || !mayClose) return true;
        state = "afterValue";
        return false;
      case "afterItem":
        state = next(byte, CLOSE_BRACKET, { more: "item", closed: "afterValue" });
        mayClose = false;
        return false;
      case "afterValue":
        state = next(byte, CLOSE_BRACE, { more: "key", closed: "end" });
        mayClose = false;
        return false;
      case "end":
        throw unexpected(byte);
    }
  };

  return {
    push: async (chunk: Buffer): Promise<void> => {
      let at = 0;
      while (at < chunk.length) {
        if (capture === null) {
          const byte = chunk[at] ?? 0;
          if (!isBlank(byte) && step(byte)) capture = createCapture();
          else at += 1;
          continue;
        }
        const end = capture.take(chunk, at);
        if (end === -1) return;
        at = end;
        await finish(capture.bytes());
      }
    },
    end: (): void => {
      if (state !== "end") throw invalidJson("Unexpected end of JSON input");
    },
  };
}

function next(
  byte: number,
  close: number,
  states: { readonly more: State; readonly closed: State },
): State {
  if (byte === COMMA) return states.more;
  if (byte === close) return states.closed;
  throw unexpected(byte);
}

function unexpected(byte: number) {
  return invalidJson(`Unexpected token '${String.fromCharCode(byte)}'`);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Collects one value's bytes. Only where it ends is found out here; the parser says whether it is valid. */
interface Capture {
  /** Returns where the value ends within the chunk; -1 if it goes on after it. */
  readonly take: (chunk: Buffer, from: number) => number;
  readonly bytes: () => Buffer;
}

function createCapture(): Capture {
  const pieces: Buffer[] = [];
  let depth = 0;
  let isInString = false;
  let isEscaped = false;

  const endIn = (chunk: Buffer, from: number): number => {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (isInString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) {
          isInString = false;
          if (depth === 0) return at + 1;
        }
      } else if (byte === QUOTE) {
        isInString = true;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        depth += 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (depth === 0) return at;
        depth -= 1;
        if (depth === 0) return at + 1;
      } else if (depth === 0 && (byte === COMMA || byte === COLON || isBlank(byte))) {
        return at;
      }
    }
    return -1;
  };

  return {
    take: (chunk, from) => {
      const end = endIn(chunk, from);
      pieces.push(chunk.subarray(from, end === -1 ? chunk.length : end));
      return end;
    },
    bytes: () => {
      const [first] = pieces;
      return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
    },
  };
}
