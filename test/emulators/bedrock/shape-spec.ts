import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Shape } from "../../../src/emulators/bedrock/shapes.ts";

const schema = z.looseObject({
  $ref: z.string().optional(),
  type: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  maxProperties: z.number().optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
type Schema = z.infer<typeof schema>;

type Spec = "bedrock" | "bedrock-jobs";

/** Where one of the emulator's shapes says something else than AWS's own model: members, required ones, values, bounds. */
export function differences(shape: Shape, spec: Spec, name: string): readonly string[] {
  const path = new URL(`../../fixtures/specs/${spec}.json`, import.meta.url);
  const { schemas } = z
    .object({ components: z.object({ schemas: z.record(z.string(), schema) }) })
    .parse(JSON.parse(readFileSync(path, "utf8"))).components;
  const found: string[] = [];
  const resolve = (given: unknown): Schema => {
    const parsed = schema.parse(given ?? {});
    if (parsed.$ref === undefined) return parsed;
    const target = schemas[parsed.$ref.split("/").at(-1) ?? ""];
    if (target === undefined) throw new Error(`there is no ${parsed.$ref}`);
    return target;
  };
  const same = (at: string, own: unknown, theirs: unknown) => {
    if (JSON.stringify(own) !== JSON.stringify(theirs)) {
      found.push(`${at}: ${JSON.stringify(own)} instead of ${JSON.stringify(theirs)}`);
    }
  };
  const compare = (own: Shape, given: unknown, at: string): void => {
    const theirs = resolve(given);
    switch (own.kind) {
      case "structure": {
        const properties = theirs.properties ?? {};
        same(at, Object.keys(own.members).toSorted(), Object.keys(properties).toSorted());
        same(`${at} required`, own.required.toSorted(), (theirs.required ?? []).toSorted());
        same(`${at} union`, own.isUnion, theirs.maxProperties === 1);
        for (const [member, part] of Object.entries(own.members)) {
          compare(part, properties[member], `${at}.${member}`);
        }
        return;
      }
      case "list":
        same(`${at} bounds`, [own.min ?? 0, own.max], [theirs.minItems ?? 0, theirs.maxItems]);
        compare(own.of, theirs.items, `${at}[]`);
        return;
      case "map":
        same(`${at} type`, "object", theirs.type);
        same(`${at} bounds`, own.max, theirs.maxProperties);
        compare(own.of, theirs.additionalProperties, `${at}{}`);
        return;
      case "oneOf":
        same(`${at} values`, own.values.toSorted(), theirs.enum?.toSorted());
        return;
      case "text":
        same(`${at} type`, "string", theirs.type);
        same(`${at} values`, undefined, theirs.enum);
        same(`${at} bounds`, [own.min ?? 0, own.max], [theirs.minLength ?? 0, theirs.maxLength]);
        return;
      case "integer":
      case "number":
        same(`${at} type`, own.kind, theirs.type);
        same(`${at} bounds`, [own.min, own.max], [theirs.minimum, theirs.maximum]);
        return;
      case "blob":
        same(`${at} type`, "string", theirs.type);
        return;
      case "boolean":
        same(`${at} type`, "boolean", theirs.type);
        return;
      case "anything":
        same(`${at} type`, undefined, theirs.type);
        return;
      case "object":
      case "typed":
      case "textOr":
        found.push(`${at}: AWS's models have nothing of the kind ${own.kind}`);
    }
  };
  compare(shape, { $ref: `#/components/schemas/${name}` }, name);
  return found;
}
