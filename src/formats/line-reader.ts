import { CodecError } from "../core/codec-error.ts";
import type { Format, LineCodec } from "../core/format.ts";
import type { JsonObject } from "../core/json.ts";
import { memberString } from "../lib/member-string.ts";
import { detectLine } from "./detect.ts";
import { parseLine } from "./line-fields.ts";

/** A line as it was found: parsed once, of a format that its keys tell. */
export interface FoundLine {
  readonly text: string;
  readonly object: JsonObject;
  readonly keys: readonly string[];
  readonly format: Format;
}

export class LineReader {
  readonly #formats: readonly Format[];
  readonly #likely: Format;
  readonly #kind: "request" | "result";
  readonly #idKeys: readonly string[];

  constructor(formats: readonly Format[], likely: Format, kind: "request" | "result") {
    this.#formats = formats;
    this.#likely = likely;
    this.#kind = kind;
    const codecs = [likely, ...formats].map((format) => this.#codecOf(format));
    this.#idKeys = [...new Set(codecs.flatMap(({ idKey }) => idKey ?? []))];
  }

  /** Throws `CodecError`. */
  read(text: string): FoundLine {
    const object = parseLine(text);
    const keys = Object.keys(object);
    return { text, object, keys, format: this.#formatOf(keys) };
  }

  #formatOf(keys: readonly string[]): Format {
    if (this.#codecOf(this.#likely).recognises(keys)) return this.#likely;
    const found = detectLine(keys, this.#formats);
    // The codec that was expected says best what is missing.
    if (found.kind === "unknown") return this.#likely;
    if (found.kind !== this.#kind) {
      const message = `the line is a ${found.kind} of ${found.format}, and here belong ${this.#kind}s`;
      throw new CodecError("invalid_request", "", message);
    }
    return this.#formats.find(({ name }) => name === found.format) ?? this.#likely;
  }

  /** The custom id of a line that can't be read, if it can be made out. */
  findCustomId(head: Uint8Array): string | null {
    const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
    for (const key of this.#idKeys) {
      const customId = memberString(bytes, key);
      if (customId !== null && customId !== "") return customId;
    }
    return null;
  }

  #codecOf(format: Format): Pick<LineCodec<unknown>, "recognises" | "idKey"> {
    return this.#kind === "request" ? format.requestLine : format.resultLine;
  }
}

/** White space as JSON knows it; a line of any other is a line, here as for who counts them. */
export function isBlank(text: string): boolean {
  return !/[^ \t\r\n]/.test(text);
}
