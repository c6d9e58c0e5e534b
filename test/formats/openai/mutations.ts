import * as fc from "fast-check";
import { isJsonObject, type Json, type JsonObject } from "../../../src/core/json.ts";

/**
 * What hides behind JSON, as text so that each place gets its own: keys of every object, halves of characters, numbers without end,
 * wrong types.
 */
const nasty: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.json({ maxDepth: 2 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "null",
      '""',
      String.raw`"\ud800"`,
      '"data:"',
      '"data:image/png;base64,"',
      "1e308",
      "1e999",
      "-0",
      "1152921504606846976",
      "[]",
      "{}",
      "[[]]",
      "true",
      '{"__proto__":{"type":"text"},"constructor":1,"toString":null}',
      '{"__proto__":null}',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(10, 500).map(nested) },
);

/** Any of the bodies with one to three of its values replaced, removed, or put beside a stranger. */
export function mutated(bodies: readonly JsonObject[]): fc.Arbitrary<JsonObject> {
  const change = fc.record({
    where: fc.nat(),
    how: fc.constantFrom("replace", "remove", "add"),
    value: nasty,
    key: fc.oneof(fc.string(), fc.constantFrom("__proto__", "type", "role", "toString")),
  });
  return fc
    .record({
      body: fc.constantFrom(...bodies.map((body) => JSON.stringify(body))),
      changes: fc.array(change, { minLength: 1, maxLength: 3 }),
    })
    .map(({ body, changes }) => {
      const root = parsed(body);
      for (const { where, how, value, key } of changes) {
        const places = placesIn(root);
        const place = places[where % places.length];
        if (place === undefined) continue;
        if (how === "replace") place.set(parsed(value));
        else if (how === "remove") place.remove();
        else place.add(key, parsed(value));
      }
      return isJsonObject(root) ? root : {};
    });
}

/** The same body with unknown fields in all of its objects. */
export function withStrangers(body: JsonObject): JsonObject {
  const root = parsed(JSON.stringify(body), (value) =>
    isJsonObject(value) ? { ...value, "x-stranger": { deep: [1, "a", null] } } : value,
  );
  return isJsonObject(root) ? root : {};
}

interface Place {
  set(value: Json): void;
  remove(): void;
  add(key: string, value: Json): void;
}

function placesIn(root: Json): Place[] {
  const places: Place[] = [];
  const open: unknown[] = [root];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    if (typeof holder !== "object" || holder === null) continue;
    for (const [key, value] of Object.entries(holder)) {
      places.push(placeOf(holder, key));
      if (value !== undefined) open.push(value);
    }
  }
  return places;
}

function placeOf(holder: object, key: string): Place {
  const define = (name: string, value: Json) => {
    const attributes = { enumerable: true, configurable: true, writable: true };
    Object.defineProperty(holder, name, { value, ...attributes });
  };
  return {
    set: (value) => define(key, value),
    remove: () => {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else Reflect.deleteProperty(holder, key);
    },
    add: (name, value) => {
      if (Array.isArray(holder)) holder.push(value);
      else define(name, value);
    },
  };
}

function nested(depth: number): string {
  return `${'{"a":['.repeat(depth)}1${"]}".repeat(depth)}`;
}

function parsed(text: string, revive?: (value: Json) => Json): Json {
  return JSON.parse(text, revive === undefined ? undefined : (_, value: Json) => revive(value));
}
