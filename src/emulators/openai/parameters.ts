import { ApiError, badRequest } from "./api-error.ts";
import type { Json, JsonObject } from "../json.ts";
import { isJsonArray, isJsonObject } from "../json.ts";

/** Throws where a value isn't what OpenAI takes under that name. */
export type Rule = (value: Json, path: string) => void;
export type Rules = Readonly<Record<string, Rule>>;

/** The names that must be there come first, in the order in which OpenAI misses them. */
export function checkParameters(body: JsonObject, rules: Rules, required: readonly string[]): void {
  checkMembers(body, { rules, required, path: "" });
}

interface Members {
  readonly rules: Rules;
  readonly required: readonly string[];
  readonly path: string;
}

function checkMembers(value: JsonObject, members: Members): void {
  const { rules, required, path } = members;
  for (const name of required) {
    const member = value[name];
    if (member === undefined || (member === null && path === "")) {
      throw missingParameter(join(path, name));
    }
  }
  for (const [name, member] of Object.entries(value)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const full = join(path, name);
    if (rule === undefined) {
      throw badRequest(`Unknown parameter: '${full}'.`, full, "unknown_parameter");
    }
    // Almost every optional parameter may be null and then means the same as left out.
    if (member !== null && member !== undefined) rule(member, full);
  }
}

export function missingParameter(name: string): ApiError {
  return badRequest(`Missing required parameter: '${name}'.`, name, "missing_required_parameter");
}

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export function decimal(bounds: Bounds = {}): Rule {
  return (value, path) => {
    if (typeof value !== "number") throw wrongType(value, path, "a decimal");
    checkBounds(value, path, { ...bounds, kind: "decimal" });
  };
}

export function integer(bounds: Bounds = {}): Rule {
  return (value, path) => {
    if (typeof value !== "number" || !Number.isInteger(value)) {
      throw wrongType(value, path, "an integer");
    }
    checkBounds(value, path, { ...bounds, kind: "integer" });
  };
}

export function boolean(): Rule {
  return (value, path) => {
    if (typeof value !== "boolean") throw wrongType(value, path, "a boolean");
  };
}

export interface TextBounds {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
}

export function text(bounds: TextBounds = {}): Rule {
  return (value, path) => {
    if (typeof value !== "string") throw wrongType(value, path, "a string");
    if (value.length < (bounds.min ?? 0)) {
      const wanted = `Expected a string with minimum length ${bounds.min}`;
      throw badRequest(
        `Invalid '${path}': empty string. ${wanted}, but got an empty string instead.`,
        path,
        "empty_string",
      );
    }
    if (value.length > (bounds.max ?? Number.POSITIVE_INFINITY)) {
      const wanted = `Expected a string with maximum length ${bounds.max}`;
      throw badRequest(
        `Invalid '${path}': string too long. ${wanted}, but got a string with length ${value.length} instead.`,
        path,
        "string_above_max_length",
      );
    }
    if (bounds.pattern !== undefined && !bounds.pattern.test(value)) {
      const wanted = `Expected a string that matches the pattern '${bounds.pattern.source}'.`;
      throw badRequest(
        `Invalid '${path}': string does not match pattern. ${wanted}`,
        path,
        "invalid_value",
      );
    }
  };
}

export function oneOf(values: readonly string[]): Rule {
  return (value, path) => {
    if (typeof value !== "string") throw wrongType(value, path, "a string");
    if (!values.includes(value)) throw wrongValue(value, path, values);
  };
}

export function list(rule: Rule, bounds: Bounds = {}): Rule {
  return (value, path) => {
    if (!isJsonArray(value)) throw wrongType(value, path, "an array");
    const length = value.length;
    if (length < (bounds.min ?? 0)) {
      throw badRequest(
        `Invalid '${path}': empty array. Expected an array with minimum length ${bounds.min}, but got an empty array instead.`,
        path,
        "empty_array",
      );
    }
    if (length > (bounds.max ?? Number.POSITIVE_INFINITY)) {
      throw badRequest(
        `Invalid '${path}': array too long. Expected an array with maximum length ${bounds.max}, but got an array with length ${length} instead.`,
        path,
        "array_above_max_length",
      );
    }
    for (const [index, item] of value.entries()) rule(item, `${path}[${index}]`);
  };
}

export function record(rules: Rules, required: readonly string[] = []): Rule {
  return (value, path) => {
    if (!isJsonObject(value)) throw wrongType(value, path, "an object");
    checkMembers(value, { rules, required, path });
  };
}

/** An object of a kind that `key` names: `{type: "text", …}`. */
export function variants(key: string, kinds: Readonly<Record<string, Rule>>): Rule {
  return (value, path) => {
    if (!isJsonObject(value)) throw wrongType(value, path, "an object");
    const kind = value[key];
    if (kind === undefined) throw missingParameter(join(path, key));
    const rule = typeof kind === "string" && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (rule === undefined) throw wrongValue(kind, join(path, key), Object.keys(kinds));
    rule(value, path);
  };
}

/** Picks a rule by the JSON type: the rest of OpenAI's unions. */
export function byType(rules: Partial<Record<JsonType, Rule>>): Rule {
  return (value, path) => {
    const rule = rules[typeOf(value)];
    if (rule === undefined) {
      const wanted = Object.keys(rules).map((type) => article(type));
      throw wrongType(value, path, `one of ${wanted.join(" or ")}`);
    }
    rule(value, path);
  };
}

export function metadata(limits: { pairs: number; key: number; value: number }): Rule {
  const key = text({ max: limits.key });
  const member = text({ max: limits.value });
  return (value, path) => {
    if (!isJsonObject(value)) throw wrongType(value, path, "an object");
    const entries = Object.entries(value);
    if (entries.length > limits.pairs) {
      const wanted = `Expected an object with at most ${limits.pairs} properties`;
      throw badRequest(
        `Invalid '${path}': too many properties. ${wanted}, but got an object with ${entries.length} properties instead.`,
        path,
        "object_above_max_properties",
      );
    }
    for (const [name, item] of entries) {
      key(name, path);
      member(item ?? null, `${path}.${name}`);
    }
  };
}

export const anything: Rule = () => undefined;

/** Not checked further: what it holds doesn't change the emulator's answer. */
export const object: Rule = (value, path) => {
  if (!isJsonObject(value)) throw wrongType(value, path, "an object");
};

export function wrongValue(value: unknown, path: string, values: readonly string[]): ApiError {
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  const last = values.at(-1) ?? "";
  const quoted = values.slice(0, -1).map((name) => `'${name}'`);
  const wanted =
    values.length === 1
      ? `Value must be '${last}'.`
      : `Supported values are: ${quoted.join(", ")}, and '${last}'.`;
  return badRequest(`Invalid value: '${shown}'. ${wanted}`, path, "invalid_value");
}

function wrongType(value: Json | undefined, path: string, wanted: string): ApiError {
  return badRequest(
    `Invalid type for '${path}': expected ${wanted}, but got ${describe(value)} instead.`,
    path,
    "invalid_type",
  );
}

type JsonType = "string" | "number" | "boolean" | "null" | "array" | "object";

function typeOf(value: Json): JsonType {
  if (value === null) return "null";
  if (isJsonArray(value)) return "array";
  if (typeof value === "string") return "string";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "boolean" : "object";
}

function describe(value: Json | undefined): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal";
  return article(typeOf(value));
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function checkBounds(
  value: number,
  path: string,
  bounds: Bounds & { kind: "decimal" | "integer" },
): void {
  const { min, max, kind } = bounds;
  if (min !== undefined && value < min) {
    throw badRequest(
      `Invalid '${path}': ${kind} below minimum value. Expected a value >= ${min}, but got ${value} instead.`,
      path,
      `${kind}_below_min_value`,
    );
  }
  if (max !== undefined && value > max) {
    throw badRequest(
      `Invalid '${path}': ${kind} above maximum value. Expected a value <= ${max}, but got ${value} instead.`,
      path,
      `${kind}_above_max_value`,
    );
  }
}
