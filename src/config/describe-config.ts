import { isJsonObject } from "../core/json.ts";
import { type Config, createConfig } from "./schema.ts";
import { settingAt, yamlName } from "./setting.ts";

/** `limits.file_bytes: 1000000` for every setting that isn't at its default; of a secret only that it is set. */
export function describeConfig(config: Config): string[] {
  const usual = new Map(leavesOf(createConfig(), []));
  return leavesOf(config, [])
    .filter(([name, value]) => value !== usual.get(name))
    .map(([name, value]) => `  ${name}: ${value}`);
}

type Leaf = readonly [name: string, value: string];

function leavesOf(value: unknown, path: readonly string[]): Leaf[] {
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, item]) => leavesOf(item, [...path, name]));
  }
  const isSecret = settingAt(path)?.isSecret === true && value !== null;
  return [[yamlName(path), isSecret ? "(a secret is set)" : JSON.stringify(value)]];
}
