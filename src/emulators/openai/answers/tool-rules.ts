import { badRequest } from "../api-error.ts";
import type { Json } from "../../json.ts";
import { isJsonArray, isJsonObject, shown } from "../../json.ts";
import type { Rule } from "../parameters.ts";
import { boolean, record, text } from "../parameters.ts";

export const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** `parameters` must be a schema of an object; a strict one must name and close everything. */
const functionParameters: Rule = (value, path) => {
  const type = isJsonObject(value) ? value["type"] : undefined;
  if (type === "object") return;
  const got = type === undefined ? "None" : shown(type);
  throw badRequest(
    `Invalid schema for function: schema must be a JSON Schema of 'type: "object"', got 'type: "${got}"'.`,
    path,
    "invalid_function_parameters",
  );
};

export const functionRules = {
  name: text({ pattern: NAME }),
  description: text(),
  parameters: functionParameters,
  strict: boolean(),
};

/** A function, with the further rule that a strict schema is complete. */
export function functionDefinition(more: Readonly<Record<string, Rule>> = {}): Rule {
  const shape = record({ ...functionRules, ...more }, ["name"]);
  return (value, path) => {
    shape(value, path);
    if (!isJsonObject(value) || value["strict"] !== true) return;
    const what = `function '${shown(value["name"])}'`;
    checkStrict(value["parameters"], { what, param: `${path}.parameters`, context: [] });
  };
}

interface StrictPlace {
  readonly what: string;
  readonly param: string;
  readonly context: readonly string[];
}

/** Structured output: every object is closed, and all its properties are required. */
export function checkStrict(schema: Json | undefined, place: StrictPlace): void {
  if (!isJsonObject(schema)) return;
  const { properties, items, anyOf, $defs } = schema;
  if (schema["type"] === "object" || isJsonObject(properties)) {
    if (schema["additionalProperties"] !== false) {
      throw wrongSchema(
        place,
        "'additionalProperties' is required to be supplied and to be false.",
      );
    }
    const names = isJsonObject(properties) ? Object.keys(properties) : [];
    const required = isJsonArray(schema["required"]) ? schema["required"] : [];
    const missing = names.find((name) => !required.includes(name));
    if (missing !== undefined) {
      throw wrongSchema(
        place,
        `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`,
      );
    }
  }
  for (const [name, member] of Object.entries(isJsonObject(properties) ? properties : {})) {
    checkStrict(member, inside(place, `('properties', '${name}')`));
  }
  for (const [name, member] of Object.entries(isJsonObject($defs) ? $defs : {})) {
    checkStrict(member, inside(place, `('$defs', '${name}')`));
  }
  checkStrict(items, inside(place, "('items')"));
  for (const member of isJsonArray(anyOf) ? anyOf : []) checkStrict(member, inside(place, "anyOf"));
}

function inside(place: StrictPlace, step: string): StrictPlace {
  return { ...place, context: [...place.context, step] };
}

function wrongSchema(place: StrictPlace, problem: string) {
  const context = place.context.length === 0 ? "()" : place.context.join(", ");
  return badRequest(
    `Invalid schema for ${place.what}: In context=${context}, ${problem}`,
    place.param,
    "invalid_json_schema",
  );
}
