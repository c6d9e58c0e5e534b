import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { type JsonPath, pathText } from "../../core/json-path.ts";
import { isJsonArray } from "../fields.ts";

/** What becomes of a schema's keyword that Gemini can't say. */
export interface SchemaReport {
  warn(message: string): void;
  refuse(message: string): Error;
}

export interface SchemaWalk {
  readonly root: JsonObject;
  readonly report: SchemaReport;
  /** Said once for a schema, however often a reference to it is written out. */
  readonly warned: Set<string>;
  /** References may double a schema at every level. */
  nodes: number;
}

/** A schema, and the references that led to it. */
export interface Located {
  readonly schema: Json;
  readonly references: References | null;
}

interface References {
  readonly pointer: string;
  readonly parent: References | null;
}

/** A schema without `$ref` and `allOf`. */
export interface PlainSchema {
  readonly schema: JsonObject;
  readonly references: References | null;
}

/** All that holds at one place of a schema: its own keywords first, then what references and `allOf` bring there. */
export function expand(located: readonly Located[], at: JsonPath, walk: SchemaWalk): PlainSchema[] {
  const plain: PlainSchema[] = [];
  const open = located.toReversed();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    countNode(at, walk);
    const { references } = next;
    const schema = toSchema(next.schema, at, walk);
    const { $ref: pointer, allOf } = schema;
    plain.push({ schema, references });
    if (isJsonArray(allOf)) {
      for (const item of allOf.toReversed()) open.push({ schema: item, references });
    }
    if (pointer !== undefined) open.push(follow(pointer, next, { at, walk }));
  }
  return plain;
}

interface Place {
  readonly at: JsonPath;
  readonly walk: SchemaWalk;
}

function follow(pointer: Json, from: Located, { at, walk }: Place): Located {
  const text = typeof pointer === "string" ? pointer : "";
  for (let seen = from.references; seen !== null; seen = seen.parent) {
    if (seen.pointer === text) {
      const name = JSON.stringify(text.slice(0, 200));
      throw walk.report.refuse(`the schema is recursive: ${placeText(at)} refers to ${name} again`);
    }
  }
  const schema = resolvePointer(walk.root, text);
  if (schema === undefined) {
    const name = JSON.stringify(text.slice(0, 200));
    throw walk.report.refuse(`${placeText(at)} refers to ${name}, which isn't in the schema`);
  }
  return { schema, references: { pointer: text, parent: from.references } };
}

function countNode(at: JsonPath, walk: SchemaWalk): void {
  walk.nodes += 1;
  if (walk.nodes <= MAX_NODES) return;
  throw walk.report.refuse(`the schema is too large to be written out, at ${placeText(at)}`);
}

const MAX_NODES = 5000;

function toSchema(value: Json, at: JsonPath, walk: SchemaWalk): JsonObject {
  if (isJsonObject(value)) return value;
  if (value === true) return {};
  if (value === false) throw walk.report.refuse(`no value is valid at ${placeText(at)}`);
  throw walk.report.refuse(`${placeText(at)} must be a schema`);
}

function resolvePointer(root: JsonObject, pointer: string): Json | undefined {
  if (pointer === "#") return root;
  if (!pointer.startsWith("#/")) return undefined;
  let value: Json | undefined = root;
  for (const segment of pointer.slice(2).split("/")) {
    const key = decode(segment).replaceAll("~1", "/").replaceAll("~0", "~");
    if (isJsonArray(value)) value = /^\d{1,9}$/.test(key) ? value[Number(key)] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function placeText(at: JsonPath): string {
  return at.parent === null ? "its top" : pathText(at);
}
