import type { LineMap, MappedLine, ResultFacts } from "../core/translation.ts";
import { memberString } from "../lib/member-string.ts";
import { sameResults } from "./identity-map.ts";

const NOTHING: MappedLine = { kind: "lines", lines: [] };

/** Results of which only some are kept, by what is known of each. Without a map the lines stay as they are. */
export function keepResults(map: LineMap | null, isKept: (facts: ResultFacts) => boolean): LineMap {
  const inner = map ?? sameResults("output");
  const keep = (mapped: MappedLine): MappedLine => {
    if (mapped.kind !== "lines") return mapped;
    const { facts = [] } = mapped;
    const kept = facts.map(isKept);
    return { kind: "lines", lines: mapped.lines.filter((_, index) => kept[index] === true) };
  };
  return {
    map: (text, line) => keep(inner.map(text, line)),
    reject: (...rejected) => keep(inner.reject(...rejected)),
    end: () => inner.end().map(keep),
    report: () => inner.report(),
  };
}

/** Lines of which only those with certain ids are looked at any further. */
export function onlyWithId(
  map: LineMap | null,
  isWanted: (customId: string | null) => boolean,
): LineMap {
  const inner = map ?? sameResults("output");
  const idOf = (line: Uint8Array) => memberString(Buffer.from(line), "custom_id");
  return {
    map: (text, line) => (isWanted(idOf(Buffer.from(text))) ? inner.map(text, line) : NOTHING),
    reject: (line, error, head) =>
      isWanted(idOf(head)) ? inner.reject(line, error, head) : NOTHING,
    end: () => inner.end(),
    report: () => inner.report(),
  };
}
