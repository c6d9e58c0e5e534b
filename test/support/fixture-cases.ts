import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";

/** What cases of fixtures have in common: directions and what is declared of them. See test/fixtures/chat/README.md. */

const patchSchema = z.strictObject({
  set: z.record(z.string(), z.json()).optional(),
  remove: z.array(z.string()).optional(),
});

/** Keys are directions: `openai, anthropic to *`. */
export const expectationsSchema = z.strictObject({
  expected: z.record(z.string(), patchSchema).optional(),
  warnings: z.record(z.string(), z.array(z.string())).optional(),
  refusals: z.record(z.string(), z.string()).optional(),
  /** Files that don't say all, and so are no sources; and those that nothing becomes. */
  onlyTargets: z.array(z.string()).optional(),
  onlySources: z.array(z.string()).optional(),
});

export type Expectations = z.infer<typeof expectationsSchema>;
export type Patch = z.infer<typeof patchSchema>;

/** The folders of a folder of test/fixtures, by name. */
export function caseNames(folder: string): readonly string[] {
  return readdirSync(folderUrl(folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** The files of a case but `case.json`, by the accent they are in. */
export function readAccents(folder: string, name: string): ReadonlyMap<string, unknown> {
  const files = readdirSync(folderUrl(`${folder}/${name}`)).filter((file) => file !== "case.json");
  return new Map(
    files.map((file) => [file.replace(/\.json$/, ""), readFixture(`${folder}/${name}/${file}`)]),
  );
}

export function readFixture(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8"));
}

function folderUrl(folder: string): URL {
  return new URL(`../fixtures/${folder}/`, import.meta.url);
}

interface Declared {
  readonly patches: readonly Patch[];
  readonly warnings: readonly string[];
  readonly refusals: readonly string[];
}

export interface Declarations {
  of(from: string, to: string): Declared;
  /** Targets that are named because they refuse. */
  readonly refusing: readonly string[];
  /** A key that was about no direction is a mistake. */
  checkUsed(): void;
}

/** What a case says of its directions. */
export function readDeclarations(expectations: Expectations, title: string): Declarations {
  const { expected = {}, warnings = {}, refusals = {} } = expectations;
  const tables = { expected, warnings, refusals };
  const unused = new Set(Object.values(tables).flatMap((table) => Object.keys(table)));
  const pick = <Value>(table: Readonly<Record<string, Value>>, from: string, to: string): Value[] =>
    Object.entries(table)
      .filter(([key]) => isAbout(key, from, to))
      .map(([key, value]) => {
        unused.delete(key);
        return value;
      });
  return {
    of: (from, to) => ({
      patches: pick(expected, from, to),
      warnings: pick(warnings, from, to).flat(),
      refusals: pick(refusals, from, to),
    }),
    refusing: Object.keys(refusals)
      .flatMap((key) => parseKey(key).to)
      .filter((to) => to !== "*"),
    checkUsed: () => {
      for (const key of unused) throw new Error(`${title}: "${key}" is about no direction`);
    },
  };
}

function parseKey(key: string): { from: readonly string[]; to: readonly string[] } {
  const [from = "", to = ""] = key.split(" to ");
  return { from: from.split(", "), to: to.split(", ") };
}

/** `*` stands for every other accent; a round trip has to be named. */
function isAbout(key: string, from: string, to: string): boolean {
  const names = parseKey(key);
  const isIn = (list: readonly string[], accent: string) =>
    list.includes(accent) || (list.includes("*") && from !== to);
  return isIn(names.from, from) && isIn(names.to, to);
}

/** The places of a patch are JSON pointers: `/messages/0/role`. */
export function applyPatch(value: Json, { set = {}, remove = [] }: Patch): Json {
  let patched: Json | undefined = value;
  for (const [pointer, item] of Object.entries(set)) {
    patched = change(patched, pointer.split("/").slice(1), expandTexts(item));
  }
  for (const pointer of remove) {
    patched = change(patched, pointer.split("/").slice(1), undefined);
  }
  return patched ?? null;
}

function change(
  target: Json | undefined,
  keys: readonly string[],
  value: Json | undefined,
): Json | undefined {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (Array.isArray(target)) {
    const items: readonly Json[] = target;
    const index = Number(key);
    if (items[index] === undefined) throw new Error(`nothing at ${key} of ${keys.join("/")}`);
    const changed = change(items[index], rest, value);
    return changed === undefined ? items.toSpliced(index, 1) : items.with(index, changed);
  }
  const object = objectOf(target);
  const isThere = object[key] !== undefined;
  if (!isThere && (value === undefined || rest.length > 0)) throw new Error(`nothing at ${key}`);
  const { [key]: old, ...others } = object;
  const changed = change(old, rest, value);
  return changed === undefined ? others : { ...object, [key]: changed };
}

export function objectOf(value: Json | undefined): JsonObject {
  if (isJsonObject(value)) return value;
  throw new Error(`no object: ${JSON.stringify(value)}`);
}

/** Long texts are kept as `{ "$repeat": text, "$bytes": at least so many }`. */
export function expandTexts(value: Json): Json {
  if (Array.isArray(value)) return value.map(expandTexts);
  if (!isJsonObject(value)) return value;
  const { $repeat: text, $bytes: bytes } = value;
  if (typeof text === "string" && typeof bytes === "number") {
    return text.repeat(Math.ceil(bytes / Buffer.byteLength(text)));
  }
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [key, expandTexts(item ?? null)]));
}
