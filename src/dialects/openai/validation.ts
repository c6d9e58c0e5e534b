import type { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import { missingParameter, unknownParameter } from "./errors.ts";

/** Reads what a client sent; the first thing wrong with it is said in OpenAI's words. */
export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw issue === undefined
    ? new GatewayError("invalid_request", "The request is invalid.")
    : toError(issue);
}

type Issue = z.core.$ZodIssue;

function toError(issue: Issue): GatewayError {
  const name = nameOf(issue.path);
  const { input } = issue;
  if (input === undefined && issue.code !== "custom") return missingParameter(name);
  if (issue.code === "invalid_type") return wrongType(name, issue.expected, input);
  if (issue.code === "invalid_value") {
    return typeof input === "string"
      ? failure(name, "invalid_value", unsupported(input, issue.values))
      : wrongType(name, "string", input);
  }
  if (issue.code === "unrecognized_keys") {
    return unknownParameter(nameOf([...issue.path, issue.keys[0] ?? ""]));
  }
  if (issue.code === "too_big") {
    return outside(name, { input, limit: Number(issue.maximum), side: "above" });
  }
  if (issue.code === "too_small") {
    return outside(name, { input, limit: Number(issue.minimum), side: "below" });
  }
  return failure(name, "invalid_value", `Invalid '${name}': ${issue.message}`);
}

/** `metadata.key`, `part_ids[0]`: as OpenAI writes paths. */
function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, depth) => {
      if (typeof key === "number") return `[${key}]`;
      return depth === 0 ? shorten(String(key)) : `.${shorten(String(key))}`;
    })
    .join("");
}

function wrongType(name: string, expected: string, input: unknown): GatewayError {
  const subject = name === "" ? "Invalid type for the request body" : `Invalid type for '${name}'`;
  const message = `${subject}: expected ${articled(expected)}, but got ${kindOf(input)} instead.`;
  return failure(name, "invalid_type", message);
}

const ARTICLES: Readonly<Record<string, string>> = {
  int: "an integer",
  number: "an integer",
  object: "an object",
  record: "an object",
  array: "an array",
};

function articled(expected: string): string {
  return ARTICLES[expected] ?? `a ${expected}`;
}

function kindOf(input: unknown): string {
  if (input === null) return "null";
  if (Array.isArray(input)) return "an array";
  if (typeof input === "number") return Number.isInteger(input) ? "an integer" : "a decimal number";
  return typeof input === "object" ? "an object" : `a ${typeof input}`;
}

function unsupported(input: string, values: readonly unknown[]): string {
  const quoted = values.map((value) => `'${String(value)}'`);
  const list =
    quoted.length > 2
      ? `${quoted.slice(0, -1).join(", ")}, and ${quoted.at(-1)}`
      : quoted.join(" and ");
  return `Invalid value: '${shorten(input)}'. Supported values are: ${list}.`;
}

interface Bound {
  readonly input: unknown;
  readonly limit: number;
  readonly side: "above" | "below";
}

function outside(name: string, { input, limit, side }: Bound): GatewayError {
  const [adjective, extreme] = side === "above" ? ["long", "maximum"] : ["short", "minimum"];
  const bound = side === "above" ? "above_max" : "below_min";
  if (typeof input === "string" || Array.isArray(input)) {
    const kind = typeof input === "string" ? "string" : "array";
    const message = `Invalid '${name}': ${kind} too ${adjective}. Expected ${articled(kind)} with ${extreme} length ${limit}, but got ${articled(kind)} with length ${input.length} instead.`;
    return failure(name, `${kind}_${bound}_length`, message);
  }
  const message = `Invalid '${name}': integer ${side} ${extreme} value. Expected a value ${side === "above" ? "<=" : ">="} ${limit}, but got ${String(input)} instead.`;
  return failure(name, `integer_${bound}_value`, message);
}

function failure(name: string, reason: string, message: string): GatewayError {
  return new GatewayError("invalid_request", message, {
    reason,
    ...(name === "" ? {} : { param: name }),
  });
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
