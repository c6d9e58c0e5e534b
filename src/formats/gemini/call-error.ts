import type { LineFields } from "../../core/format.ts";
import { isJsonObject } from "../../core/json.ts";
import type { LineError } from "../../core/lines.ts";
import { plainCallError } from "../call-error.ts";
import { parseStatus } from "./rpc-status.ts";

/** A call that failed answers `{error: Status}`, and a line that failed has that same Status. */
export function parseCallError(status: number, answer: LineFields): LineError {
  const body = answer.inner("body");
  const error = body?.get("error");
  const failure = isJsonObject(error) ? parseStatus(error) : null;
  if (body === null || failure?.kind !== "error") {
    return plainCallError(status, JSON.stringify(answer.get("body")));
  }
  return { ...failure.error, native: { family: "gemini", body: body.body("error") } };
}
