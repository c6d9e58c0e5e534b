import type { Format } from "../core/format.ts";
import type { FormatName } from "../core/format-name.ts";
import { memberString, stringAt, walkMembers } from "../lib/member-string.ts";

/** What a line says of itself outside its messages. */
export interface LineGlance {
  /** Null where its keys are those of no request line we know. */
  readonly format: FormatName | null;
  readonly customId: string | null;
  readonly model: string | null;
  /** Of OpenAI's lines. */
  readonly url: string | null;
}

/** Looks at a line's bytes without parsing it; a line that is no JSON looks like one of no format. */
export function createLineGlance(formats: readonly Format[]): (line: Buffer) => LineGlance {
  const byBody = new Map(formats.map((format) => [format.requestLine.bodyPath, format]));
  const idKeys = new Set(
    formats.flatMap(({ requestLine: { idKey, otherIdKeys = [] } }) =>
      [idKey ?? [], otherIdKeys].flat(2),
    ),
  );
  return (line) => {
    let format: Format | null = null;
    let customId: string | null = null;
    let model: string | null = null;
    let url: string | null = null;
    walkMembers(line, 0, (key, at) => {
      if (key === null) return true;
      if (idKeys.has(key)) customId ??= textAt(line, at);
      else if (idKeys.has(`${key}.key`)) customId ??= memberString(line.subarray(at), "key");
      else if (key === "url") url = stringAt(line, at);
      else if (format === null && byBody.has(key)) {
        format = byBody.get(key) ?? null;
        model = memberString(line.subarray(at), "model");
      }
      return format === null || customId === null || (url === null && hasUrl(format));
    });
    return { format: nameOf(format), customId, model, url };
  };
}

function hasUrl({ requestLine }: Format): boolean {
  return requestLine.keys?.includes("url") === true;
}

function nameOf(format: Format | null): FormatName | null {
  return format === null ? null : format.name;
}

/** Some clients number their lines. */
function textAt(line: Buffer, at: number): string | null {
  const text = stringAt(line, at);
  if (text !== null) return text === "" ? null : text;
  return /^-?\d{1,20}(?=[\s,}])/.exec(line.toString("latin1", at, at + 24))?.[0] ?? null;
}
