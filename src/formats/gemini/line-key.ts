import type { LineFields } from "../../core/format.ts";
import type { Json } from "../../core/json.ts";

/**
 * What a line is known by: `key` in files, `metadata.key` in lists that stand in a request, `custom_id` in the files of
 * Vertex, which echoes whatever stands beside the request.
 */
export function parseKey(fields: LineFields): string | null {
  return (
    textOf(fields.get("key")) ??
    textOf(fields.inner("metadata")?.get("key")) ??
    textOf(fields.get("custom_id")) ??
    null
  );
}

function textOf(value: Json | undefined): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `"key":…,` or nothing: a line without one is known by its place. */
export function writeKey(customId: string | null): string {
  return customId === null ? "" : `"key":${JSON.stringify(customId)},`;
}
