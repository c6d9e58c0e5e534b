import { isJsonObject, type Json } from "../../../src/core/json.ts";
import { isJsonArray } from "../../../src/formats/fields.ts";

/** The words in a side of a finding: a text, a part with one, or a list of them. */
export function saidText(value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (isJsonArray(value)) return value.map(saidText).join("");
  return isJsonObject(value) ? saidText(value["text"]) : "";
}
