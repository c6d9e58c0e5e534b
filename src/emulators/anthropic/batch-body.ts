import { badRequest } from "./api-error.ts";
import { invalidJson, parseBody } from "./call.ts";
import type { Json } from "../json.ts";
import type { ScannedValue } from "./value-scan.ts";
import { createValueScan } from "./value-scan.ts";

/** What is found in `{"requests": [ … ]}`, in the order in which it is written. */
export interface BatchBodySink {
  /** One request, and where in the body it begins. */
  readonly item: (source: ScannedValue, offset: number) => void;
  /** The list has begun. */
  readonly list: () => void;
  /** Any other member, or one that isn't the list it should be. */
  readonly member: (name: string, value: Json) => void;
}

type State = "body" | "key" | "colon" | "value" | "item" | "afterItem" | "afterValue" | "end";

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
  const scan = createValueScan();
  let isInValue = false;
  /** Where the chunk and the value begin in the body. */
  let chunkOffset = 0;
  let valueOffset = 0;

  const finish = (): void => {
    isInValue = false;
    const source = scan.read();
    if (state === "key") {
      const key = parseBody(source.bytes);
      if (typeof key !== "string") throw invalidJson("Expected a property name");
      name = key;
      state = "colon";
    } else if (state === "item") {
      state = "afterItem";
      sink.item(source, valueOffset);
    } else {
      state = "afterValue";
      sink.member(name, parseBody(source.bytes));
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
    push: (chunk: Buffer): void => {
      const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
      let at = 0;
      while (at < chunk.length) {
        if (!isInValue) {
          const byte = chunk[at] ?? 0;
          if (isBlank(byte) || !step(byte)) {
            at += 1;
            continue;
          }
          isInValue = true;
          valueOffset = chunkOffset + at;
        }
        const end = scan.take(chunk, view, at);
        if (end === -1) break;
        at = end;
        finish();
      }
      chunkOffset += chunk.length;
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
