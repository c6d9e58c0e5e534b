import type { Json } from "../json.ts";
import { isJsonArray, isJsonObject, shown } from "../json.ts";
import { invalid } from "./bedrock-error.ts";
import type { Shape, Violation } from "./shapes.ts";
import { findViolation } from "./shapes.ts";

/** How one of the parties behind Bedrock tells what is wrong with a body. */
type Wording = (violation: Violation) => string;

export function check(shape: Shape, value: Json, wording: Wording): void {
  const violation = findViolation(shape, value);
  if (violation !== null) throw invalid(wording(violation));
}

/** Bedrock's own front: jobs and Converse. */
export function frontWording(violation: Violation): string {
  const { path } = violation;
  switch (violation.kind) {
    case "missing":
      return constraint("null", [...path, violation.member], "Member must not be null");
    case "unknown":
      return `${place([...path, violation.member])} is not a member that this operation knows.`;
    case "type":
      return `${place(path)}: a value of the type ${violation.expected} is expected, and ${typeName(violation.value)} was given.`;
    case "base64":
      return `${place(path)}: the value must be base64.`;
    case "union":
      return `${place(path)}: exactly one of ${violation.members.join(", ")} must be set.`;
    case "short":
    case "long": {
      const side = violation.kind === "short" ? "greater" : "less";
      const rule = `Member must have length ${side} than or equal to ${violation.bound}`;
      return constraint(violation.value, path, rule);
    }
    case "few":
    case "many": {
      const side = violation.kind === "few" ? "greater" : "less";
      const rule = `Member must have length ${side} than or equal to ${violation.bound}`;
      return constraint(`${violation.count} items`, path, rule);
    }
    case "small":
    case "large": {
      const side = violation.kind === "small" ? "greater" : "less";
      const rule = `Member must have value ${side} than or equal to ${violation.bound}`;
      return constraint(String(violation.value), path, rule);
    }
    case "pattern": {
      const rule = `Member must satisfy regular expression pattern: ${violation.pattern.replaceAll("\\/", "/")}`;
      return constraint(violation.value, path, rule);
    }
    case "value": {
      const rule = `Member must satisfy enum value set: [${violation.values.join(", ")}]`;
      return constraint(shown(violation.value), path, rule);
    }
  }
}

function constraint(value: string, path: Violation["path"], rule: string): string {
  return `1 validation error detected: Value '${value}' at '${place(path)}' failed to satisfy constraint: ${rule}`;
}

/** Items of lists count from 1 there. */
function place(path: Violation["path"]): string {
  if (path.length === 0) return "body";
  return path.map((step) => (typeof step === "number" ? `${step + 1}.member` : step)).join(".");
}

/** The JSON Schema checker in front of Amazon's, Meta's, Mistral's and Cohere's models. */
export function schemaWording(violation: Violation): string {
  const at = `#${violation.path.map((step) => `/${step}`).join("")}`;
  return `Malformed input request: ${at}: ${schemaProblem(violation)}, please reformat your input and try again.`;
}

function schemaProblem(violation: Violation): string {
  switch (violation.kind) {
    case "missing":
      return `required key [${violation.member}] not found`;
    case "unknown":
      return `extraneous key [${violation.member}] is not permitted`;
    case "type":
      return `expected type: ${SCHEMA_TYPES[violation.expected] ?? "JSONObject"}, found: ${SCHEMA_TYPES[typeName(violation.value)] ?? "Null"}`;
    case "base64":
      return "the value is no base64";
    case "union":
      return `exactly one of [${violation.members.join(", ")}] must be given`;
    case "short":
      return `expected minLength: ${violation.bound}, actual: ${violation.value.length}`;
    case "long":
      return `expected maxLength: ${violation.bound}, actual: ${violation.value.length}`;
    case "few":
      return `expected minimum item count: ${violation.bound}, found: ${violation.count}`;
    case "many":
      return `expected maximum item count: ${violation.bound}, found: ${violation.count}`;
    case "small":
      return `${violation.value} is not greater or equal to ${violation.bound}`;
    case "large":
      return `${violation.value} is not less or equal to ${violation.bound}`;
    case "pattern":
      return `string [${violation.value}] does not match pattern ${violation.pattern}`;
    case "value":
      return `${shown(violation.value)} is not a valid enum value`;
  }
}

const SCHEMA_TYPES: Readonly<Record<string, string>> = {
  object: "JSONObject",
  array: "JSONArray",
  string: "String",
  number: "Number",
  integer: "Integer",
  boolean: "Boolean",
};

/** Anthropic's API behind Bedrock. */
export function claudeWording(violation: Violation): string {
  const named = "member" in violation ? [...violation.path, violation.member] : violation.path;
  const at = named.length === 0 ? "" : `${named.join(".")}: `;
  return at + claudeProblem(violation);
}

function claudeProblem(violation: Violation): string {
  switch (violation.kind) {
    case "missing":
      return "Field required";
    case "unknown":
      return "Extra inputs are not permitted";
    case "type":
      return `Input should be a valid ${CLAUDE_TYPES[violation.expected] ?? violation.expected}`;
    case "base64":
      return "Invalid base64 data";
    case "union":
      return `exactly one of ${violation.members.join(", ")} must be set`;
    case "short":
      return `String should have at least ${violation.bound} character${violation.bound === 1 ? "" : "s"}`;
    case "long":
      return `String should have at most ${violation.bound} characters`;
    case "few":
      return `List should have at least ${violation.bound} item${violation.bound === 1 ? "" : "s"} after validation, not ${violation.count}`;
    case "many":
      return `List should have at most ${violation.bound} items after validation, not ${violation.count}`;
    case "small":
      return `Input should be greater than or equal to ${violation.bound}`;
    case "large":
      return `Input should be less than or equal to ${violation.bound}`;
    case "pattern":
      return `String should match pattern '${violation.pattern}'`;
    case "value":
      return `Input should be ${violation.values.map((value) => `'${value}'`).join(" or ")}`;
  }
}

const CLAUDE_TYPES: Readonly<Record<string, string>> = { object: "dictionary", array: "list" };

function typeName(value: Json): string {
  if (isJsonArray(value)) return "array";
  if (isJsonObject(value)) return "object";
  if (Number.isInteger(value)) return "integer";
  return value === null ? "null" : typeof value;
}
