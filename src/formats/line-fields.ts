import { CodecError } from "../core/codec-error.ts";
import type { LineFields } from "../core/format.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { LineBody } from "../core/lines.ts";
import { findJsonMember } from "../lib/json-span.ts";

/** A line whose bodies are to be read: parsed once, as a whole. */
export function readLine(text: string): LineFields {
  return readFields(parseLine(text));
}

/** A line whose bodies are to pass as they are: checked to be JSON, then cut out of the text. */
export function cutLine(text: string): LineFields {
  return cutFields(parseLine(text), text);
}

/** The same for a line that is parsed already, since both views of it may be needed. */
export function readFields(object: JsonObject): LineFields {
  return new ParsedFields(object, "");
}

export function cutFields(object: JsonObject, text: string): LineFields {
  return new CutFields(object, "", text);
}

/** The JSON text of a body, for the `write` of line codecs. */
export function bodyText(body: LineBody): string {
  return body.kind === "raw" ? body.text : printJson(body.value);
}

/** `JSON.parse` reads any depth, `JSON.stringify` overflows the stack at some thousand levels. */
export function printJson(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CodecError("invalid_request", "", "the body is nested too deep to be written");
  }
}

export function parseLine(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Of a text of one line, its lines and columns only mislead.
    const said = error instanceof Error ? error.message.replace(/ \(line.*$/s, "") : "";
    const reason = said.slice(0, 200);
    throw new CodecError("invalid_request", "", `the line is not valid JSON: ${reason}`);
  }
  if (isJsonObject(value)) return value;
  throw new CodecError("invalid_request", "", "the line must be a JSON object");
}

class ParsedFields implements LineFields {
  protected readonly object: JsonObject;
  protected readonly path: string;

  constructor(object: JsonObject, path: string) {
    this.object = object;
    this.path = path;
  }

  get keys(): readonly string[] {
    return Object.keys(this.object);
  }

  get(key: string): Json | undefined {
    // Asked for own keys only, so that "constructor" finds nothing.
    return Object.hasOwn(this.object, key) ? this.object[key] : undefined;
  }

  inner(key: string): LineFields | null {
    const value = this.get(key);
    return isJsonObject(value) ? new ParsedFields(value, this.pathOf(key)) : null;
  }

  body(key: string): LineBody {
    return { kind: "value", value: this.objectAt(key) };
  }

  protected objectAt(key: string): JsonObject {
    const value = this.get(key);
    if (isJsonObject(value)) return value;
    throw new CodecError("invalid_request", this.pathOf(key), "must be an object");
  }

  protected pathOf(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }
}

class CutFields extends ParsedFields {
  readonly #text: string;

  constructor(object: JsonObject, path: string, text: string) {
    super(object, path);
    this.#text = text;
  }

  override inner(key: string): LineFields | null {
    const value = this.get(key);
    return isJsonObject(value) ? new CutFields(value, this.pathOf(key), this.#cut(key)) : null;
  }

  override body(key: string): LineBody {
    this.objectAt(key);
    return { kind: "raw", text: this.#cut(key) };
  }

  #cut(key: string): string {
    const member = findJsonMember(this.#text, 0, key);
    return member === undefined ? "{}" : this.#text.slice(member.valueStart, member.valueEnd);
  }
}
