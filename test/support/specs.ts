import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { z } from "zod";

/** The vendors' own schemas, extracted into test/fixtures/specs. */
const SPECS = {
  openai: {
    file: "openai.json",
    // The live API sends these as null, though its schema doesn't say so.
    sentAsNull: {
      Batch: [
        "model",
        "errors",
        "output_file_id",
        "error_file_id",
        "in_progress_at",
        "finalizing_at",
        "completed_at",
        "failed_at",
        "expired_at",
        "cancelling_at",
        "cancelled_at",
        "usage",
      ],
      OpenAIFile: ["expires_at", "status_details"],
      ListFilesResponse: ["first_id", "last_id"],
      ListBatchesResponse: ["first_id", "last_id"],
    },
    leftOut: {},
  },
  anthropic: {
    file: "anthropic.json",
    sentAsNull: {},
    // The document calls everything required that a response may hold; the live API leaves these out, on Bedrock the tier too.
    leftOut: {
      Message: ["stop_details", "container"],
      Usage: ["cache_creation", "inference_geo", "server_tool_use", "service_tier"],
      ResponseTextBlock: ["citations"],
      ResponseToolUseBlock: ["caller"],
    },
  },
  gemini: { file: "gemini.json", sentAsNull: {}, leftOut: {} },
  bedrock: { file: "bedrock.json", sentAsNull: {}, leftOut: {} },
  "bedrock-jobs": { file: "bedrock-jobs.json", sentAsNull: {}, leftOut: {} },
} as const satisfies Record<string, Spec>;

interface Spec {
  readonly file: string;
  readonly sentAsNull: Readonly<Record<string, readonly string[]>>;
  readonly leftOut: Readonly<Record<string, readonly string[]>>;
}

export type SpecName = keyof typeof SPECS;

/** What is wrong with a value by a vendor's schema; null if nothing is. Throws where there is no such schema. */
export function specProblem(spec: SpecName, schema: string, value: unknown): string | null {
  const { ajv, names } = loaded(spec);
  if (!names.has(schema)) throw new Error(`the extract of ${spec}'s spec has no schema ${schema}`);
  const validate: ValidateFunction | undefined = ajv.getSchema(
    `${spec}#/components/schemas/${schema}`,
  );
  if (validate === undefined) throw new Error(`${schema} can't be compiled`);
  return validate(value)
    ? null
    : ajv.errorsText(validate.errors, { dataVar: schema, separator: "\n" });
}

/** The names of the properties that a schema and those it is made of know. */
export function specProperties(spec: SpecName, schema: string): readonly string[] {
  const { schemas } = loaded(spec);
  const seen = new Set<string>();
  const visit = (name: string) => {
    const parts = [schemas[name] ?? {}];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      for (const property of Object.keys(objectIn(part["properties"]))) seen.add(property);
      const reference = part["$ref"];
      if (typeof reference === "string") visit(reference.split("/").at(-1) ?? "");
      if (Array.isArray(part["allOf"])) parts.push(...part["allOf"].map(objectIn));
    }
  };
  visit(schema);
  return [...seen];
}

/** `parent.name` of every member, however deep, of what a schema describes; of elements the parent is their list's name. */
export function specMembers(spec: SpecName, schema: string): ReadonlySet<string> {
  const { schemas } = loaded(spec);
  const members = new Set<string>();
  const seen = new Set<string>();
  const visit = (part: Schema, parent: string): void => {
    const reference = part["$ref"];
    if (typeof reference === "string") {
      const name = reference.split("/").at(-1) ?? "";
      if (seen.has(`${parent} ${name}`)) return;
      seen.add(`${parent} ${name}`);
      visit(schemas[name] ?? {}, parent);
    }
    for (const key of ["allOf", "anyOf", "oneOf"]) {
      for (const each of z.array(objectSchema).catch([]).parse(part[key])) visit(each, parent);
    }
    for (const key of ["items", "additionalProperties"]) {
      if (part[key] !== undefined) visit(objectIn(part[key]), parent);
    }
    for (const [name, inner] of Object.entries(objectIn(part["properties"]))) {
      members.add(`${parent}.${name}`);
      visit(objectIn(inner), name);
    }
  };
  visit(schemas[schema] ?? {}, "");
  return members;
}

type Schema = Readonly<Record<string, unknown>>;

interface Loaded {
  readonly ajv: Ajv2020;
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly names: ReadonlySet<string>;
}

const cache = new Map<SpecName, Loaded>();

function loaded(spec: SpecName): Loaded {
  const known = cache.get(spec);
  if (known !== undefined) return known;
  const { file, sentAsNull, leftOut } = SPECS[spec];
  const path = new URL(`../fixtures/specs/${file}`, import.meta.url);
  const document = z
    .object({ components: z.object({ schemas: z.record(z.string(), objectSchema) }) })
    .parse(JSON.parse(readFileSync(path, "utf8")));
  const { schemas } = document.components;
  for (const [name, properties] of Object.entries(sentAsNull)) {
    schemas[name] = allowNull(schemas[name] ?? {}, properties);
  }
  for (const [name, properties] of Object.entries(leftOut)) {
    schemas[name] = allowLeavingOut(schemas[name] ?? {}, properties);
  }
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  formats.default(ajv);
  ajv.addFormat("unixtime", {
    type: "number",
    validate: (value: number) => value > 1e9 && value < 1e11,
  });
  ajv.addFormat("binary", true);
  ajv.addSchema({ $id: spec, components: { schemas: anyOfForOneOf(schemas) } });
  const fresh = { ajv, schemas, names: new Set(Object.keys(schemas)) };
  cache.set(spec, fresh);
  return fresh;
}

const objectSchema = z.record(z.string(), z.unknown());

function objectIn(value: unknown): Schema {
  return objectSchema.catch({}).parse(value);
}

function allowNull(schema: Schema, names: readonly string[]): Schema {
  const properties = { ...objectIn(schema["properties"]) };
  for (const name of names) {
    if (properties[name] === undefined)
      throw new Error(`the spec no longer has a property ${name}`);
    properties[name] = { anyOf: [properties[name], { type: "null" }] };
  }
  return { ...schema, properties };
}

function allowLeavingOut(schema: Schema, names: readonly string[]): Schema {
  const required = z.array(z.string()).parse(schema["required"]);
  for (const name of names) {
    if (!required.includes(name)) throw new Error(`the spec no longer requires ${name}`);
  }
  return { ...schema, required: required.filter((name) => !names.includes(name)) };
}

/** Many of the vendors' alternatives overlap, so that "exactly one" would refuse what the live API sends. */
function anyOfForOneOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(anyOfForOneOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key === "oneOf" ? "anyOf" : key,
      anyOfForOneOf(item),
    ]),
  );
}
