import type { LineMap, MappedLine, ResultFacts } from "../core/translation.ts";
import { memberString, stringAt, walkMembers } from "../lib/member-string.ts";

/** Request lines as they are, without what lay around them. */
export const SAME_LINES: LineMap = mapOf((text) => ({ kind: "lines", lines: [text] }));

/** OpenAI's result lines as they are; what they say of themselves is read from their bytes. */
export function sameResults(role: "output" | "error"): LineMap {
  return mapOf((text) => ({ kind: "lines", lines: [text], facts: [factsOf(text, role)] }));
}

function factsOf(text: string, role: "output" | "error"): ResultFacts {
  const line = Buffer.from(text);
  return {
    customId: memberString(line, "custom_id"),
    line: null,
    outcome: role === "output" ? "succeeded" : endingOf(line),
  };
}

/** How a line of an error file ended: https://platform.openai.com/docs/guides/batch */
export function endingOf(line: Buffer): "errored" | "canceled" | "expired" {
  let code: string | null = null;
  walkMembers(line, 0, (key, at) => {
    if (key !== "error") return true;
    walkMembers(line, at, (inner, place) => {
      if (inner !== "code") return true;
      code = stringAt(line, place);
      return false;
    });
    return false;
  });
  if (code === "batch_cancelled") return "canceled";
  return code === "batch_expired" ? "expired" : "errored";
}

function mapOf(map: (text: string) => MappedLine): LineMap {
  const blank: MappedLine = { kind: "lines", lines: [] };
  return {
    map: (text) => (text.trim() === "" ? blank : map(text)),
    reject: (line, error) => ({ kind: "failed", customId: null, error: { ...error, line } }),
    end: () => [],
    report: () => ({ lines: 0, failedLines: 0, usage: null, warnings: [], errors: [] }),
  };
}
