// https://platform.claude.com/docs/en/api/errors
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { OwnFacts } from "../upstream-error.ts";

/** What went wrong exactly is a level below the type. */
export function readFacts({ details }: JsonObject): OwnFacts {
  const reason = isJsonObject(details) ? details["error_code"] : null;
  return typeof reason === "string" ? { reason } : {};
}
