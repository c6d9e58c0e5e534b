import { CodecError } from "../core/codec-error.ts";
import type { Extra } from "../core/chat-request.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { childPath, type JsonPath } from "../core/json-path.ts";

/**
 * Reading fields of a body, for all codecs. `at` is the path of the object, not of the field. `read…` wants the field,
 * `readOptional…` gives undefined for a missing field and for null. All throw `CodecError` that names the field.
 */

export function invalid(at: JsonPath, key: string | number, message: string): CodecError {
  return new CodecError("invalid_request", childPath(at, key), message);
}

export function readString(object: JsonObject, key: string, at: JsonPath): string {
  const value = object[key];
  if (typeof value === "string") return value;
  throw wrongType(value, "a string", childPath(at, key));
}

export function readOptionalString(
  object: JsonObject,
  key: string,
  at: JsonPath,
): string | undefined {
  const value = object[key];
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return undefined;
  throw wrongType(value, "a string", childPath(at, key));
}

export function readNumber(object: JsonObject, key: string, at: JsonPath): number {
  const value = object[key];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw wrongType(value, "a number", childPath(at, key));
}

export function readOptionalNumber(
  object: JsonObject,
  key: string,
  at: JsonPath,
): number | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  return readNumber(object, key, at);
}

export function readOptionalInteger(
  object: JsonObject,
  key: string,
  at: JsonPath,
): number | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value)) return readNumber(object, key, at);
  throw wrongType(value, "an integer", childPath(at, key));
}

export function readOptionalBoolean(
  object: JsonObject,
  key: string,
  at: JsonPath,
): boolean | undefined {
  const value = object[key];
  if (typeof value === "boolean") return value;
  if (value === undefined || value === null) return undefined;
  throw wrongType(value, "true or false", childPath(at, key));
}

export function readObject(object: JsonObject, key: string, at: JsonPath): JsonObject {
  const value = object[key];
  if (isJsonObject(value)) return value;
  throw wrongType(value, "an object", childPath(at, key));
}

export function readOptionalObject(
  object: JsonObject,
  key: string,
  at: JsonPath,
): JsonObject | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  return readObject(object, key, at);
}

export function readArray(object: JsonObject, key: string, at: JsonPath): readonly Json[] {
  const value = object[key];
  if (isJsonArray(value)) return value;
  throw wrongType(value, "an array", childPath(at, key));
}

export function readOptionalArray(
  object: JsonObject,
  key: string,
  at: JsonPath,
): readonly Json[] | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  return readArray(object, key, at);
}

/** An item of an array, or any value whose own path is at hand. */
export function toObject(value: Json | undefined, at: JsonPath): JsonObject {
  if (isJsonObject(value)) return value;
  throw wrongType(value, "an object", at);
}

export function toText(value: Json | undefined, at: JsonPath): string {
  if (typeof value === "string") return value;
  throw wrongType(value, "a string", at);
}

/** One of a closed set of words: `toOneOf(value, REASONING_EFFORTS, at)`. */
export function toOneOf<const Word extends string>(
  value: Json | undefined,
  words: readonly Word[],
  at: JsonPath,
): Word {
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  throw wrongType(value, `one of ${words.join(", ")}`, at);
}

export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * For the keys of an object that a codec doesn't read: made once with those it does (words with
 * spaces between), called on each object, collects the
 * rest. Nulls are as good as missing.
 */
export function createExtrasReader(
  known: string,
): (object: JsonObject, at: JsonPath, extras: Extra[]) => void {
  const knownKeys = new Set(known.trim().split(/\s+/));
  return (object, at, extras) => {
    for (const key in object) {
      if (knownKeys.has(key)) continue;
      const value = object[key];
      if (value !== undefined && value !== null) {
        extras.push({ path: childPath(at, key), value, isEssential: false });
      }
    }
  };
}

function wrongType(value: Json | undefined, wanted: string, at: JsonPath): CodecError {
  const found = value === undefined ? "it is missing" : `it is ${describe(value)}`;
  return new CodecError("invalid_request", at, `must be ${wanted}; ${found}`);
}

function describe(value: Json): string {
  if (value === null) return "null";
  if (typeof value === "string") return value.length <= 40 ? JSON.stringify(value) : "a string";
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}
