import { CodecError } from "../../core/codec-error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { invalid, isJsonArray, toObject } from "../fields.ts";
import { snakeCase } from "./proto-fields.ts";

/** JSON Schema of Gemini's own kind, a subset of OpenAPI's: https://ai.google.dev/api/caching#Schema */
export function readSchema(value: Json, at: JsonPath): JsonObject {
  return read(value, at, { depth: 0, isClosed: false });
}

/** The same for an answer, in which Gemini writes no properties but those of the schema. */
export function readClosedSchema(value: Json, at: JsonPath): JsonObject {
  return read(value, at, { depth: 0, isClosed: true });
}

interface Level {
  readonly depth: number;
  readonly isClosed: boolean;
}

function read(value: Json, at: JsonPath, level: Level): JsonObject {
  if (level.depth > MAX_DEPTH) {
    throw new CodecError("invalid_request", at, `is nested deeper than ${MAX_DEPTH} levels`);
  }
  const schema = toObject(value, at);
  const entries: [string, Json][] = [];
  const state: State = { isNullable: false, ordering: [] };
  for (const key in schema) {
    const member = schema[key];
    if (member === undefined || member === null) continue;
    const entry = readMember(canonical(key), member, { at: childPath(at, key), level, state });
    if (entry !== null) entries.push(entry);
  }
  const json = ordered(Object.fromEntries(entries), state.ordering);
  return withNull(withNumbers(level.isClosed ? closed(json) : json), state.isNullable);
}

const MAX_DEPTH = 100;

interface State {
  isNullable: boolean;
  ordering: readonly Json[];
}

interface MemberPlace {
  readonly at: JsonPath;
  readonly level: Level;
  readonly state: State;
}

function readMember(
  key: string,
  value: Json,
  { at, level, state }: MemberPlace,
): [string, Json] | null {
  const inner = { ...level, depth: level.depth + 1 };
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
      const members = Object.keys(properties).map((name): [string, Json] => [
        name,
        read(properties[name] ?? null, childPath(at, name), inner),
      ]);
      return [key, Object.fromEntries(members)];
    }
    case "items":
      return [key, read(value, at, inner)];
    case "anyOf": {
      if (!isJsonArray(value)) throw new CodecError("invalid_request", at, "must be an array");
      const alternatives = value.map((item, index) => read(item, childPath(at, index), inner));
      return [key, alternatives];
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

function closed(schema: JsonObject): JsonObject {
  const { properties, additionalProperties } = schema;
  if (!isJsonObject(properties) || additionalProperties !== undefined) return schema;
  return { ...schema, additionalProperties: false };
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
