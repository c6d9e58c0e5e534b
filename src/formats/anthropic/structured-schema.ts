import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { isJsonArray } from "../fields.ts";
import { printJson } from "../line-fields.ts";
import { schemaProblem } from "./schema-problem.ts";

/** A schema as Anthropic's structured output takes it, or why it can't. */
export type StructuredSchema =
  | {
      readonly kind: "schema";
      readonly schema: JsonObject;
      /** Something that the schema asks for is now only told to the model. */
      readonly isLoosened: boolean;
    }
  | { readonly kind: "problem"; readonly problem: string };

/**
 * Every object is closed, and what the model can't be held to goes into descriptions: as Anthropic's own clients do it.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs
 */
export function toStructuredSchema(schema: JsonObject): StructuredSchema {
  const problem = schemaProblem(schema);
  if (problem !== null) return { kind: "problem", problem };
  const notes = { isLoosened: false };
  return { kind: "schema", schema: fitSchema(schema, notes), isLoosened: notes.isLoosened };
}

interface Notes {
  isLoosened: boolean;
}

function fitSchema(schema: JsonObject, notes: Notes): JsonObject {
  const entries: [string, Json | undefined][] = [];
  const unsaid: [string, Json][] = [];
  const isReference = typeof schema["$ref"] === "string";
  for (const key of Object.keys(schema)) {
    const value = schema[key];
    if (value === undefined || DROPPED.has(key)) continue;
    if (isReference && !BESIDE_REFERENCE.has(key)) continue;
    if (isSaid(key, value, schema))
      entries.push([key === "oneOf" ? "anyOf" : key, fit(key, value, notes)]);
    else unsaid.push([key, value]);
  }
  if (isObjectSchema(schema) && !isReference) entries.push(["additionalProperties", false]);
  if (unsaid.some(([key]) => !ANNOTATIONS.has(key))) notes.isLoosened = true;
  if (unsaid.length > 0) entries.push(["description", describe(schema["description"], unsaid)]);
  return Object.fromEntries(entries);
}

/** `additionalProperties` is always false, and `$schema` constrains nothing. */
const DROPPED: ReadonlySet<string> = new Set(["additionalProperties", "$schema"]);

/** Nothing else is taken where a definition is referred to. */
const BESIDE_REFERENCE: ReadonlySet<string> = new Set(["$ref", "$defs", "definitions"]);

/** What only explains. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  "$id",
  "$comment",
  "examples",
  "readOnly",
  "writeOnly",
  "deprecated",
]);

function isSaid(key: string, value: Json, schema: JsonObject): boolean {
  if (key === "format") return typeof value === "string" && STRING_FORMATS.has(value);
  if (key === "minItems") return value === 0 || value === 1;
  if (key === "oneOf") return schema["anyOf"] === undefined;
  return KEYWORDS.has(key);
}

const KEYWORDS: ReadonlySet<string> = new Set([
  "type",
  "title",
  "description",
  "default",
  "enum",
  "const",
  "properties",
  "required",
  "items",
  "anyOf",
  "allOf",
  "$ref",
  "$defs",
  "definitions",
]);

const STRING_FORMATS: ReadonlySet<string> = new Set([
  "date-time",
  "time",
  "date",
  "duration",
  "email",
  "hostname",
  "uri",
  "ipv4",
  "ipv6",
  "uuid",
]);

function fit(key: string, value: Json, notes: Notes): Json {
  switch (key) {
    case "properties":
    case "$defs":
    case "definitions":
      return isJsonObject(value) ? fitMembers(value, notes) : value;
    case "items":
    case "anyOf":
    case "oneOf":
    case "allOf":
      return isJsonArray(value)
        ? value.map((item) => fitMember(item, notes))
        : fitMember(value, notes);
    default:
      return value;
  }
}

function fitMembers(members: JsonObject, notes: Notes): JsonObject {
  return Object.fromEntries(
    Object.keys(members).map((name) => [name, fitMember(members[name] ?? null, notes)]),
  );
}

function fitMember(value: Json, notes: Notes): Json {
  return isJsonObject(value) ? fitSchema(value, notes) : value;
}

function isObjectSchema(schema: JsonObject): boolean {
  const { type, properties } = schema;
  return (
    type === "object" || (isJsonArray(type) && type.includes("object")) || isJsonObject(properties)
  );
}

function describe(description: Json | undefined, unsaid: readonly [string, Json][]): string {
  const text = unsaid.map(([key, value]) => `${key}: ${printJson(value)}`).join(", ");
  return typeof description === "string" ? `${description}\n\n{${text}}` : `{${text}}`;
}
