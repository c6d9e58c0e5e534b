import type { Extra } from "../../core/chat-request.ts";
import type { FormatName } from "../../core/format-name.ts";
import type { JsonObject } from "../../core/json.ts";

/**
 * Whether a writer says an extra of its own family: any at the top of the body, so that what OpenAI or a compatible host
 * has new passes, but not what belongs to another API of the family.
 */
export function isOwnExtra(extra: Extra, foreign: ReadonlySet<string>): boolean {
  const { parent, key } = extra.path;
  return parent !== null && parent.parent === null && typeof key === "string" && !foreign.has(key);
}

/** A body with the extras of its own family. They are copied as own keys, `__proto__` too. */
export function withOwnExtras(
  body: JsonObject,
  source: { readonly family: FormatName; readonly extras: readonly Extra[] },
  foreign: ReadonlySet<string>,
): JsonObject {
  if (source.extras.length === 0 || source.family !== "openai") return body;
  const taken = source.extras.filter((extra) => isOwnExtra(extra, foreign));
  return { ...body, ...Object.fromEntries(taken.map(({ path, value }) => [path.key, value])) };
}
