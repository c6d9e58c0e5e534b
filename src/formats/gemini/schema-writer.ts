import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { type Facts, gatherFacts, type SchemaType, warnOnce } from "./schema-facts.ts";
import {
  expand,
  type Located,
  type PlainSchema,
  placeText,
  type SchemaReport,
  type SchemaWalk,
} from "./schema-parts.ts";
import { writeNumbers, writeSize } from "./schema-values.ts";

export interface SchemaOptions {
  readonly report: SchemaReport;
  /** Says in which order an object's properties are to be answered, which else is up to the model. */
  readonly keepsOrder: boolean;
}

/** JSON Schema in the words of Gemini's own: https://ai.google.dev/api/caching#Schema (wire.md F.4). */
export function toGeminiSchema(schema: JsonObject, options: SchemaOptions): JsonObject {
  const { report, keepsOrder } = options;
  const key = keyOf(schema, keepsOrder);
  const known = key === null ? undefined : knownSchemas.get(key);
  if (known !== undefined) return known;
  const walk: Walk = { root: schema, report, warned: new Set(), nodes: 0, keepsOrder };
  const written = convert([{ schema, references: null }], { at: ROOT, depth: 0 }, walk);
  // What is warned of has to be said of every line.
  if (key !== null && walk.warned.size === 0) {
    if (knownSchemas.size >= MAX_KNOWN) knownSchemas.clear();
    knownSchemas.set(key, written);
  }
  return written;
}

/** A batch has the same tools in line after line. */
const knownSchemas = new Map<string, JsonObject>();
const MAX_KNOWN = 200;
const MAX_KEY_LENGTH = 10_000;

/** null: too large to be kept, or nested so deep that it's refused. */
function keyOf(schema: JsonObject, keepsOrder: boolean): string | null {
  try {
    const text = JSON.stringify(schema);
    return text.length > MAX_KEY_LENGTH ? null : `${keepsOrder} ${text}`;
  } catch {
    return null;
  }
}

interface Walk extends SchemaWalk {
  readonly keepsOrder: boolean;
}

interface Place {
  readonly at: JsonPath;
  readonly depth: number;
}

const MAX_DEPTH = 64;

function inside(place: Place, ...keys: readonly (string | number)[]): Place {
  return { at: keys.reduce(childPath, place.at), depth: place.depth + 1 };
}

function convert(located: readonly Located[], place: Place, walk: Walk): JsonObject {
  if (place.depth > MAX_DEPTH) {
    throw walk.report.refuse(`the schema is nested deeper than ${MAX_DEPTH} levels`);
  }
  const [only] = located;
  const leaf = located.length === 1 && only !== undefined ? writeLeaf(only.schema) : null;
  if (leaf !== null) return leaf;
  const plain = expand(located, place.at, walk);
  const facts = gatherFacts(plain, place.at, walk);
  return facts.choices.length > 0
    ? writeChoice(facts, { plain, place }, walk)
    : writeTypes(facts, place, walk);
}

/** Most of a schema is plain types with a word about them, which need none of the rest. */
function writeLeaf(schema: Json): JsonObject | null {
  if (!isJsonObject(schema)) return null;
  for (const key in schema) if (key !== "type" && key !== "description") return null;
  const { type: name, description } = schema;
  const type = typeof name === "string" ? LEAF_TYPES.get(name) : undefined;
  if (type === undefined) return null;
  return typeof description === "string" ? { type, description } : { type };
}

const LEAF_TYPES: ReadonlyMap<string, string> = new Map([
  ["string", "STRING"],
  ["integer", "INTEGER"],
  ["number", "NUMBER"],
  ["boolean", "BOOLEAN"],
]);

interface Origin {
  readonly plain: readonly PlainSchema[];
  readonly place: Place;
}

/** Alternatives; what else is said beside them goes into each, since Gemini takes nothing beside `anyOf` but notes. */
function writeChoice(facts: Facts, { plain, place }: Origin, walk: Walk): JsonObject {
  const [choice, ...others] = facts.choices;
  if (choice === undefined) return writeTypes(facts, place, walk);
  if (others.length > 0) {
    warnOnce(`Gemini takes one list of alternatives, not two, at ${placeText(place.at)}`, walk);
  }
  const rest = plain.flatMap(({ schema, references }): Located[] => {
    const said = Object.entries(schema).filter(([key]) => !OUTSIDE_CHOICE.has(key));
    return said.length === 0 ? [] : [{ schema: Object.fromEntries(said), references }];
  });
  const allowsNull = facts.isNullable || facts.types === null || facts.types.includes("null");
  const said = choice.alternatives.filter(({ schema }) => !isNull(schema));
  const isNullable = facts.isNullable || (said.length < choice.alternatives.length && allowsNull);
  const written = said.map((alternative, index) =>
    convert([alternative, ...rest], inside(place, choice.key, index), walk),
  );
  const [only] = written;
  if (only === undefined) return { type: "NULL" };
  const notes = notesOf(facts, CHOICE_NOTES);
  const base = written.length === 1 ? { ...only, ...notes } : { ...notes, anyOf: written };
  return isNullable ? { ...base, nullable: true } : base;
}

const CHOICE_NOTES = ["title", "description", "default", "example"] as const;

const OUTSIDE_CHOICE: ReadonlySet<string> = new Set([
  ...CHOICE_NOTES,
  "examples",
  "anyOf",
  "oneOf",
  "allOf",
  "nullable",
  "$ref",
  "$defs",
  "definitions",
  "$schema",
  "$id",
  "$comment",
  "$anchor",
]);

function isNull(schema: Json): boolean {
  if (!isJsonObject(schema)) return false;
  const { type, const: value, enum: values } = schema;
  if (type === "null" || value === null) return true;
  return Array.isArray(values) && values.length === 1 && values[0] === null;
}

function writeTypes(facts: Facts, place: Place, walk: Walk): JsonObject {
  const types = facts.types ?? inferTypes(facts);
  if (types === null) return writeAnything(facts, place, walk);
  const isNullable =
    facts.values === null
      ? facts.isNullable || types.includes("null")
      : facts.values.includes(null) && (facts.isNullable || types.includes("null"));
  const written = types.flatMap((type) => writeType(type, facts, { place, walk }));
  const [only] = written;
  const notes = notesOf(facts, CHOICE_NOTES);
  if (only === undefined) {
    if (isNullable) return { ...notes, type: "NULL" };
    throw walk.report.refuse(`no value is valid at ${placeText(place.at)}`);
  }
  const base = written.length === 1 ? { ...notes, ...only } : { ...notes, anyOf: written };
  return isNullable ? { ...base, nullable: true } : base;
}

function inferTypes({
  values,
  properties,
  required,
  items,
  tuple,
  bounds,
  notes,
}: Facts): readonly SchemaType[] | null {
  if (values !== null) {
    return (["string", "number", "boolean", "null"] as const).filter((type) =>
      values.some((value) => (value === null ? "null" : typeof value) === type),
    );
  }
  if (properties.size > 0 || required.size > 0) return ["object"];
  if (items.length > 0 || tuple.length > 0) return ["array"];
  if (bounds.has("minLength") || bounds.has("maxLength") || notes.has("pattern")) return ["string"];
  return bounds.has("minimum") || bounds.has("maximum") ? ["number"] : null;
}

/** Gemini wants a type everywhere. */
function writeAnything(facts: Facts, place: Place, walk: Walk): JsonObject {
  warnOnce(
    `Gemini wants a type: any JSON is taken, but no arrays of arrays, at ${placeText(place.at)}`,
    walk,
  );
  return { ...notesOf(facts, CHOICE_NOTES), ...ANYTHING };
}

const SIMPLE = [{ type: "STRING" }, { type: "NUMBER" }, { type: "BOOLEAN" }, { type: "OBJECT" }];
const ANYTHING: JsonObject = {
  anyOf: [...SIMPLE, { type: "ARRAY", items: { anyOf: SIMPLE } }],
  nullable: true,
};

interface Target {
  readonly place: Place;
  readonly walk: Walk;
}

/** None where the values leave nothing of the type. */
function writeType(type: SchemaType, facts: Facts, { place, walk }: Target): JsonObject[] {
  switch (type) {
    case "null":
      return [];
    case "string":
      return writeString(facts);
    case "integer":
    case "number":
      return writeNumbers(type, facts, { at: place.at, walk });
    case "boolean":
      return writeBoolean(facts, place, walk);
    case "array":
      return facts.values === null ? [writeArray(facts, place, walk)] : [];
    case "object":
      return facts.values === null ? [writeObject(facts, place, walk)] : [];
  }
}

function writeString(facts: Facts): JsonObject[] {
  const { values } = facts;
  if (values !== null) {
    const words = values.filter((value) => typeof value === "string");
    return words.length === 0 ? [] : [{ type: "STRING", enum: words }];
  }
  return [
    { type: "STRING", ...notesOf(facts, ["format", "pattern"]), ...writeSize("Length", facts) },
  ];
}

function writeBoolean(facts: Facts, place: Place, walk: Walk): JsonObject[] {
  const { values } = facts;
  const said = values?.filter((value) => typeof value === "boolean");
  if (said?.length === 0) return [];
  if (said?.length === 1) {
    warnOnce(
      `Gemini can't say which of true and false it must be, at ${placeText(place.at)}`,
      walk,
    );
  }
  return [{ type: "BOOLEAN" }];
}

function writeArray(facts: Facts, place: Place, walk: Walk): JsonObject {
  const size = writeSize("Items", facts);
  const { items, tuple } = facts;
  if (tuple.length === 0) {
    const schema = items.length === 0 ? [ANY] : items;
    return { type: "ARRAY", items: convert(schema, inside(place, "items"), walk), ...size };
  }
  warnOnce(`Gemini's arrays have one schema for all items, at ${placeText(place.at)}`, walk);
  const written = tuple.map((item, index) => convert([item], inside(place, "items", index), walk));
  const [only] = written;
  return { type: "ARRAY", items: written.length === 1 ? only : { anyOf: written }, ...size };
}

const ANY: Located = { schema: {}, references: null };

function writeObject(facts: Facts, place: Place, walk: Walk): JsonObject {
  const { properties, ordering } = facts;
  const size = writeSize("Properties", facts);
  const written = [...properties].map(([name, located]): [string, JsonObject] => [
    name,
    convert(located, inside(place, "properties", name), walk),
  ]);
  const required = [...facts.required].filter((name) => properties.has(name));
  if (required.length < facts.required.size) {
    warnOnce(`only what is under "properties" can be required, at ${placeText(place.at)}`, walk);
  }
  // Gemini refuses an object of properties that is empty.
  if (written.length === 0) return { type: "OBJECT", ...size };
  const names = new Set([...ordering.filter((name) => properties.has(name)), ...properties.keys()]);
  return {
    type: "OBJECT",
    properties: Object.fromEntries(written),
    ...(required.length > 0 ? { required } : {}),
    ...(walk.keepsOrder && names.size > 1 ? { propertyOrdering: [...names] } : {}),
    ...size,
  };
}

function notesOf(facts: Facts, names: readonly string[]): JsonObject {
  const said = names.flatMap((name): [string, Json][] => {
    const value = facts.notes.get(name);
    const isText = typeof value === "string" || name === "default" || name === "example";
    return value === undefined || value === null || !isText ? [] : [[name, value]];
  });
  return Object.fromEntries(said);
}
