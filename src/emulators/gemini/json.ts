export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

export function parseJson(source: string): Json {
  const value: unknown = JSON.parse(source);
  if (!isJson(value)) throw new SyntaxError("not JSON");
  return value;
}

/** `JSON.parse` gives nothing else; this only tells the compiler. */
function isJson(value: unknown): value is Json {
  return value !== undefined;
}

/** The objects of a list; none if it isn't one. */
export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return isJsonArray(value) ? value.filter(isJsonObject) : [];
}

export function stringsOf(value: Json | undefined): readonly string[] {
  return isJsonArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** An object, empty where there is none. */
export function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A number, or one that was sent as a string, as 64-bit integers are. */
export function numberOf(value: Json | undefined, otherwise: number): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : otherwise;
}
