import { isUtf8 } from "node:buffer";

/** Whether a text that comes in chunks is UTF-8, wherever its characters are cut. */
export class Utf8Check {
  /** The beginning of a character that the next chunk completes. */
  #cut: Buffer = Buffer.alloc(0);

  /** False once it is proven not to be. */
  push(chunk: Buffer): boolean {
    let rest = chunk;
    if (this.#cut.length > 0) {
      const length = lengthOf(this.#cut[0] ?? 0);
      const joined = Buffer.concat([this.#cut, chunk.subarray(0, length - this.#cut.length)]);
      rest = chunk.subarray(joined.length - this.#cut.length);
      this.#cut = joined;
      if (joined.length < length) return true;
      if (!isUtf8(joined)) return false;
    }
    const end = rest.length - cutBytes(rest);
    this.#cut = Buffer.from(rest.subarray(end));
    return isUtf8(rest.subarray(0, end));
  }
}

/** How many bytes of a character that isn't complete are at the end. */
function cutBytes(bytes: Buffer): number {
  for (let count = 1; count <= 3 && count <= bytes.length; count += 1) {
    const byte = bytes[bytes.length - count] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return lengthOf(byte) > count ? count : 0;
  }
  return 0;
}

/** Of the character that begins with this byte. */
function lengthOf(byte: number): number {
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}
