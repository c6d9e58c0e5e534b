import { readdirSync, readFileSync } from "node:fs";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { z } from "zod";

/** A conversation of test/fixtures/chat as each API's client writes and reads it. See the README there. */
export interface ChatCase {
  readonly name: string;
  readonly description: string;
  readonly isBatch: boolean;
  /** Where this case needs another model than its API usually has. */
  readonly models: Readonly<Record<string, string>>;
  readonly bodies: Readonly<Record<ChatKind, Readonly<Record<string, JsonObject>>>>;
  /** Bodies that break their API's schema on purpose. */
  readonly beyondSpecs: Readonly<Record<string, readonly ChatKind[]>>;
  readonly directions: readonly ChatDirection[];
}

export type ChatKind = "request" | "response";

export interface ChatDirection {
  readonly kind: ChatKind;
  readonly from: string;
  readonly to: string;
  /** In the source's spelling, without positions. */
  readonly warnings: readonly string[];
  readonly outcome:
    | { readonly kind: "refused"; readonly says: string }
    | { readonly kind: "translated"; readonly body: JsonObject };
}

/** Every case, in the order of their names. */
export function loadChatCases(): readonly ChatCase[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => loadCase(entry.name))
    .toSorted((one, other) => one.name.localeCompare(other.name));
}

const FOLDER = new URL("../fixtures/chat/", import.meta.url);

const patchSchema = z.strictObject({
  set: z.record(z.string(), z.json()).optional(),
  remove: z.array(z.string()).optional(),
});
/** Keys are directions: `openai, anthropic to *`. */
const expectationsSchema = z.strictObject({
  expected: z.record(z.string(), patchSchema).optional(),
  warnings: z.record(z.string(), z.array(z.string())).optional(),
  refusals: z.record(z.string(), z.string()).optional(),
});
const caseSchema = z.strictObject({
  description: z.string(),
  isBatch: z.boolean().default(true),
  models: z.record(z.string(), z.string()).default({}),
  beyondSpecs: z.record(z.string(), z.array(z.enum(["request", "response"]))).default({}),
  request: expectationsSchema.default({}),
  response: expectationsSchema.default({}),
});
const bodiesSchema = z.strictObject({
  request: z.json().optional(),
  response: z.json().optional(),
});

type Expectations = z.infer<typeof expectationsSchema>;
type Patch = z.infer<typeof patchSchema>;

function loadCase(name: string): ChatCase {
  const files = readdirSync(new URL(`${name}/`, FOLDER));
  const { request, response, ...rest } = caseSchema.parse(readJson(`${name}/case.json`));
  const bodies: Record<ChatKind, Record<string, JsonObject>> = { request: {}, response: {} };
  for (const file of files) {
    if (file === "case.json") continue;
    const parsed = bodiesSchema.parse(readJson(`${name}/${file}`));
    const accent = file.replace(/\.json$/, "");
    if (parsed.request !== undefined) bodies.request[accent] = expandObject(parsed.request);
    if (parsed.response !== undefined) bodies.response[accent] = expandObject(parsed.response);
  }
  const directions = [
    ...readDirections(name, "request", { bodies: bodies.request, expectations: request }),
    ...readDirections(name, "response", { bodies: bodies.response, expectations: response }),
  ];
  return { name, ...rest, bodies, directions };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, FOLDER), "utf8"));
}

/** Each pair whose source there is, and whose target's body or refusal is known. */
function readDirections(
  name: string,
  kind: ChatKind,
  { bodies, expectations }: { bodies: Record<string, JsonObject>; expectations: Expectations },
): ChatDirection[] {
  const sources = Object.keys(bodies);
  const refused = Object.keys(expectations.refusals ?? {}).flatMap((key) => parseKey(key).to);
  const targets = new Set([...sources, ...refused.filter((to) => to !== "*")]);
  const lookUp = lookUpIn(expectations, `${name}, ${kind}`);
  const directions = sources.flatMap((from) =>
    [...targets].flatMap((to): ChatDirection[] => {
      const { patches, warnings, refusals } = lookUp.of(from, to);
      const [says] = refusals;
      if (says !== undefined) {
        return [{ kind, from, to, warnings: [], outcome: { kind: "refused", says } }];
      }
      const body = bodies[to];
      if (body === undefined) return [];
      const patched = patches.reduce<JsonObject>(applyPatch, body);
      return [{ kind, from, to, warnings, outcome: { kind: "translated", body: patched } }];
    }),
  );
  lookUp.checkUsed();
  return directions;
}

interface Found {
  readonly patches: readonly Patch[];
  readonly warnings: readonly string[];
  readonly refusals: readonly string[];
}

/** What is said of a pair. A key that is about no pair is a mistake. */
function lookUpIn(expectations: Expectations, title: string) {
  const { expected = {}, warnings = {}, refusals = {} } = expectations;
  const unused = new Set([
    ...Object.keys(expected),
    ...Object.keys(warnings),
    ...Object.keys(refusals),
  ]);
  const pick = <Value>(table: Readonly<Record<string, Value>>, from: string, to: string): Value[] =>
    Object.entries(table)
      .filter(([key]) => isAbout(key, from, to))
      .map(([key, value]) => {
        unused.delete(key);
        return value;
      });
  return {
    of(from: string, to: string): Found {
      return {
        patches: pick(expected, from, to),
        warnings: pick(warnings, from, to).flat(),
        refusals: pick(refusals, from, to),
      };
    },
    checkUsed(): void {
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

/** `/messages/0/role`: the places of a patch are JSON pointers. */
function applyPatch(body: JsonObject, { set = {}, remove = [] }: Patch): JsonObject {
  let patched = body;
  for (const [pointer, value] of Object.entries(set)) {
    patched = toObject(change(patched, pointer.split("/").slice(1), expand(value)));
  }
  for (const pointer of remove) {
    patched = toObject(change(patched, pointer.split("/").slice(1), undefined));
  }
  return patched;
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
  const object = toObject(target);
  const isThere = object[key] !== undefined;
  if (!isThere && (value === undefined || rest.length > 0)) throw new Error(`nothing at ${key}`);
  const { [key]: old, ...others } = object;
  const changed = change(old, rest, value);
  return changed === undefined ? others : { ...object, [key]: changed };
}

function toObject(value: Json | undefined): JsonObject {
  if (isJsonObject(value)) return value;
  throw new Error("a patch leads through something that is no object");
}

/** Long texts are kept as `{ "$repeat": text, "$bytes": at least so many }`. */
function expand(value: Json): Json {
  if (Array.isArray(value)) return value.map(expand);
  if (!isJsonObject(value)) return value;
  const { $repeat: text, $bytes: bytes } = value;
  if (typeof text === "string" && typeof bytes === "number") {
    return text.repeat(Math.ceil(bytes / Buffer.byteLength(text)));
  }
  return expandObject(value);
}

function expandObject(value: Json): JsonObject {
  const entries = Object.entries(toObject(value));
  return Object.fromEntries(entries.map(([key, item]) => [key, expand(item ?? null)]));
}
