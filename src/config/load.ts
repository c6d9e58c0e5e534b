import { isJsonObject } from "../core/json.ts";
import { ConfigError } from "./config-error.ts";
import { describeIssue } from "./describe-issue.ts";
import { type Environment, readVariable, unknownVariables } from "./environment.ts";
import { fromText } from "./from-text.ts";
import { openHostProblem } from "./open-host.ts";
import { type Config, configSchema } from "./schema.ts";
import { SETTINGS, yamlName } from "./setting.ts";
import { virtualKeyProblems } from "./virtual-keys.ts";
import { readYamlFile } from "./yaml-file.ts";
import { readTree } from "./yaml-tree.ts";

export interface ConfigSource {
  readonly environment: Environment;
  /** Where crossbatch.yaml is looked for. */
  readonly workingDirectory: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The crossbatch.yaml that was read, or null. */
  readonly file: string | null;
}

/** Reads environment and crossbatch.yaml; where both set a value, the environment wins. Throws `ConfigError` with all that is wrong. */
export async function loadConfig(source: ConfigSource): Promise<LoadedConfig> {
  const { environment } = source;
  const file = await readYamlFile(environment, source.workingDirectory);
  const problems = [...file.problems, ...unknownVariables(environment)];
  const node = { schema: configSchema, value: file.content, path: [] };
  const tree = readTree(node, { environment, problems });
  const values = isJsonObject(tree) ? { ...tree } : {};
  const variables = setVariables(values, environment);
  const parsed = configSchema.safeParse(values);
  const issues = parsed.error?.issues ?? [];
  problems.push(...issues.map((issue) => describeIssue(issue, { values, variables })));
  problems.push(...openHostProblem(values), ...virtualKeyProblems(values));
  if (parsed.success && problems.length === 0) return { config: parsed.data, file: file.path };
  throw new ConfigError(problems);
}

type Values = Record<string, unknown>;

/** Puts what the environment says over what the file said; returns which variable set what. */
function setVariables(values: Values, environment: Environment): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const { path, schema, environment: names } of SETTINGS) {
    const name = names.find((candidate) => readVariable(environment, candidate) !== null);
    const text = name === undefined ? null : readVariable(environment, name);
    if (name === undefined || text === null) continue;
    variables.set(yamlName(path), name);
    setAt(values, path, fromText(schema, text.trim()));
  }
  return variables;
}

function setAt(values: Values, [name, ...rest]: readonly string[], value: unknown): void {
  if (name === undefined) return;
  if (rest.length === 0) {
    values[name] = value;
    return;
  }
  const inner = values[name];
  const group: Values = isJsonObject(inner) ? { ...inner } : {};
  values[name] = group;
  setAt(group, rest, value);
}
