// https://smithy.io/2.0/spec/constraint-traits.html: how AWS describes what an API takes

import type { Json, JsonObject } from "../json.ts";
import { isJsonArray, isJsonObject } from "../json.ts";

/** What may stand at a place of a body. Data, so that a test can hold it against AWS's own models. */
export type Shape =
  | { readonly kind: "anything" | "object" | "boolean" }
  | { readonly kind: "integer" | "number"; readonly min?: number; readonly max?: number }
  | ({ readonly kind: "text" } & TextBounds)
  | { readonly kind: "blob" }
  | { readonly kind: "oneOf"; readonly values: readonly string[] }
  | ({ readonly kind: "list"; readonly of: Shape } & Bounds)
  | ({ readonly kind: "map"; readonly of: Shape; readonly keys: Shape } & Bounds)
  | Structure
  /** Told apart by their member `type`. */
  | { readonly kind: "typed"; readonly variants: Members; readonly otherwise: string | null }
  /** Told apart by the kind of JSON. */
  | { readonly kind: "textOr"; readonly text: Shape; readonly other: Shape };

export interface Structure {
  readonly kind: "structure";
  readonly members: Members;
  readonly required: readonly string[];
  /** Exactly one member. */
  readonly isUnion: boolean;
}

export type Members = Readonly<Record<string, Shape>>;

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

interface TextBounds extends Bounds {
  /** Of the whole text. */
  readonly pattern?: RegExp;
}

export const anything: Shape = { kind: "anything" };
export const object: Shape = { kind: "object" };
export const boolean: Shape = { kind: "boolean" };
export const blob: Shape = { kind: "blob" };
export const text = (bounds: TextBounds = {}): Shape => ({ kind: "text", ...bounds });
export const integer = (bounds: Bounds = {}): Shape => ({ kind: "integer", ...bounds });
export const number = (bounds: Bounds = {}): Shape => ({ kind: "number", ...bounds });
export const oneOf = (values: readonly string[]): Shape => ({ kind: "oneOf", values });
export const list = (of: Shape, bounds: Bounds = {}): Shape => ({ kind: "list", of, ...bounds });
/** `otherwise` is the type of a value that names none. */
export const typed = (variants: Members, otherwise: string | null = null): Shape => ({
  kind: "typed",
  variants,
  otherwise,
});
export const textOr = (other: Shape, own: Shape = text()): Shape => ({
  kind: "textOr",
  text: own,
  other,
});

export function map(keys: Shape, of: Shape, bounds: Bounds = {}): Shape {
  return { kind: "map", keys, of, ...bounds };
}

export function structure(members: Members, required: readonly string[] = []): Structure {
  return { kind: "structure", members, required, isUnion: false };
}

export function union(members: Members): Structure {
  return { kind: "structure", members, required: [], isUnion: true };
}

type Path = readonly (string | number)[];

/** What is wrong with a value; each API words it in its own way. */
export type Violation = { readonly path: Path } & (
  | { readonly kind: "missing" | "unknown"; readonly member: string }
  | { readonly kind: "type"; readonly expected: string; readonly value: Json }
  | { readonly kind: "short" | "long"; readonly bound: number; readonly value: string }
  | { readonly kind: "few" | "many"; readonly bound: number; readonly count: number }
  | { readonly kind: "small" | "large"; readonly bound: number; readonly value: number }
  | { readonly kind: "pattern"; readonly pattern: string; readonly value: string }
  | { readonly kind: "value"; readonly values: readonly string[]; readonly value: Json }
  | { readonly kind: "union"; readonly members: readonly string[] }
  | { readonly kind: "base64" }
);

/** The first thing that is wrong; null if nothing is. A member that is null counts as left out. */
export function findViolation(shape: Shape, value: Json, path: Path = []): Violation | null {
  switch (shape.kind) {
    case "anything":
      return null;
    case "object":
      return isJsonObject(value) ? null : wrongType("object", value, path);
    case "boolean":
      return typeof value === "boolean" ? null : wrongType("boolean", value, path);
    case "integer":
    case "number":
      return inNumber(shape, value, path);
    case "text":
      return inText(shape, value, path);
    case "blob":
      if (typeof value !== "string") return wrongType("string", value, path);
      return value !== "" && BASE64.test(value) ? null : { kind: "base64", path };
    case "oneOf":
      if (typeof value === "string" && shape.values.includes(value)) return null;
      return { kind: "value", values: shape.values, value, path };
    case "list":
      return inList(shape, value, path);
    case "map":
      return inMap(shape, value, path);
    case "structure":
      return inStructure(shape, value, path);
    case "typed":
      return inTyped(shape, value, path);
    case "textOr":
      return findViolation(typeof value === "string" ? shape.text : shape.other, value, path);
  }
}

type Of<Kind extends Shape["kind"]> = Extract<Shape, { readonly kind: Kind }>;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function wrongType(expected: string, value: Json, path: Path): Violation {
  return { kind: "type", expected, value, path };
}

function inNumber(
  shape: { readonly kind: "integer" | "number" } & Bounds,
  value: Json,
  path: Path,
): Violation | null {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = shape;
  const isRight = shape.kind === "number" || Number.isInteger(value);
  if (typeof value !== "number" || !isRight) return wrongType(shape.kind, value, path);
  if (value < min) return { kind: "small", bound: min, value, path };
  return value > max ? { kind: "large", bound: max, value, path } : null;
}

function inText(shape: TextBounds, value: Json, path: Path): Violation | null {
  const { min = 0, max = Number.POSITIVE_INFINITY, pattern } = shape;
  if (typeof value !== "string") return wrongType("string", value, path);
  if (value.length < min) return { kind: "short", bound: min, value, path };
  if (value.length > max) return { kind: "long", bound: max, value, path };
  if (pattern === undefined || pattern.test(value)) return null;
  return { kind: "pattern", pattern: pattern.source, value, path };
}

function inCount(shape: Bounds, count: number, path: Path): Violation | null {
  const { min = 0, max = Number.POSITIVE_INFINITY } = shape;
  if (count < min) return { kind: "few", bound: min, count, path };
  return count > max ? { kind: "many", bound: max, count, path } : null;
}

function inList(shape: Of<"list">, value: Json, path: Path): Violation | null {
  if (!isJsonArray(value)) return wrongType("array", value, path);
  const found = inCount(shape, value.length, path);
  return found ?? first(value, (item, index) => findViolation(shape.of, item, [...path, index]));
}

function inMap(shape: Of<"map">, value: Json, path: Path): Violation | null {
  if (!isJsonObject(value)) return wrongType("object", value, path);
  const entries = Object.entries(value);
  const found = inCount(shape, entries.length, path);
  return (
    found ??
    first(
      entries,
      ([key, item]) =>
        findViolation(shape.keys, key, path) ??
        findViolation(shape.of, item ?? null, [...path, key]),
    )
  );
}

function inStructure(shape: Structure, value: Json, path: Path): Violation | null {
  if (!isJsonObject(value)) return wrongType("object", value, path);
  const given = givenMembers(value);
  const names = Object.keys(shape.members);
  if (shape.isUnion && given.length !== 1) return { kind: "union", members: names, path };
  const missing = shape.required.find((name) => !given.some(([one]) => one === name));
  if (missing !== undefined) return { kind: "missing", member: missing, path };
  return first(given, ([name, item]) => {
    const member = Object.hasOwn(shape.members, name) ? shape.members[name] : undefined;
    if (member === undefined) return { kind: "unknown", member: name, path };
    return findViolation(member, item, [...path, name]);
  });
}

function inTyped(shape: Of<"typed">, value: Json, path: Path): Violation | null {
  if (!isJsonObject(value)) return wrongType("object", value, path);
  const { variants, otherwise } = shape;
  const type = value["type"] ?? otherwise;
  if (type === null) return { kind: "missing", member: "type", path };
  const known = typeof type === "string" && Object.hasOwn(variants, type) ? type : null;
  const variant = known === null ? undefined : variants[known];
  if (variant === undefined) {
    return { kind: "value", values: Object.keys(variants), value: type, path: [...path, "type"] };
  }
  if (variant.kind !== "structure") return findViolation(variant, value, path);
  return inStructure({ ...variant, members: { ...variant.members, type: anything } }, value, path);
}

function givenMembers(value: JsonObject): readonly (readonly [string, Json])[] {
  const given: (readonly [string, Json])[] = [];
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined && item !== null) given.push([name, item]);
  }
  return given;
}

function first<Item>(
  items: readonly Item[],
  find: (item: Item, index: number) => Violation | null,
): Violation | null {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== null) return found;
  }
  return null;
}
