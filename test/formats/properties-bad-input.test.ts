import { describe, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { isJsonArray } from "../../src/formats/fields.ts";
import { attempt, ENTRIES, type Entry } from "./oracle/entries.ts";

describe("a body as deep as a bomb", () => {
  const deep = parsed(`${'{"a":['.repeat(10_000)}1${"]}".repeat(10_000)}`);
  const text = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
  const isInner = (value: Json) => isJsonArray(value) || isJsonObject(value);

  test.each(having(isInner))("$name is read, or refused by name", ({ places, run }) => {
    for (const [index, place] of places.entries()) {
      for (const bomb of [deep, text]) {
        const refusal = attempt(() => {
          // One target each, in turn: printing what is so deep takes its time.
          const writers = [...run(place.with(bomb)).values()];
          attempt(() => writers[index % writers.length]?.());
        });
        expect(refusal?.path).not.toBe("");
      }
    }
  });
});

describe("names that mean something to JavaScript", () => {
  const strange = '{"__proto__":{"polluted":true},"constructor":{"type":"text"},"toString":null}';
  const plain = strange
    .replace("__proto__", "x1")
    .replace("constructor", "x2")
    .replace("toString", "x3");

  test.each(ENTRIES)("$name with them everywhere is read as with any others", (entry) => {
    expect(entry.seeds.length).toBeGreaterThan(0);
    for (const seed of entry.seeds) {
      const said = (fields: string) =>
        outcomes(entry, toObject(everywhere(seed, parsed(fields)))).map((text) =>
          text.replaceAll(/__proto__|constructor|toString|x[123]/g, "x"),
        );
      expect(said(strange)).toEqual(said(plain));
    }
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  /** For each target what is written, or why not. */
  function outcomes({ run }: Entry, body: JsonObject): string[] {
    let targets: ReadonlyMap<string, () => string> = new Map();
    const refusal = attempt(() => {
      targets = run(body);
    });
    if (refusal !== null) return [refusal.message];
    return [...targets.values()].map((write) => {
      let text = "";
      const failure = attempt(() => {
        text = write();
      });
      return failure?.message ?? text;
    });
  }
});

describe("half a character", () => {
  const LONE = "\ud800x";
  const isText = (value: Json) => typeof value === "string";

  test.each(having(isText))("$name is written as whole JSON", ({ places, run }) => {
    let written = 0;
    for (const place of places) {
      const refusal = attempt(() => {
        for (const write of run(place.with(LONE)).values()) {
          attempt(() => {
            expect(write().isWellFormed()).toBe(true);
            written += 1;
          });
        }
      });
      expect(refusal?.path).not.toBe("");
    }
    expect(written).toBeGreaterThan(0);
  });
});

describe("an enormous number", () => {
  const isNumber = (value: Json) => typeof value === "number";

  test.each(having(isNumber))("$name is read, or refused by name", ({ places, run }) => {
    for (const number of [Infinity, -Infinity, 1e308, 2 ** 53, -1, 0.5, -0]) {
      for (const place of places) {
        const refusal = attempt(() => {
          for (const write of run(place.with(number)).values()) attempt(write);
        });
        expect(refusal?.path).not.toBe("");
      }
    }
  });

  test.each(
    Object.entries(SETTINGS).flatMap(([codec, paths]) => paths.map((path) => ({ codec, path }))),
  )("$codec: $path has an end", ({ codec, path }) => {
    const entry = ENTRIES.find(({ name }) => name === `a request of ${codec}`);
    const seed = entry?.seeds[0] ?? {};
    const keys = path.split(".");
    for (const number of [Infinity, -Infinity]) {
      const body = toObject(replaced(withObjects(seed, keys), keys, number));
      expect(attempt(() => entry?.run(body))?.path).toBe(path);
    }
  });
});

/** What a client may set to a number. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  "openai.chat": [
    "max_completion_tokens",
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "n",
    "top_logprobs",
  ],
  "openai.responses": ["max_output_tokens", "temperature", "top_p", "top_logprobs"],
  "openai.embeddings": ["dimensions"],
  "anthropic.messages": ["max_tokens", "temperature", "top_p", "top_k"],
  "gemini.generateContent": [
    "generationConfig.maxOutputTokens",
    "generationConfig.temperature",
    "generationConfig.topP",
    "generationConfig.topK",
    "generationConfig.seed",
    "generationConfig.candidateCount",
    "generationConfig.presencePenalty",
    "generationConfig.frequencyPenalty",
    "generationConfig.logprobs",
    "generationConfig.thinkingConfig.thinkingBudget",
  ],
  "gemini.embedContent": ["outputDimensionality"],
  "bedrock.converse": [
    "inferenceConfig.maxTokens",
    "inferenceConfig.temperature",
    "inferenceConfig.topP",
  ],
  "bedrock.nova": [
    "inferenceConfig.maxTokens",
    "inferenceConfig.temperature",
    "inferenceConfig.topP",
    "inferenceConfig.topK",
  ],
  "bedrock.llama": ["max_gen_len", "temperature", "top_p"],
  "bedrock.mistral": ["max_tokens", "temperature", "top_p", "top_k"],
  "bedrock.titan": [
    "textGenerationConfig.maxTokenCount",
    "textGenerationConfig.temperature",
    "textGenerationConfig.topP",
  ],
  "bedrock.titan_embed_v2": ["dimensions"],
  "bedrock.cohere_embed_v4": ["output_dimension"],
};

/** The entries with places that hold such a value. */
function having(isMeant: (value: Json) => boolean): (Entry & { readonly places: Place[] })[] {
  const found = ENTRIES.map((entry) => ({ ...entry, places: placesOf(entry.seeds, isMeant) }));
  return found.filter(({ places }) => places.length > 0);
}

interface Place {
  /** `messages[0].content`. */
  readonly path: string;
  with(value: Json): JsonObject;
}

/** Every different place of the bodies that holds such a value, positions in lists not counted. */
function placesOf(seeds: Entry["seeds"], isMeant: (value: Json) => boolean): Place[] {
  const places = new Map<string, Place>();
  for (const seed of seeds) {
    for (const { keys, value } of walk(seed, [])) {
      const field = keys.map((key) => (typeof key === "number" ? "[]" : key)).join(".");
      if (!isMeant(value) || places.has(field)) continue;
      const path = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
      places.set(field, {
        path: path.replace(/^\./, ""),
        with: (changed) => toObject(replaced(seed, keys, changed)),
      });
    }
  }
  return [...places.values()];
}

type Keys = readonly (string | number)[];

function* walk(value: Json, keys: Keys): Generator<{ keys: Keys; value: Json }> {
  if (keys.length > 0) yield { keys, value };
  if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) yield* walk(item, [...keys, index]);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) yield* walk(item, [...keys, key]);
    }
  }
}

function replaced(value: Json, keys: Keys, changed: Json): Json {
  const [key, ...rest] = keys;
  if (key === undefined) return changed;
  if (isJsonArray(value)) {
    return value.map((item, index) => (index === key ? replaced(item, rest, changed) : item));
  }
  const object = toObject(value);
  return { ...object, [key]: replaced(object[key] ?? null, rest, changed) };
}

/** With empty objects where the keys lead through nothing. */
function withObjects(value: JsonObject, keys: readonly string[]): JsonObject {
  const [key, ...rest] = keys;
  if (key === undefined || rest.length === 0) return value;
  const inner = value[key];
  return { ...value, [key]: withObjects(isJsonObject(inner) ? inner : {}, rest) };
}

/** Into each object, but for those that are a tool's own business. */
function everywhere(value: Json, fields: Json): Json {
  if (isJsonArray(value)) return value.map((item) => everywhere(item, fields));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, item = null]): [string, Json] => [
    key,
    OWN_BUSINESS.has(key) ? item : everywhere(item, fields),
  ]);
  return Object.fromEntries([...entries, ...Object.entries(toObject(fields))]);
}

const OWN_BUSINESS = new Set([
  "input",
  "args",
  "json",
  "response",
  "parameters",
  "input_schema",
  "inputSchema",
  "schema",
  "responseSchema",
  "metadata",
  "requestMetadata",
  "logit_bias",
]);

function toObject(value: Json): JsonObject {
  return isJsonObject(value) ? value : {};
}

function parsed(text: string): Json {
  return JSON.parse(text);
}
