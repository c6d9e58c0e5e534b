import type { CacheControl } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import type { JsonPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";

/** Writes `cache_control` and counts: to be asked in the order of the prompt, tools first, then system, then messages. */
export type CacheWriter = (place: {
  readonly cache?: CacheControl | undefined;
  readonly at: JsonPath;
}) => JsonObject | undefined;

export function createCacheWriter(isAutomatic: boolean, context: WriteContext): CacheWriter {
  // The automatic breakpoint at the prompt's end is one of them.
  let left = isAutomatic ? MAX_BREAKPOINTS - 1 : MAX_BREAKPOINTS;
  return ({ cache, at }) => {
    if (cache === undefined) return undefined;
    if (left === 0) {
      context.warn(at, `Anthropic takes at most ${MAX_BREAKPOINTS} places to cache up to`);
      return undefined;
    }
    left -= 1;
    return writeCache(cache);
  };
}

export function writeCache(cache: CacheControl | undefined): JsonObject | undefined {
  if (cache === undefined) return undefined;
  return cache.ttl === null ? { type: "ephemeral" } : { type: "ephemeral", ttl: cache.ttl };
}

const MAX_BREAKPOINTS = 4;
