import type { Format } from "../core/format.ts";
import type { LineFormat } from "../core/lines.ts";

/** A line's format by its top-level keys alone; `likely` is asked first. */
export function detectLine(
  keys: readonly string[],
  formats: readonly Format[],
  likely?: Format,
): LineFormat {
  if (likely !== undefined) {
    const found = kindOf(keys, likely);
    if (found !== null) return { kind: found, format: likely.name };
  }
  for (const format of formats) {
    const found = kindOf(keys, format);
    if (found !== null) return { kind: found, format: format.name };
  }
  return { kind: "unknown", keys };
}

function kindOf(keys: readonly string[], format: Format): "request" | "result" | null {
  if (format.requestLine.recognises(keys)) return "request";
  return format.resultLine.recognises(keys) ? "result" : null;
}
