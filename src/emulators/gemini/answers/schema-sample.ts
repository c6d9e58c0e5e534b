// https://ai.google.dev/gemini-api/docs/structured-output

import type { Json, JsonObject } from "../json.ts";
import { isJsonArray, isJsonObject, numberOf, stringsOf } from "../json.ts";
import type { Dice } from "../../dice.ts";

const MAX_DEPTH = 12;

/** A value that the schema accepts: one of the API's own kind, or JSON Schema. */
export function sampleOf(schema: Json | undefined, dice: Dice): Json {
  return sample(schema, { root: isJsonObject(schema) ? schema : {}, dice, depth: 0 });
}

interface Place {
  readonly root: JsonObject;
  readonly dice: Dice;
  readonly depth: number;
}

function sample(schema: Json | undefined, place: Place): Json {
  if (!isJsonObject(schema) || place.depth > MAX_DEPTH) return {};
  const { $ref, const: constant, enum: values, anyOf, oneOf } = schema;
  if (typeof $ref === "string") return sample(resolve($ref, place.root), deeper(place));
  if (constant !== undefined) return constant;
  if (isJsonArray(values)) return values[place.dice.roll(values.length)] ?? null;
  const choices = isJsonArray(anyOf) ? anyOf : oneOf;
  if (isJsonArray(choices)) return sample(pick(choices, place), deeper(place));
  return sampleType(schema, place);
}

function sampleType(schema: JsonObject, place: Place): Json {
  const { type } = schema;
  const named = isJsonArray(type) ? type.find((name) => name !== "null") : type;
  switch (typeof named === "string" ? named.toLowerCase() : "object") {
    case "string":
      return sampleString(schema, place.dice);
    case "integer":
    case "number":
      return sampleNumber(schema, place.dice);
    case "boolean":
      return place.dice.roll(2) === 0;
    case "null":
      return null;
    case "array": {
      const length = Math.max(numberOf(schema["minItems"], 0), place.depth > 4 ? 0 : 1);
      return Array.from({ length }, () => sample(schema["items"], deeper(place)));
    }
    default:
      return sampleObject(schema, place);
  }
}

function sampleObject(schema: JsonObject, place: Place): Json {
  const { properties, required } = schema;
  if (!isJsonObject(properties)) return {};
  const wanted = isJsonArray(required) ? stringsOf(required) : Object.keys(properties);
  const order = stringsOf(schema["propertyOrdering"]);
  const names = [
    ...order.filter((name) => wanted.includes(name)),
    ...wanted.filter((name) => !order.includes(name)),
  ];
  return Object.fromEntries(names.map((name) => [name, sample(properties[name], deeper(place))]));
}

const FORMATS: Readonly<Record<string, string>> = {
  date: "2025-06-01",
  "date-time": "2025-06-01T12:00:00Z",
  time: "12:00:00Z",
  duration: "PT1H",
  email: "someone@example.com",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
  uri: "https://example.com/",
};

const WORDS = ["apple", "river", "stone", "cloud", "seven", "garden"];

function sampleString(schema: JsonObject, dice: Dice): string {
  const { format } = schema;
  const formatted = typeof format === "string" ? FORMATS[format] : undefined;
  if (formatted !== undefined) return formatted;
  const word = `${WORDS[dice.roll(WORDS.length)]} ${dice.roll(100)}`;
  const long = word.padEnd(numberOf(schema["minLength"], 0), "x");
  return long.slice(0, numberOf(schema["maxLength"], long.length));
}

function sampleNumber(schema: JsonObject, dice: Dice): number {
  const low = Math.ceil(numberOf(schema["minimum"], 0));
  const high = Math.floor(numberOf(schema["maximum"], low + 100));
  return low + dice.roll(Math.max(1, Math.min(high - low + 1, 1_000)));
}

/** Schemas may refer to themselves: deep down, the choice without a reference ends. */
function pick(choices: readonly Json[], place: Place): Json {
  const plain = choices.find((choice) => !JSON.stringify(choice).includes('"$ref"'));
  const first = choices.find((choice) => !isJsonObject(choice) || choice["type"] !== "null");
  return (place.depth > 3 ? plain : first) ?? choices[0] ?? {};
}

function resolve(reference: string, root: JsonObject): Json | undefined {
  let found: Json | undefined = root;
  for (const step of reference.replace(/^#\/?/, "").split("/")) {
    if (step === "") continue;
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    found = isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}

function deeper(place: Place): Place {
  return { ...place, depth: place.depth + 1 };
}
