import type { LineFields } from "../../core/format.ts";
import type { LineError } from "../../core/lines.ts";
import { plainCallError } from "../call-error.ts";
import { parseLineError } from "./line-errors.ts";

/** A call that failed answers as a line that failed reads: https://platform.claude.com/docs/en/api/errors */
export function parseCallError(status: number, answer: LineFields): LineError {
  const body = answer.inner("body");
  const isOwn = body !== null && body.inner("error") !== null;
  if (isOwn) return parseLineError(answer, "body").error;
  return plainCallError(status, JSON.stringify(answer.get("body")));
}
