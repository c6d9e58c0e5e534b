import { CodecError } from "../../core/codec-error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { invalid, isJsonArray, toObject } from "../fields.ts";
import { snakeCase } from "./proto-fields.ts";

/** JSON Schema of Gemini's own kind, a subset of OpenAPI's: https://ai.google.dev/api/caching#Schema */
export function readSchema(value: Json, at: JsonPath, depth = 0): JsonObject {
  if (depth > MAX_DEPTH) {
    throw new CodecError("invalid_request", at, `is nested deeper than ${MAX_DEPTH} levels`);
  }
  const schema = toObject(value, at);
  const entries: [string, Json][] = [];
  const state: State = { isNullable: false, ordering: [] };
  for (const key in schema) {
    const member = schema[key];
    if (member === undefined || member === null) continue;
    const entry = readMember(canonical(key), member, { at: childPath(at, key), depth, state });
    if (entry !== null) entries.push(entry);
  }
  const read: JsonObject = Object.fromEntries(entries);
  return withNull(withNumbers(ordered(read, state.ordering)), state.isNullable);
}

const MAX_DEPTH = 100;

interface State {
  isNullable: boolean;
  ordering: readonly Json[];
}

interface MemberPlace {
  readonly at: JsonPath;
  readonly depth: number;
  readonly state: State;
}

function readMember(
  key: string,
  value: Json,
  { at, depth, state }: MemberPlace,
): [string, Json] | null {
  switch (key) {
    case "type": {
      const type = readType(value, at);
      return type === null ? null : [key, type];
    }
    case "nullable":
      state.isNullable = value === true;
      return null;
    case "propertyOrdering":
      state.ordering = isJsonArray(value) ? value : [];
      return null;
    case "properties": {
      const properties = toObject(value, at);
      const read = Object.keys(properties).map((name): [string, Json] => [
        name,
        readSchema(properties[name] ?? null, childPath(at, name), depth + 1),
      ]);
      return [key, Object.fromEntries(read)];
    }
    case "items":
      return [key, readSchema(value, at, depth + 1)];
    case "anyOf": {
      if (!isJsonArray(value)) throw new CodecError("invalid_request", at, "must be an array");
      const read = value.map((item, index) => readSchema(item, childPath(at, index), depth + 1));
      return [key, read];
    }
    case "example":
      return ["examples", [value]];
    case "format":
      // It says no more than the enum itself.
      return value === "enum" ? null : [key, value];
    default:
      return [key, COUNTS.has(key) ? readCount(value) : value];
  }
}

function readType(value: Json, at: JsonPath): string | null {
  const type = typeof value === "string" ? value.toLowerCase() : "";
  if (type === "type_unspecified") return null;
  if (TYPES.has(type)) return type;
  if (at.parent === null) throw new CodecError("invalid_request", at, "must be a type");
  throw invalid(at.parent, at.key, `must be one of ${[...TYPES].join(", ").toUpperCase()}`);
}

const TYPES: ReadonlySet<string> = new Set([
  "string",
  "number",
  "integer",
  "boolean",
  "array",
  "object",
  "null",
]);

const COUNTS: ReadonlySet<string> = new Set([
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
]);

/** 64-bit integers are text in the JSON of protocol buffers. */
function readCount(value: Json): Json {
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

const NAMES = ["anyOf", "propertyOrdering", ...COUNTS];

const CANONICAL: ReadonlyMap<string, string> = new Map(
  NAMES.map((name) => [snakeCase(name), name]),
);

function canonical(key: string): string {
  return CANONICAL.get(key) ?? key;
}

/** JSON Schema has no order of properties but that in which they stand. */
function ordered(schema: JsonObject, ordering: readonly Json[]): JsonObject {
  const { properties } = schema;
  if (ordering.length === 0 || !isJsonObject(properties)) return schema;
  const first = ordering.filter(
    (name): name is string => typeof name === "string" && Object.hasOwn(properties, name),
  );
  const names = new Set([...first, ...Object.keys(properties)]);
  const entries = [...names].map((name): [string, Json] => [name, properties[name] ?? null]);
  return { ...schema, properties: Object.fromEntries(entries) };
}

/** Gemini's enums are texts, whatever the type. */
function withNumbers(schema: JsonObject): JsonObject {
  const { type, enum: words } = schema;
  if ((type !== "integer" && type !== "number") || !isJsonArray(words)) return schema;
  const numbers = words.map((word) => (typeof word === "string" ? Number(word) : word));
  return numbers.every((number) => Number.isFinite(number)) ? { ...schema, enum: numbers } : schema;
}

function withNull(schema: JsonObject, isNullable: boolean): JsonObject {
  if (!isNullable) return schema;
  const { type, anyOf, enum: words } = schema;
  const nulls = isJsonArray(words) && !words.includes(null) ? { enum: [...words, null] } : {};
  if (typeof type === "string") return { ...schema, type: [type, "null"], ...nulls };
  return isJsonArray(anyOf) ? { ...schema, anyOf: [...anyOf, { type: "null" }] } : schema;
}
