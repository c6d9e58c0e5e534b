import type { Extra } from "../../core/chat-request.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import {
  createExtrasReader,
  isJsonArray,
  readArray,
  readOptionalBoolean,
  readOptionalInteger,
  readOptionalNumber,
  readOptionalObject,
  readOptionalString,
} from "../fields.ts";

/**
 * Google's APIs read protocol buffers from JSON: a field is spelled `fileData` or `file_data`, a number may be text, and one
 * item may stand for a list of one. `name` is the first spelling; paths have the body's own.
 */
export function spelled(object: JsonObject, name: string): string {
  if (object[name] !== undefined) return name;
  const other = snakeCase(name);
  return other === name || object[other] === undefined ? name : other;
}

export function protoText(object: JsonObject, name: string, at: JsonPath): string | undefined {
  return readOptionalString(object, spelled(object, name), at);
}

export function protoFlag(object: JsonObject, name: string, at: JsonPath): boolean | undefined {
  return readOptionalBoolean(object, spelled(object, name), at);
}

export function protoObject(
  object: JsonObject,
  name: string,
  at: JsonPath,
): JsonObject | undefined {
  return readOptionalObject(object, spelled(object, name), at);
}

export function protoNumber(object: JsonObject, name: string, at: JsonPath): number | undefined {
  const key = spelled(object, name);
  const number = numberOf(object[key]);
  return number === undefined ? readOptionalNumber(object, key, at) : number;
}

export function protoInteger(object: JsonObject, name: string, at: JsonPath): number | undefined {
  const key = spelled(object, name);
  const number = numberOf(object[key]);
  if (number !== undefined && Number.isSafeInteger(number)) return number;
  return readOptionalInteger(object, key, at);
}

export interface ProtoItem {
  readonly value: Json;
  readonly at: JsonPath;
}

export function protoItems(
  object: JsonObject,
  name: string,
  at: JsonPath,
): readonly ProtoItem[] | undefined {
  const key = spelled(object, name);
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  const listAt = childPath(at, key);
  if (isJsonObject(value)) return [{ value, at: listAt }];
  return readArray(object, key, at).map((item, index) => ({
    value: item,
    at: childPath(listAt, index),
  }));
}

/** Reading what only describes an answer: a value of another type is as good as none. */
export function textIn(object: JsonObject, name: string): string | undefined {
  const value = object[spelled(object, name)];
  return typeof value === "string" ? value : undefined;
}

export function numberIn(object: JsonObject, name: string): number | undefined {
  return numberOf(object[spelled(object, name)]);
}

export function objectIn(object: JsonObject, name: string): JsonObject | undefined {
  const value = object[spelled(object, name)];
  return isJsonObject(value) ? value : undefined;
}

export function arrayIn(object: JsonObject, name: string): readonly Json[] {
  const value = object[spelled(object, name)];
  return isJsonArray(value) ? value : [];
}

export type ExtrasReader = (object: JsonObject, at: JsonPath, extras: Extra[]) => void;

/** As `createExtrasReader`, in both spellings; without an `essential` field the answer would be another. */
export function createProtoExtrasReader(known: string, essential = ""): ExtrasReader {
  const essentialNames = words(essential);
  const names = [...words(known), ...essentialNames];
  const readOthers = createExtrasReader([...names, ...names.map(snakeCase)].join(" "));
  return (object, at, extras) => {
    readOthers(object, at, extras);
    for (const name of essentialNames) {
      const key = spelled(object, name);
      const value = object[key];
      if (value === undefined || value === null) continue;
      extras.push({ path: childPath(at, key), value, isEssential: true });
    }
  };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** Called with our own names only, so it stays small. */
const snakeNames = new Map<string, string>();

export function snakeCase(name: string): string {
  const known = snakeNames.get(name);
  if (known !== undefined) return known;
  const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  snakeNames.set(name, snake);
  return snake;
}

function numberOf(value: Json | undefined): number | undefined {
  if (typeof value === "string") {
    if (value.length > MAX_NUMBER_LENGTH || !NUMBER.test(value)) return undefined;
    return finite(Number(value));
  }
  return typeof value === "number" ? finite(value) : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

const MAX_NUMBER_LENGTH = 40;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
