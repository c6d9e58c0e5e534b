import { badRequest } from "../api-error.ts";
import type { Json, JsonObject } from "../../json.ts";
import { isJsonArray, isJsonObject, shown } from "../../json.ts";

/** Throws where a value isn't what Anthropic takes at that place. */
export type Rule = (value: Json, path: string) => void;
export type Rules = Readonly<Record<string, Rule>>;

export const anything: Rule = () => undefined;

export const object: Rule = (value, path) => {
  if (!isJsonObject(value)) throw wrong(path, "Input should be a valid dictionary");
};

export const boolean: Rule = (value, path) => {
  if (typeof value !== "boolean") throw wrong(path, "Input should be a valid boolean");
};

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export function number(bounds: Bounds = {}): Rule {
  return (value, path) => {
    if (typeof value !== "number") throw wrong(path, "Input should be a valid number");
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds;
    if (value < min) throw wrong(path, `Input should be greater than or equal to ${min}`);
    if (value > max) throw wrong(path, `Input should be less than or equal to ${max}`);
  };
}

export function integer(bounds: Bounds = {}): Rule {
  const within = number(bounds);
  return (value, path) => {
    if (!Number.isInteger(value)) throw wrong(path, "Input should be a valid integer");
    within(value, path);
  };
}

interface TextBounds extends Bounds {
  readonly pattern?: RegExp;
}

export function text(bounds: TextBounds = {}): Rule {
  const { min = 0, max = Number.POSITIVE_INFINITY, pattern } = bounds;
  return (value, path) => {
    if (typeof value !== "string") throw wrong(path, "Input should be a valid string");
    if (value.length < min) {
      throw wrong(
        path,
        `String should have at least ${min} ${min === 1 ? "character" : "characters"}`,
      );
    }
    if (value.length > max) throw wrong(path, `String should have at most ${max} characters`);
    if (pattern !== undefined && !pattern.test(value)) {
      throw wrong(path, `String should match pattern '${pattern.source}'`);
    }
  };
}

export function oneOf(values: readonly string[]): Rule {
  return (value, path) => {
    if (typeof value === "string" && values.includes(value)) return;
    throw wrong(path, `Input should be ${quoted(values)}`);
  };
}

export function list(rule: Rule, bounds: Bounds = {}): Rule {
  const { min = 0, max = Number.POSITIVE_INFINITY } = bounds;
  return (value, path) => {
    if (!isJsonArray(value)) throw wrong(path, "Input should be a valid list");
    if (value.length < min) {
      throw wrong(
        path,
        `List should have at least ${min} item after validation, not ${value.length}`,
      );
    }
    if (value.length > max) {
      throw wrong(
        path,
        `List should have at most ${max} items after validation, not ${value.length}`,
      );
    }
    for (const [index, item] of value.entries()) rule(item, `${path}.${index}`);
  };
}

export function textOr(otherwise: Rule): Rule {
  return (value, path) => {
    if (typeof value === "string") return;
    if (!isJsonArray(value)) throw wrong(path, "Input should be a valid string");
    otherwise(value, path);
  };
}

/** An object with no other members than these. Only what is not required may be null. */
export function record(rules: Rules, required: readonly string[] = []): Rule {
  return (value, path) => {
    if (!isJsonObject(value)) throw wrong(path, "Input should be a valid dictionary");
    checkMembers(value, { rules, required, path });
  };
}

interface Members {
  readonly rules: Rules;
  readonly required: readonly string[];
  readonly path: string;
}

export function checkMembers(value: JsonObject, members: Members): void {
  const { rules, required, path } = members;
  for (const name of required) {
    if (value[name] === undefined) throw wrong(join(path, name), "Field required");
  }
  for (const [name, member] of Object.entries(value)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) throw wrong(join(path, name), "Extra inputs are not permitted");
    if (member === undefined || (member === null && !required.includes(name))) continue;
    rule(member, join(path, name));
  }
}

/** Objects told apart by their `type`; each variant's rule reads the whole object. */
export function byType(variants: Rules): Rule {
  return (value, path) => {
    if (!isJsonObject(value)) throw wrong(path, "Input should be a valid dictionary");
    const { type } = value;
    if (type === undefined) throw wrong(`${path}.type`, "Field required");
    const rule =
      typeof type === "string" && Object.hasOwn(variants, type) ? variants[type] : undefined;
    if (rule === undefined) {
      const expected = Object.keys(variants)
        .map((name) => `'${name}'`)
        .join(", ");
      throw wrong(
        path,
        `Input tag '${shown(type)}' found using 'type' does not match any of the expected tags: ${expected}`,
      );
    }
    rule(value, path);
  };
}

export function wrong(path: string, problem: string) {
  return badRequest(`${path}: ${problem}`);
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function quoted(values: readonly string[]): string {
  const shown = values.map((value) => `'${value}'`);
  const last = shown.pop() ?? "";
  return shown.length === 0 ? last : `${shown.join(", ")} or ${last}`;
}
