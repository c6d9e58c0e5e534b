import type { Extra } from "../../core/chat-request.ts";
import type { FormatName } from "../../core/format-name.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { type JsonPath, pathText } from "../../core/json-path.ts";

/** What a body of Gemini's had that the hub has no word for, by the place of the object that it stood in. */
export interface OwnExtras {
  /** For the objects that writers make anew, by Gemini's name: `generationConfig`; empty for the body itself. */
  in(place: string): JsonObject | undefined;
  /** For parts and declarations, which know where they stood; `key` for an object of theirs. */
  at(path: JsonPath, key?: string): JsonObject | undefined;
}

const NONE: OwnExtras = { in: () => undefined, at: () => undefined };

export function ownExtrasOf(source: {
  readonly family: FormatName;
  readonly extras: readonly Extra[];
}): OwnExtras {
  if (source.family !== "gemini" || source.extras.length === 0) return NONE;
  const members = new Map<string, [key: string, value: Json][]>();
  for (const { path, value } of source.extras) {
    if (path.parent === null) continue;
    const place = placeText(path.parent);
    const known = members.get(place);
    const member: [string, Json] = [String(path.key), value];
    if (known === undefined) members.set(place, [member]);
    else known.push(member);
  }
  const find = (place: string): JsonObject | undefined => {
    const found = members.get(place);
    // As own keys, `__proto__` too.
    return found === undefined ? undefined : Object.fromEntries(found);
  };
  return {
    in: find,
    at: (path, key) => find(key === undefined ? placeText(path) : `${placeText(path)}.${key}`),
  };
}

/** Whether the request writer says it: what stood in an object that it writes again. */
export function isOwnExtra({ path }: Extra): boolean {
  return path.parent !== null && PLACES.test(placeText(path.parent));
}

/** One item may stand for a list of one. */
const ITEM = "(\\[\\d+\\])?";

const PLACES = new RegExp(
  [
    "^$",
    "^generationConfig(\\.thinkingConfig)?$",
    "^toolConfig(\\.functionCallingConfig)?$",
    `^(contents${ITEM}|systemInstruction|content)\\.parts${ITEM}(\\.functionResponse\\.parts${ITEM})?(\\.(functionCall|functionResponse|inlineData|fileData))?$`,
    `^tools${ITEM}\\.functionDeclarations${ITEM}$`,
  ].join("|"),
);

/** In one spelling, so that either finds its place. */
function placeText(path: JsonPath): string {
  return pathText(path).replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
