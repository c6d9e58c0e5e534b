import type { JsonObject } from "../../core/json.ts";
import type { JsonPath } from "../../core/json-path.ts";
import { type Facts, warnOnce } from "./schema-facts.ts";
import { placeText, type SchemaWalk } from "./schema-parts.ts";

interface Place {
  readonly at: JsonPath;
  readonly walk: SchemaWalk;
}

/** Gemini's enums are texts only, but a number that lies between itself and itself is that number. */
export function writeNumbers(type: "integer" | "number", facts: Facts, place: Place): JsonObject[] {
  const { values } = facts;
  if (values === null)
    return [{ type: TYPES[type], ...formatOf(facts), ...writeRange(type, facts, place) }];
  const numbers = values
    .filter((value) => typeof value === "number")
    .filter((value) => type === "number" || Number.isInteger(value))
    .toSorted((one, other) => one - other);
  const [first] = numbers;
  const last = numbers.at(-1);
  if (first === undefined || last === undefined) return [];
  const isWhole = numbers.every((value) => Number.isInteger(value));
  const ranges = toRanges(numbers, isWhole ? 1 : 0);
  const name = isWhole ? "INTEGER" : "NUMBER";
  if (ranges.length <= MAX_RANGES) {
    return ranges.map(([minimum, maximum]) => ({ type: name, minimum, maximum }));
  }
  const message = `Gemini takes no enum of so many numbers, only their range, at ${placeText(place.at)}`;
  warnOnce(message, place.walk);
  return [{ type: name, minimum: first, maximum: last }];
}

const TYPES = { integer: "INTEGER", number: "NUMBER" } as const;
const MAX_RANGES = 50;

function toRanges(numbers: readonly number[], step: number): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  for (const value of numbers) {
    const open = ranges.at(-1);
    if (open !== undefined && value - open[1] <= step) open[1] = value;
    else ranges.push([value, value]);
  }
  return ranges;
}

function formatOf({ notes }: Facts): JsonObject {
  const format = notes.get("format");
  return typeof format === "string" ? { format } : {};
}

function writeRange(
  type: "integer" | "number",
  { bounds }: Facts,
  { at, walk }: Place,
): JsonObject {
  const above = bounds.get("exclusiveMinimum");
  const below = bounds.get("exclusiveMaximum");
  if (type === "number" && (above !== undefined || below !== undefined)) {
    warnOnce(`Gemini's bounds are part of the range themselves, at ${placeText(at)}`, walk);
  }
  const step = type === "integer" ? 1 : 0;
  const lowest = above === undefined ? undefined : step === 0 ? above : Math.floor(above) + step;
  const highest = below === undefined ? undefined : step === 0 ? below : Math.ceil(below) - step;
  const minimum = most(bounds.get("minimum"), lowest);
  const maximum = least(bounds.get("maximum"), highest);
  return {
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  };
}

function most(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

/** 64-bit integers are text in the JSON of protocol buffers. */
export function writeSize(of: "Items" | "Length" | "Properties", { bounds }: Facts): JsonObject {
  const written: Record<string, string> = {};
  for (const key of [`min${of}`, `max${of}`]) {
    const value = bounds.get(key);
    if (value !== undefined && Number.isSafeInteger(value) && value >= 0)
      written[key] = String(value);
  }
  return written;
}
