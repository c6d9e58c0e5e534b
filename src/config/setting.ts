import { z } from "zod";
import { configSchema } from "./schema.ts";

/** One value that can be set, wherever it stands in the schema. */
export interface Setting {
  /** Its names in the Config, from the outside in. */
  readonly path: readonly string[];
  readonly schema: z.core.$ZodType;
  readonly description: string;
  readonly isSecret: boolean;
  /** The environment variables that set it; the first that is there counts. */
  readonly environment: readonly string[];
}

/** Names that aren't ours, or that stand elsewhere than their path says. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  "providers.openai.api_key": ["OPENAI_API_KEY"],
  "providers.openai.base_url": ["OPENAI_BASE_URL"],
  "providers.anthropic.api_key": ["ANTHROPIC_API_KEY"],
  "providers.anthropic.base_url": ["ANTHROPIC_BASE_URL"],
  "providers.gemini.api_key": ["GEMINI_API_KEY"],
  "providers.gemini.base_url": ["GOOGLE_GEMINI_BASE_URL"],
  "providers.bedrock.region": ["AWS_REGION", "AWS_DEFAULT_REGION"],
  "providers.bedrock.endpoint": ["AWS_ENDPOINT_URL_BEDROCK"],
  "providers.bedrock.runtime_endpoint": ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"],
  "providers.bedrock.role_arn": ["CROSSBATCH_BEDROCK_ROLE_ARN"],
  "providers.bedrock.s3_uri": ["CROSSBATCH_BEDROCK_S3_URI"],
  "providers.bedrock.below_minimum": ["CROSSBATCH_BEDROCK_BELOW_MINIMUM"],
  "providers.bedrock.minimum_lines": ["CROSSBATCH_BEDROCK_MINIMUM_LINES"],
  "s3.endpoint": ["AWS_ENDPOINT_URL_S3"],
  "s3.region": ["AWS_REGION", "AWS_DEFAULT_REGION"],
};

/** Every setting that isn't part of a named provider. */
export const SETTINGS: readonly Setting[] = settingsOf(configSchema, []);

/** The setting that a path into a Config leads to, or into; one of a named provider counts as that of a built-in one. */
export function settingAt(path: readonly string[]): Setting | undefined {
  const exact = SETTINGS.find((setting) => setting.path.every((name, at) => name === path[at]));
  const [group, , field] = path;
  return group === "providers" && exact === undefined
    ? SETTINGS.find(({ path: [other, , last] }) => other === "providers" && last === field)
    : exact;
}

export function settingsOf(schema: z.core.$ZodType, path: readonly string[]): Setting[] {
  const inner = withoutWrappers(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([name, field]) =>
      settingsOf(field, [...path, name]),
    );
  }
  const meta = { ...metaOf(inner), ...metaOf(schema) };
  return [
    {
      path,
      schema,
      description: meta.description ?? "",
      isSecret: meta["secret"] === true,
      environment: meta["fileOnly"] === true ? [] : environmentOf(path),
    },
  ];
}

/** As it is written in crossbatch.yaml: `limits.file_bytes`. */
export function yamlName(path: readonly string[]): string {
  return path.map(snakeCase).join(".");
}

export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function environmentOf(path: readonly string[]): readonly string[] {
  const name = yamlName(path);
  const others = OTHER_NAMES[name];
  if (others !== undefined) return others;
  return path[0] === "providers" ? [] : [`CROSSBATCH_${name.replaceAll(".", "_").toUpperCase()}`];
}

/** What is inside `.default()`, `.nullable()`, `.transform()` and the like. */
export function withoutWrappers(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPipe) return withoutWrappers(schema.in);
  const isWrapper =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodReadonly;
  return isWrapper ? withoutWrappers(schema.unwrap()) : schema;
}

export function metaOf(schema: z.core.$ZodType): z.core.GlobalMeta {
  return z.globalRegistry.get(schema) ?? {};
}

/** Null: it may be left out, and is then nothing; undefined: it must be said. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  if (schema instanceof z.ZodDefault) return schema.def.defaultValue;
  if (schema instanceof z.ZodPipe) return defaultOf(schema.in);
  return undefined;
}
