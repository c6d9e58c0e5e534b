import type { Extra } from "../../core/chat-request.ts";
import type { FormatName } from "../../core/format-name.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { JsonPath } from "../../core/json-path.ts";

/**
 * What an Anthropic body had that the hub has no word for, so that it goes back to where it stood: at the top, in one of the top's
 * objects, at a tool or a block.
 */
export interface OwnExtras {
  /** Keys and values by the place of what they belonged to; the body itself isn't in here. */
  readonly byPlace: ReadonlyMap<JsonPath, readonly Member[]>;
  readonly top: readonly Member[];
  /** By the key of the object: `output_config`. */
  readonly inTop: ReadonlyMap<string, readonly Member[]>;
}

type Member = readonly [key: string, value: Json];

/** Whether the request writer says it. */
export function isOwnExtra({ path }: Extra): boolean {
  return placeOf(path) !== "elsewhere";
}

export function ownExtrasOf(source: {
  readonly family: FormatName;
  readonly extras: readonly Extra[];
}): OwnExtras | null {
  if (source.extras.length === 0 || source.family !== "anthropic") return null;
  const byPlace = new Map<JsonPath, Member[]>();
  const top: Member[] = [];
  const inTop = new Map<string, Member[]>();
  for (const { path, value } of source.extras) {
    const member: Member = [String(path.key), value];
    const { parent } = path;
    const place = placeOf(path);
    if (place === "top") top.push(member);
    else if (parent !== null && place === "inTop") add(inTop, String(parent.key), member);
    else if (parent !== null) add(byPlace, parent, member);
  }
  return { byPlace, top, inTop };
}

/** The keys are copied as own ones, `__proto__` too. */
export function withMembers(
  object: JsonObject,
  members: readonly Member[] | undefined,
): JsonObject {
  return members === undefined || members.length === 0
    ? object
    : { ...object, ...Object.fromEntries(members) };
}

function placeOf(path: JsonPath): "top" | "inTop" | "tool" | "block" | "elsewhere" {
  const keys = keysOf(path);
  const [first, second, third, fourth] = keys;
  if (keys.length === 1) return "top";
  if (keys.length === 2 && typeof second === "string") return "inTop";
  if (keys.length === 3 && typeof second === "number") {
    if (first === "tools") return "tool";
    if (first === "system" || first === "content") return "block";
  }
  const isInMessage = first === "messages" && third === "content" && typeof fourth === "number";
  return keys.length === 5 && isInMessage ? "block" : "elsewhere";
}

function keysOf(path: JsonPath): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let node = path; node.parent !== null; node = node.parent) keys.push(node.key);
  return keys.toReversed();
}

function add<Key>(map: Map<Key, Member[]>, key: Key, member: Member): void {
  const members = map.get(key);
  if (members === undefined) map.set(key, [member]);
  else members.push(member);
}
