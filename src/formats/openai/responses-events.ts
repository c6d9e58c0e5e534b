import type { Json, JsonObject } from "../../core/json.ts";
import type { ServerEvent } from "../../core/provider.ts";
import { printJson } from "../line-fields.ts";

/** The events of one response, numbered, and the items that it has so far. */
export interface ResponseEvents {
  readonly output: readonly Json[];
  event(type: string, fields: JsonObject): ServerEvent;
  /** Its place. */
  add(item: JsonObject): number;
  /** What an item has become. */
  set(index: number, item: JsonObject): void;
}

export function createResponseEvents(): ResponseEvents {
  const output: Json[] = [];
  let count = 0;
  return {
    output,
    event: (type, fields) => ({
      event: type,
      data: printJson({ type, sequence_number: count++, ...fields }),
    }),
    add: (item) => output.push(item) - 1,
    set(index, item) {
      output[index] = item;
    },
  };
}
