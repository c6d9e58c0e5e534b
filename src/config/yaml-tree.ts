import { z } from "zod";
import { isJsonObject } from "../core/json.ts";
import { type Environment, suggestion } from "./environment.ts";
import { fromText } from "./from-text.ts";
import { nearestName } from "./nearest-name.ts";
import { snakeCase, withoutWrappers, yamlName } from "./setting.ts";

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
  if (typeof value === "string") return fromText(schema, expand({ schema, value, path }, context));
  if (Array.isArray(value)) {
    return value.map((item: unknown) =>
      typeof item === "string" ? expand({ schema, value: item, path }, context) : item,
    );
  }
  return value;
}
