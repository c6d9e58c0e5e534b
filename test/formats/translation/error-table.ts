import { isJsonObject, type Json } from "../../../src/core/json.ts";
import {
  LINE_ERROR_STATUS,
  type LineErrorType,
  type LineOutcome,
} from "../../../src/core/lines.ts";
import { isJsonArray } from "../../../src/formats/fields.ts";
import { formats } from "../../../src/formats/formats.ts";
import { table } from "./columns.ts";
import { inWords } from "./support-tables.ts";

/** How each format writes a line that failed, made by writing one. */
export function errorTable(): string {
  const types = Object.keys(LINE_ERROR_STATUS).filter((type): type is LineErrorType =>
    Object.hasOwn(LINE_ERROR_STATUS, type),
  );
  const rows: readonly (readonly [string, LineOutcome])[] = [
    ...types.map((type): [string, LineOutcome] => [inWords(type), failed(type)]),
    ["canceled", { kind: "canceled" }],
    ["expired", { kind: "expired" }],
  ];
  return table(
    ["line ended with", ...Object.keys(formats)],
    rows.map(([name, outcome]) => [
      name,
      ...Object.values(formats).map(({ resultLine }) => {
        const line = { line: 1, customId: "a", id: null, outcome };
        const written: Json = JSON.parse(resultLine.write(line));
        return said(written).join(", ");
      }),
    ]),
  );
}

function failed(type: LineErrorType): LineOutcome {
  const error = { status: LINE_ERROR_STATUS[type], type, message: "no" };
  return { kind: "errored", requestId: null, error };
}

const KEYS = new Set(["status_code", "type", "code", "errorCode", "status"]);
/** In every line of its format. */
const ALWAYS = new Set(["error", "errored"]);

function said(value: Json): string[] {
  if (isJsonArray(value)) return value.flatMap(said);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item = null]): string[] => {
    if (item === null || typeof item === "object") return said(item);
    const isTold = KEYS.has(key) && !ALWAYS.has(String(item));
    return isTold ? [`\`${String(item)}\``] : [];
  });
}
