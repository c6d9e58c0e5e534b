import type { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import type { Wording } from "../wording.ts";
import { invalid, shorten } from "./errors.ts";

/** Reads what a client sent; the first thing wrong with it is said in Anthropic's words. */
function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw issue === undefined
    ? new GatewayError("invalid_request", "The request is invalid.")
    : toError(issue);
}

export const WORDING: Wording = {
  check,
  missing: (name) => invalid(name, "Field required"),
  unknown: (name) => invalid(name, "Extra inputs are not permitted"),
  invalid,
  notAnObject: () => invalid("", "Input should be a valid dictionary"),
};

type Issue = z.core.$ZodIssue;

function toError(issue: Issue): GatewayError {
  const path = pathOf(issue.path);
  const { input } = issue;
  if (input === undefined && issue.code !== "custom") return WORDING.missing(path);
  if (issue.code === "unrecognized_keys") {
    return WORDING.unknown(pathOf([...issue.path, issue.keys[0] ?? ""]));
  }
  if (issue.code === "invalid_type") return invalid(path, wrongType(issue.expected, input));
  if (issue.code === "too_big") return invalid(path, outside(input, Number(issue.maximum), "most"));
  if (issue.code === "too_small") {
    return invalid(path, outside(input, Number(issue.minimum), "least"));
  }
  return invalid(path, issue.message);
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.map((key) => shorten(String(key))).join(".");
}

const NOUNS: Readonly<Record<string, string>> = {
  int: "integer",
  number: "integer",
  object: "dictionary",
  record: "dictionary",
  array: "list",
};

function wrongType(expected: string, input: unknown): string {
  const noun = NOUNS[expected] ?? expected;
  const suffix =
    noun === "integer" && typeof input === "string" ? ", unable to parse string as an integer" : "";
  return `Input should be a valid ${noun}${suffix}`;
}

function outside(input: unknown, limit: number, side: "most" | "least"): string {
  const plural = limit === 1 ? "" : "s";
  if (typeof input === "string") {
    return `String should have at ${side} ${limit} character${plural}`;
  }
  if (Array.isArray(input)) {
    return `List should have at ${side} ${limit} item${plural} after validation, not ${input.length}`;
  }
  return `Input should be ${side === "most" ? "less" : "greater"} than or equal to ${limit}`;
}
