import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { isJsonArray } from "../fields.ts";

/**
 * Why Anthropic's structured output can't stand for a schema, in words that follow "the schema"; null where it can. An open object
 * would be closed, so that the model could only leave it empty.
 */
export function schemaProblem(schema: JsonObject): string | null {
  const found: Found = { references: new Set(), optional: 0, problem: null };
  look(schema, found, 0);
  if (found.problem !== null) return found.problem;
  if (found.optional > MAX_OPTIONAL) return `has more than ${MAX_OPTIONAL} optional properties`;
  return found.references.size > 0 && isRecursive(schema) ? "is recursive" : null;
}

/** Anthropic refuses more of them. */
const MAX_OPTIONAL = 24;
const MAX_DEPTH = 100;

interface Found {
  readonly references: Set<string>;
  optional: number;
  problem: string | null;
}

function look(value: Json | undefined, found: Found, depth: number): void {
  if (found.problem !== null) return;
  if (depth > MAX_DEPTH) {
    found.problem = `is nested deeper than ${MAX_DEPTH} levels`;
    return;
  }
  if (isJsonArray(value)) for (const item of value) look(item, found, depth + 1);
  if (!isJsonObject(value)) return;
  if (typeof value["$ref"] === "string") found.references.add(value["$ref"]);
  if (isOpenObject(value)) found.problem = "has an object that takes any property";
  const { properties } = value;
  if (isJsonObject(properties)) found.optional += countOptional(value, properties);
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (MAPS.has(key) && isJsonObject(inner)) {
      for (const name of Object.keys(inner)) look(inner[name], found, depth + 1);
    } else if (!DATA.has(key)) look(inner, found, depth + 1);
  }
}

/** Keywords whose values are schemas by name. */
const MAPS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "dependentSchemas",
  "$defs",
  "definitions",
]);

/** Keywords whose values aren't schemas. */
const DATA: ReadonlySet<string> = new Set(["const", "default", "enum", "examples", "required"]);

function isOpenObject(schema: JsonObject): boolean {
  const { additionalProperties, patternProperties, properties, type } = schema;
  if (additionalProperties === true || isJsonObject(additionalProperties)) return true;
  if (isJsonObject(patternProperties) && Object.keys(patternProperties).length > 0) return true;
  const isObject = type === "object" || (isJsonArray(type) && type.includes("object"));
  return isObject && properties === undefined && additionalProperties !== false;
}

function countOptional(schema: JsonObject, properties: JsonObject): number {
  const required = new Set(isJsonArray(schema["required"]) ? schema["required"] : []);
  return Object.keys(properties).filter((name) => !required.has(name)).length;
}

function isRecursive(root: JsonObject): boolean {
  const open = new Set<string>();
  const done = new Set<string>();
  const visit = (pointer: string): boolean => {
    if (open.has(pointer)) return true;
    if (done.has(pointer) || open.size > MAX_DEPTH) return open.size > MAX_DEPTH;
    open.add(pointer);
    const references = new Set<string>();
    collectReferences(resolvePointer(root, pointer), references);
    for (const reference of references) if (visit(reference)) return true;
    open.delete(pointer);
    done.add(pointer);
    return false;
  };
  return visit("#");
}

/** Definitions are only reached through a reference. */
function collectReferences(value: Json | undefined, references: Set<string>): void {
  if (isJsonArray(value)) for (const item of value) collectReferences(item, references);
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (key === "$ref" && typeof inner === "string") references.add(inner);
    else if (key === "$defs" || key === "definitions" || DATA.has(key)) continue;
    else if (MAPS.has(key) && isJsonObject(inner)) {
      for (const name of Object.keys(inner)) collectReferences(inner[name], references);
    } else collectReferences(inner, references);
  }
}

function resolvePointer(root: JsonObject, pointer: string): Json | undefined {
  if (pointer === "#") return root;
  if (!pointer.startsWith("#/")) return undefined;
  let value: Json | undefined = root;
  for (const segment of pointer.slice(2).split("/")) {
    const key = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    if (isJsonArray(value)) value = value[Number(key)];
    else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}
