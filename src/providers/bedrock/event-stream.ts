// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html (the same encoding in all of AWS)
import { crc32 } from "node:zlib";

export interface EventMessage {
  /** Those that are text: `:message-type`, `:event-type`, `:exception-type`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const TEXT = 7;
/** By type: true, false, byte, short, int, long, bytes, text, timestamp, uuid; null: two bytes say how many. */
const VALUE_BYTES = [0, 0, 1, 2, 4, 8, null, null, 8, 16] as const;

/** The messages of a stream in AWS's binary encoding; an error where it is cut off within one, or isn't that encoding. */
export async function* parseEventStream(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<EventMessage> {
  let buffered: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    buffered = Buffer.concat([buffered, chunk]);
    for (let length = messageLength(buffered); length !== null; length = messageLength(buffered)) {
      yield parseMessage(buffered.subarray(0, length));
      buffered = buffered.subarray(length);
    }
  }
  if (buffered.length > 0) throw new Error("the event stream ended within a message");
}

/** Null until the whole message is there. */
function messageLength(buffered: Buffer): number | null {
  if (buffered.length < PRELUDE_BYTES) return null;
  const length = buffered.readUInt32BE(0);
  if (crc32(buffered.subarray(0, 8)) !== buffered.readUInt32BE(8)) {
    throw new Error("the event stream has a prelude with a wrong checksum");
  }
  if (length < PRELUDE_BYTES + CRC_BYTES || length > MAX_MESSAGE_BYTES) {
    throw new Error(`the event stream has a message of ${length} bytes`);
  }
  return buffered.length < length ? null : length;
}

function parseMessage(message: Buffer): EventMessage {
  const end = message.length - CRC_BYTES;
  if (crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) {
    throw new Error("the event stream has a message with a wrong checksum");
  }
  const headersEnd = PRELUDE_BYTES + message.readUInt32BE(4);
  if (headersEnd > end) throw new Error("the event stream has headers beyond their message");
  return {
    headers: parseHeaders(message.subarray(PRELUDE_BYTES, headersEnd)),
    payload: message.subarray(headersEnd, end),
  };
}

function parseHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    const name = bytes.toString("utf8", at + 1, nameEnd);
    const type = bytes.readUInt8(nameEnd);
    const fixed = VALUE_BYTES[type];
    if (fixed === undefined) throw new Error(`the event stream has a header of type ${type}`);
    const start = nameEnd + 1 + (fixed === null ? 2 : 0);
    at = start + (fixed ?? bytes.readUInt16BE(nameEnd + 1));
    if (at > bytes.length) throw new Error("the event stream has a header beyond its message");
    if (type === TEXT) headers[name] = bytes.toString("utf8", start, at);
  }
  return headers;
}
