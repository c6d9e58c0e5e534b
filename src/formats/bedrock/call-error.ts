import type { LineFields } from "../../core/format.ts";
import type { LineError } from "../../core/lines.ts";
import { plainCallError } from "../call-error.ts";
import { toRecordError } from "./line-errors.ts";

/**
 * A call that failed answers `{message}` (wire.md D), with its exception's name beside it or only in a header. A record has
 * another shape, so nothing is native: the name goes before the message, where `parseLineError` finds it.
 */
export function parseCallError(status: number, answer: LineFields): LineError {
  const body = answer.inner("body");
  const said = textIn(body, "message") ?? textIn(body, "Message");
  if (said === undefined) return plainCallError(status, JSON.stringify(answer.get("body")));
  const name = textIn(body, "__type")?.replace(/^.*#/, "").replace(/:.*$/, "");
  const isNamed = name === undefined || said.startsWith(name);
  return toRecordError(status, isNamed ? said : `${name}: ${said}`);
}

function textIn(fields: LineFields | null, key: string): string | undefined {
  const value = fields?.get(key);
  return typeof value === "string" ? value : undefined;
}
