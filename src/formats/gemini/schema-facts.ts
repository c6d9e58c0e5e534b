import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { isJsonArray } from "../fields.ts";
import { type Located, type PlainSchema, placeText, type SchemaWalk } from "./schema-parts.ts";

export type SchemaType = "string" | "number" | "integer" | "boolean" | "array" | "object" | "null";

/** What the schemas of one place say together. */
export interface Facts {
  /** Null: any. */
  types: readonly SchemaType[] | null;
  /** OpenAPI's word, which many clients write into JSON Schema. */
  isNullable: boolean;
  /** `enum` and `const`; null: any. */
  values: readonly Primitive[] | null;
  /** Title, description and the like, as the schema nearest to the place says them. */
  readonly notes: Map<string, Json>;
  readonly bounds: Map<string, number>;
  readonly properties: Map<string, Located[]>;
  readonly required: Set<string>;
  readonly items: Located[];
  /** Of a tuple: what stands at each of its places. */
  readonly tuple: Located[];
  /** `anyOf` and `oneOf`. */
  readonly choices: Choice[];
  ordering: readonly string[];
}

type Primitive = string | number | boolean | null;

interface Choice {
  readonly key: string;
  readonly alternatives: readonly Located[];
}

export function gatherFacts(
  schemas: readonly PlainSchema[],
  at: JsonPath,
  walk: SchemaWalk,
): Facts {
  const facts: Facts = {
    types: null,
    isNullable: false,
    values: null,
    notes: new Map(),
    bounds: new Map(),
    properties: new Map(),
    required: new Set(),
    items: [],
    tuple: [],
    choices: [],
    ordering: [],
  };
  for (const plain of schemas) {
    for (const key in plain.schema) {
      const value = plain.schema[key];
      if (value !== undefined) addKeyword(facts, { key, value, plain }, { at, walk });
    }
  }
  return facts;
}

interface Keyword {
  readonly key: string;
  readonly value: Json;
  readonly plain: PlainSchema;
}

interface Place {
  readonly at: JsonPath;
  readonly walk: SchemaWalk;
}

function addKeyword(facts: Facts, keyword: Keyword, place: Place): void {
  const { key, value, plain } = keyword;
  const { references } = plain;
  switch (key) {
    case "type":
      facts.types = narrowTypes(facts.types, readTypes(value, place));
      return;
    case "nullable":
      facts.isNullable ||= value === true;
      return;
    case "enum":
      if (isJsonArray(value)) facts.values = narrowValues(facts.values, value, place);
      return;
    case "const":
      facts.values = narrowValues(facts.values, [value], place);
      return;
    case "properties":
      if (isJsonObject(value)) addProperties(facts, value, plain);
      return;
    case "required":
      if (isJsonArray(value)) {
        for (const name of value) if (typeof name === "string") facts.required.add(name);
      }
      return;
    case "prefixItems":
    case "items":
      if (!isJsonArray(value)) facts.items.push({ schema: value, references });
      else for (const schema of value) facts.tuple.push({ schema, references });
      return;
    case "anyOf":
    case "oneOf":
      if (isJsonArray(value) && value.length > 0) {
        const alternatives = value.map((schema) => ({ schema, references }));
        facts.choices.push({ key, alternatives });
      }
      return;
    case "propertyOrdering":
      if (isJsonArray(value)) facts.ordering = value.filter((name) => typeof name === "string");
      return;
    case "examples":
      if (isJsonArray(value) && value[0] !== undefined) note(facts, "example", value[0]);
      return;
    default:
      addOther(facts, keyword, place);
  }
}

function addOther(facts: Facts, { key, value, plain }: Keyword, place: Place): void {
  if (NOTES.has(key)) note(facts, key, value);
  else if (key.startsWith("min") && BOUNDS.has(key)) raise(facts, key, value);
  else if (key.startsWith("max") && BOUNDS.has(key)) lower(facts, key, value);
  // The oldest drafts say with true that the bound itself is left out.
  else if (key === "exclusiveMinimum") {
    raise(facts, key, value === true ? plain.schema["minimum"] : value);
  } else if (key === "exclusiveMaximum") {
    lower(facts, key, value === true ? plain.schema["maximum"] : value);
  } else if (!isWithoutEffect(key, value)) warnOfKeyword(key, place);
}

const NOTES: ReadonlySet<string> = new Set([
  "title",
  "description",
  "default",
  "example",
  "format",
  "pattern",
]);

const BOUNDS: ReadonlySet<string> = new Set([
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
]);

/** Gemini's objects are closed anyway, and the rest tells readers of schemas something, not the model. */
function isWithoutEffect(key: string, value: Json): boolean {
  if (key === "additionalProperties" || key === "unevaluatedProperties") return value === false;
  if (key === "additionalItems" || key === "unevaluatedItems") return value === false;
  return SILENT.has(key);
}

const SILENT: ReadonlySet<string> = new Set([
  "$ref",
  "allOf",
  "$schema",
  "$id",
  "$comment",
  "$anchor",
  "$defs",
  "definitions",
  "deprecated",
  "readOnly",
  "writeOnly",
  "strict",
]);

function warnOfKeyword(key: string, { at, walk }: Place): void {
  const name = JSON.stringify(key.slice(0, 80));
  warnOnce(`Gemini's schemas have no ${name}: left out at ${placeText(at)}`, walk);
}

export function warnOnce(message: string, walk: SchemaWalk): void {
  if (walk.warned.has(message)) return;
  walk.warned.add(message);
  walk.report.warn(message);
}

function note(facts: Facts, key: string, value: Json): void {
  if (!facts.notes.has(key)) facts.notes.set(key, value);
}

function raise(facts: Facts, key: string, value: Json | undefined): void {
  if (typeof value !== "number") return;
  facts.bounds.set(key, Math.max(value, facts.bounds.get(key) ?? value));
}

function lower(facts: Facts, key: string, value: Json | undefined): void {
  if (typeof value !== "number") return;
  facts.bounds.set(key, Math.min(value, facts.bounds.get(key) ?? value));
}

function addProperties(facts: Facts, properties: JsonObject, { references }: PlainSchema): void {
  for (const name of Object.keys(properties)) {
    const schema = properties[name];
    if (schema === undefined) continue;
    const known = facts.properties.get(name);
    if (known === undefined) facts.properties.set(name, [{ schema, references }]);
    else known.push({ schema, references });
  }
}

function readTypes(value: Json, { at, walk }: Place): readonly SchemaType[] {
  const names = isJsonArray(value) ? value : [value];
  return names.map((name) => {
    const word = typeof name === "string" ? name.toLowerCase() : "";
    const type = TYPES.find((candidate) => candidate === word);
    if (type !== undefined) return type;
    throw walk.report.refuse(`${placeText(childPath(at, "type"))} is no type of JSON Schema`);
  });
}

const TYPES: readonly SchemaType[] = [
  "string",
  "number",
  "integer",
  "boolean",
  "array",
  "object",
  "null",
];

function narrowTypes(
  known: readonly SchemaType[] | null,
  types: readonly SchemaType[],
): readonly SchemaType[] {
  const unique = [...new Set(types)];
  if (known === null) return unique;
  const both = known.filter((type) => unique.includes(type));
  const hasInteger =
    (known.includes("integer") && unique.includes("number")) ||
    (known.includes("number") && unique.includes("integer"));
  return hasInteger && !both.includes("integer") ? [...both, "integer"] : both;
}

function narrowValues(
  known: readonly Primitive[] | null,
  values: readonly Json[],
  { at, walk }: Place,
): readonly Primitive[] {
  const primitives = new Set<Primitive>();
  for (const value of values) {
    if (typeof value === "object" && value !== null) {
      throw walk.report.refuse(
        `an enum of objects or arrays has no equivalent, at ${placeText(at)}`,
      );
    }
    primitives.add(value);
  }
  return known === null ? [...primitives] : known.filter((value) => primitives.has(value));
}
