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

export function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

/** For messages: a string as it is, anything else as JSON. */
export function shown(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
