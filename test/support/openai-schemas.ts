import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { z } from "zod";

const schemasSchema = z.object({ $defs: z.record(z.string(), z.record(z.string(), z.unknown())) });

/**
 * What is wrong with a value by OpenAI's own schema of that name; null if nothing is. Optional properties may be null, as the
 * live API has them.
 */
export function violationOf(name: string, value: unknown): string | null {
  const validate = ajv.getSchema(`openai#/$defs/${name}`);
  if (validate === undefined) throw new Error(`OpenAI has no schema ${name}`);
  return validate(value) === true ? null : ajv.errorsText(validate.errors);
}

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addSchema(readSchemas(), "openai");

function readSchemas(): object {
  const path = new URL("../fixtures/specs/openai-files-and-batches.json", import.meta.url);
  const { $defs } = schemasSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  return {
    $defs: Object.fromEntries(Object.entries($defs).map(([name, schema]) => [name, relax(schema)])),
  };
}

function relax(schema: Readonly<Record<string, unknown>>): object {
  const properties = z.record(z.string(), z.unknown()).safeParse(schema["properties"]);
  if (!properties.success) return schema;
  const required = z.array(z.string()).catch([]).parse(schema["required"]);
  return {
    ...schema,
    properties: Object.fromEntries(
      Object.entries(properties.data).map(([key, property]) => [
        key,
        required.includes(key) && key !== "first_id" && key !== "last_id"
          ? property
          : { anyOf: [property, { type: "null" }] },
      ]),
    ),
  };
}
