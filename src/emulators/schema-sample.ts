import type { Json, JsonObject } from "./json.ts";
import { isJsonArray, isJsonObject, numberOf } from "./json.ts";
import type { Dice } from "./dice.ts";

const MAX_DEPTH = 12;

/** A value that the schema accepts, for the keywords that structured output knows. */
export function sampleOf(schema: Json | undefined, root: JsonObject, dice: Dice): Json {
  return sample(schema, { root, dice, depth: 0 });
}

interface Place {
  readonly root: JsonObject;
  readonly dice: Dice;
  readonly depth: number;
}

function sample(schema: Json | undefined, place: Place): Json {
  if (!isJsonObject(schema) || place.depth > MAX_DEPTH) return {};
  const { $ref, const: constant, enum: values, anyOf, oneOf, allOf } = schema;
  if (typeof $ref === "string") return sample(resolve($ref, place.root), deeper(place));
  if (constant !== undefined) return constant;
  if (isJsonArray(values)) return values[place.dice.roll(values.length)] ?? null;
  const choices = isJsonArray(anyOf) ? anyOf : oneOf;
  if (isJsonArray(choices)) return sample(shallowest(choices, place), deeper(place));
  if (isJsonArray(allOf)) return sample(merge(allOf, place.root), deeper(place));
  return sampleType(schema, place);
}

function sampleType(schema: JsonObject, place: Place): Json {
  const { type } = schema;
  const wanted = isJsonArray(type) ? type.find((name) => name !== "null") : type;
  switch (typeof wanted === "string" ? wanted : "object") {
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
  const members: Record<string, Json> = {};
  if (!isJsonObject(properties)) return members;
  const names = isJsonArray(required) ? required : Object.keys(properties);
  for (const name of names) {
    if (typeof name === "string") members[name] = sample(properties[name], deeper(place));
  }
  return members;
}

const FORMATS: Readonly<Record<string, string>> = {
  date: "2025-06-01",
  "date-time": "2025-06-01T12:00:00Z",
  time: "12:00:00Z",
  duration: "PT1H",
  email: "someone@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
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
  const step = numberOf(schema["multipleOf"], 1);
  const low = numberOf(schema["minimum"], numberOf(schema["exclusiveMinimum"], 0 - step) + step);
  const high = numberOf(
    schema["maximum"],
    numberOf(schema["exclusiveMaximum"], low + 101 * step) - step,
  );
  const first = Math.ceil(low / step);
  const count = Math.max(1, Math.floor(high / step) - first + 1);
  return (first + dice.roll(Math.min(count, 1_000))) * step;
}

/** Schemas may refer to themselves: of several choices the one without a reference ends. */
function shallowest(choices: readonly Json[], place: Place): Json {
  const plain = choices.find((choice) => !JSON.stringify(choice).includes('"$ref"'));
  const first = choices.find((choice) => !isJsonObject(choice) || choice["type"] !== "null");
  return (place.depth > 3 ? plain : first) ?? choices[0] ?? {};
}

function merge(schemas: readonly Json[], root: JsonObject): JsonObject {
  const properties: Record<string, Json | undefined> = {};
  const required: Json[] = [];
  let merged: JsonObject = {};
  for (const part of schemas) {
    const schema =
      isJsonObject(part) && typeof part["$ref"] === "string" ? resolve(part["$ref"], root) : part;
    if (!isJsonObject(schema)) continue;
    merged = { ...merged, ...schema };
    if (isJsonObject(schema["properties"])) Object.assign(properties, schema["properties"]);
    if (isJsonArray(schema["required"])) required.push(...schema["required"]);
  }
  return { ...merged, properties, required };
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
