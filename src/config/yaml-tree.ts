import { z } from "zod";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import { type Environment, suggestion } from "./environment.ts";
import { fromText } from "./from-text.ts";
import { nearestName } from "./nearest-name.ts";
import { SETTINGS, snakeCase, withoutWrappers, yamlName } from "./setting.ts";

export interface YamlContext {
  readonly environment: Environment;
  /** Grows by what is wrong. */
  readonly problems: string[];
}

/** A node of crossbatch.yaml and where it stands, in the names of the Config. */
export interface YamlNode {
  readonly schema: z.core.$ZodType;
  readonly value: unknown;
  readonly path: readonly string[];
}

/** What crossbatch.yaml says, in the names of the Config, with `${NAME}` replaced by that variable of the environment. */
export function readTree({ schema, value, path }: YamlNode, context: YamlContext): unknown {
  // A key with nothing behind it is a key that isn't there.
  if (value === null || value === undefined) return undefined;
  const inner = withoutWrappers(schema);
  if (inner instanceof z.ZodObject || inner instanceof z.ZodDiscriminatedUnion) {
    if (!isJsonObject(value)) {
      context.problems.push(`${nameOf(path)} must hold keys and values, such as "key: value"`);
      return undefined;
    }
    const group = inner instanceof z.ZodObject ? inner : entryOfKind(inner, value["kind"]);
    // The schema itself says which kinds there are.
    return group === null ? value : readGroup({ schema: group, value, path }, context);
  }
  if (typeof value === "string") return fromText(schema, expand({ value, path }, context));
  if (Array.isArray(value)) {
    const element = inner instanceof z.ZodArray ? withoutWrappers(inner.def.element) : null;
    if (element instanceof z.ZodObject) {
      return value.map((item: unknown, at) =>
        readTree({ schema: element, value: item ?? {}, path: [...path, String(at)] }, context),
      );
    }
    return value.map((item: unknown) =>
      typeof item === "string" ? expand({ value: item, path }, context) : item,
    );
  }
  return value;
}

interface YamlGroup extends YamlNode {
  readonly schema: z.ZodObject<z.core.$ZodShape>;
  readonly value: JsonObject;
}

function readGroup(group: YamlGroup, context: YamlContext): Record<string, unknown> {
  const { schema, value, path } = group;
  const names = new Map(Object.keys(schema.shape).map((name) => [snakeCase(name), name]));
  const { catchall } = schema.def;
  const others = catchall === undefined || catchall instanceof z.ZodNever ? null : catchall;
  const tree: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const name = names.get(key);
    const field = name === undefined ? undefined : schema.shape[name];
    if (name !== undefined && field !== undefined) {
      tree[name] = readTree({ schema: field, value: item, path: [...path, name] }, context);
    } else if (others === null) {
      context.problems.push(unknownKey(key, group));
    } else if (/^[a-z][a-z0-9_-]{0,62}$/.test(key)) {
      tree[key] = readTree({ schema: others, value: item ?? {}, path: [...path, key] }, context);
    } else {
      context.problems.push(
        `${nameOf(path)}: the name ${JSON.stringify(key)} must begin with a small letter and hold only a-z, 0-9, - and _`,
      );
    }
  }
  return tree;
}

function entryOfKind(union: z.ZodDiscriminatedUnion, kind: unknown): z.ZodObject | null {
  for (const option of union.options) {
    if (!(option instanceof z.ZodObject)) continue;
    const literal: unknown = option.shape["kind"];
    if (literal instanceof z.ZodLiteral && [...literal.values].some((name) => name === kind))
      return option;
  }
  return null;
}

function unknownKey(key: string, { schema, path }: YamlGroup): string {
  const siblings = Object.keys(schema.shape).map((name) => yamlName([...path, name]));
  const elsewhere = SETTINGS.map((setting) => yamlName(setting.path));
  const nearest = nearestLast(key, siblings) ?? nearestLast(key, elsewhere);
  return `${[...path.map(snakeCase), key].join(".")} is no setting${suggestion(nearest)}`;
}

/** The dotted name whose last part comes nearest. */
function nearestLast(key: string, names: readonly string[]): string | null {
  const byLast = new Map(names.map((name) => [name.slice(name.lastIndexOf(".") + 1), name]));
  const nearest = nearestName(key, [...byLast.keys()]);
  return nearest === null ? null : (byLast.get(nearest) ?? null);
}

function expand(
  { value, path }: { readonly value: string; readonly path: readonly string[] },
  { environment, problems }: YamlContext,
): string {
  return value.replaceAll(/\$\$\{|\$\{([^}]*)\}/g, (_found: string, name: string | undefined) => {
    // `$${` stands for `${` itself.
    if (name === undefined) return "${";
    const variable = environment[name];
    if (variable === undefined) {
      problems.push(
        `${nameOf(path)} needs the variable ${name} of the environment, which isn't set`,
      );
    }
    return variable ?? "";
  });
}

function nameOf(path: readonly string[]): string {
  return path.length === 0 ? "crossbatch.yaml" : yamlName(path);
}
