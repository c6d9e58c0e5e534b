// https://protobuf.dev/programming-guides/json/

import type { Json, JsonObject } from "./json.ts";
import { isJsonArray, isJsonObject } from "./json.ts";
import { invalidArgument } from "./status-error.ts";

/** Reads a value as a field's type takes it, or throws as Google does; paths are written as in the proto files. */
export type Reader = (value: Json, path: string) => Json;

export const text: Reader = (value, path) => {
  if (typeof value !== "string") throw wrongValue(value, path, "TYPE_STRING");
  return value;
};

export const bool: Reader = (value, path) => {
  if (typeof value !== "boolean") throw wrongValue(value, path, "TYPE_BOOL");
  return value;
};

export const int32: Reader = (value, path) => {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || Math.abs(number) > 2 ** 31) {
    throw wrongValue(value, path, "TYPE_INT32");
  }
  return number;
};

/** Comes as a number or a string, and goes as a string. */
export const int64: Reader = (value, path) => {
  const isWhole = typeof value === "number" && Number.isSafeInteger(value);
  if (!isWhole && (typeof value !== "string" || !/^-?\d{1,19}$/.test(value))) {
    throw wrongValue(value, path, "TYPE_INT64");
  }
  return String(value);
};

export const float: Reader = (value, path) => {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) {
    throw wrongValue(value, path, "TYPE_FLOAT");
  }
  return number;
};

/** Base64, ordinary or for URLs. */
export const bytes: Reader = (value, path) => {
  if (typeof value !== "string" || !/^[\w+/-]*={0,2}$/.test(value)) {
    throw wrongValue(value, path, "TYPE_BYTES");
  }
  return value;
};

/** `google.protobuf.Struct`. */
export const struct: Reader = (value, path) => {
  if (!isJsonObject(value))
    throw wrongValue(value, path, "type.googleapis.com/google.protobuf.Struct");
  return value;
};

export const anything: Reader = (value) => value;

export function names(all: readonly string[], isCaseless = false): Reader {
  return (value, path) => {
    const given = isCaseless && typeof value === "string" ? value.toUpperCase() : value;
    if (typeof given === "number" && all[given] !== undefined) return all[given];
    if (typeof given === "string" && all.includes(given)) return given;
    throw wrongValue(value, path, "enum");
  };
}

export function list(item: Reader): Reader {
  return (value, path) => {
    if (!isJsonArray(value)) {
      throw invalidPayload(`Proto field is not repeating, cannot start list at '${path}'.`);
    }
    return value.map((member, index) => item(member, `${path}[${index}]`));
  };
}

/** Any names, one type. */
export function map(item: Reader): Reader {
  return (value, path) => {
    if (!isJsonObject(value)) throw wrongValue(value, path, "map");
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        item(member ?? null, `${path}[${name}]`),
      ]),
    );
  };
}

export interface MessageOptions {
  /** Fields of which at most one may be there. */
  readonly oneOf?: readonly string[];
}

type Fields = Readonly<Record<string, Reader>>;

/** An object with these fields and no others. The fields come from a function so that messages may hold themselves. */
export function message(fields: () => Fields, options: MessageOptions = {}): Reader {
  return (value, path) =>
    readMessage(value, path, { fields: fields(), oneOf: options.oneOf ?? [] });
}

export function readObject(reader: Reader, value: Json, path: string): JsonObject {
  const read = reader(value, path);
  return isJsonObject(read) ? read : {};
}

interface Shape {
  readonly fields: Fields;
  readonly oneOf: readonly string[];
}

function readMessage(value: Json, path: string, shape: Shape): JsonObject {
  const { fields, oneOf } = shape;
  if (!isJsonObject(value)) throw wrongValue(value, path, "message");
  const read: Record<string, Json> = {};
  for (const [name, member] of Object.entries(value)) {
    const known = Object.hasOwn(fields, name) ? name : toCamel(name);
    const reader = Object.hasOwn(fields, known) ? fields[known] : undefined;
    if (reader === undefined) throw unknownName(name, path);
    // A null counts as left out.
    if (member === null || member === undefined) continue;
    if (Object.hasOwn(read, known)) {
      throw invalidPayload(`Proto field is already set at '${join(path, known)}'.`);
    }
    const other = oneOf.includes(known) ? oneOf.find((one) => Object.hasOwn(read, one)) : undefined;
    if (other !== undefined) {
      throw invalidArgument(
        `Invalid value at '${path}' (oneof), oneof field is already set with '${other}'. Cannot set '${name}'`,
      );
    }
    read[known] = reader(member, join(path, known));
  }
  return read;
}

function unknownName(name: string, path: string) {
  const place = path === "" ? "" : ` at '${path}'`;
  return invalidPayload(`Unknown name "${name}"${place}: Cannot find field.`);
}

function invalidPayload(problem: string) {
  return invalidArgument(`Invalid JSON payload received. ${problem}`);
}

function wrongValue(value: Json, path: string, type: string) {
  const shown = JSON.stringify(value).slice(0, 200);
  return invalidArgument(`Invalid value at '${path}' (${type}), ${shown}`);
}

function join(path: string, name: string): string {
  const snake = toSnake(name);
  return path === "" ? snake : `${path}.${snake}`;
}

/** A name as it is spelt in the proto files. */
export function toSnake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function toCamel(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
