import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { isJsonArray } from "./fields.ts";

/**
 * Reading what only describes an answer: a value of another type than expected is as good as none, since an answer that was
 * paid for isn't thrown away for it.
 */

export function stringIn(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === "string" ? value : undefined;
}

export function numberIn(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A number of tokens, say: never negative. */
export function countIn(object: JsonObject, key: string): number | undefined {
  const value = numberIn(object, key);
  return value !== undefined && value >= 0 ? value : undefined;
}

export function objectIn(object: JsonObject, key: string): JsonObject | undefined {
  const value = object[key];
  return isJsonObject(value) ? value : undefined;
}

export function arrayIn(object: JsonObject, key: string): readonly Json[] {
  const value = object[key];
  return isJsonArray(value) ? value : [];
}
