import { isJsonObject, type Json } from "../../../src/core/json.ts";
import { isJsonArray } from "../../../src/formats/fields.ts";
import { childPath, type JsonPath, ROOT } from "../../../src/core/json-path.ts";

/** One place where two values of JSON aren't the same. Undefined: it isn't there. */
export interface Difference {
  readonly at: JsonPath;
  readonly ours: Json | undefined;
  readonly theirs: Json | undefined;
}

/** Every place, as deep as it can be named. Lists of different lengths differ as a whole. */
export function findDifferences(ours: Json | undefined, theirs: Json | undefined): Difference[] {
  const found: Difference[] = [];
  collect({ at: ROOT, ours, theirs }, found);
  return found;
}

function collect({ at, ours, theirs }: Difference, found: Difference[]): void {
  if (ours === theirs) return;
  if (isJsonArray(ours) && isJsonArray(theirs) && ours.length === theirs.length) {
    for (const [index, item] of ours.entries()) {
      collect({ at: childPath(at, index), ours: item, theirs: theirs[index] }, found);
    }
  } else if (isJsonObject(ours) && isJsonObject(theirs)) {
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      collect({ at: childPath(at, key), ours: ours[key], theirs: theirs[key] }, found);
    }
  } else found.push({ at, ours, theirs });
}
