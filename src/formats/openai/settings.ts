import {
  type ChatRequest,
  type Extra,
  REASONING_EFFORTS,
  type ReasoningEffort,
} from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { readOptionalObject, readOptionalString, toOneOf, toText } from "../fields.ts";

/** Settings that Chat Completions and Responses spell alike, some of them in different places. */

export function parseEffort(
  holder: JsonObject,
  key: string,
  at: JsonPath,
): ReasoningEffort | undefined {
  const effort = holder[key];
  if (effort === undefined || effort === null) return undefined;
  return toOneOf(effort, REASONING_EFFORTS, childPath(at, key));
}

export function parseVerbosity(holder: JsonObject, at: JsonPath): ChatRequest["verbosity"] {
  const { verbosity } = holder;
  if (verbosity === undefined || verbosity === null) return undefined;
  return toOneOf(verbosity, ["low", "medium", "high"], childPath(at, "verbosity"));
}

export function parseMetadata(body: JsonObject): ChatRequest["metadata"] {
  const metadata = readOptionalObject(body, "metadata", ROOT);
  if (metadata === undefined) return undefined;
  const at = childPath(ROOT, "metadata");
  const entries = Object.entries(metadata);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, toText(value, childPath(at, key))]),
  );
}

/** `user` is the older name that every host takes; where both are given, the newer one stays beside it. */
export function parseUser(body: JsonObject, extras: Extra[]): string | undefined {
  const user = readOptionalString(body, "user", ROOT);
  const identifier = readOptionalString(body, "safety_identifier", ROOT);
  if (user !== undefined && identifier !== undefined && user !== identifier) {
    const path = childPath(ROOT, "safety_identifier");
    extras.push({ path, value: identifier, isEssential: false });
  }
  return user ?? identifier;
}
