import type { z } from "zod";
import { isJsonObject } from "../core/json.ts";
import { redactKeys } from "../lib/redact-keys.ts";
import { settingAt, yamlName } from "./setting.ts";

export interface IssueOrigin {
  /** What was read, in the names of the Config. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Which variable of the environment set what, by its name in crossbatch.yaml. */
  readonly variables: ReadonlyMap<string, string>;
}

/** `CROSSBATCH_PORT must be a whole number from 0 to 65535; it is "abc"`: the value only where it can't be a secret. */
export function describeIssue(issue: z.core.$ZodIssue, origin: IssueOrigin): string {
  const path = issue.path.map(String);
  const setting = settingAt(path);
  const name = origin.variables.get(yamlName(setting?.path ?? path)) ?? yamlName(path);
  const value = setting?.isSecret === true ? "" : shown(valueAt(origin.values, path));
  return `${name} ${issue.message}${value}`;
}

function shown(value: unknown): string {
  if (value === undefined) return "; it is missing";
  if (typeof value === "object") return "";
  const text = redactKeys(JSON.stringify(value), null)
    .replace(/\/\/[^/]*@/, "//[redacted]@")
    .replace(/\?[^"]*/, "?[redacted]");
  return `; it is ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`;
}

function valueAt(values: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return values;
  if (Array.isArray(values)) return valueAt(values[Number(name)], rest);
  return isJsonObject(values) ? valueAt(values[name], rest) : undefined;
}
