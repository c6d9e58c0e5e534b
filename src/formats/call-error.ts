import type { Format, LineFields } from "../core/format.ts";
import { LINE_ERROR_STATUS, type LineError, type LineErrorType } from "../core/lines.ts";
import { cutFields, parseLine } from "./line-fields.ts";

/** The error of a line that was sent by itself and answered with `status`; `text` is what the API said, on one line. */
export function toCallError(format: Format, status: number, text: string): LineError {
  const answer = cutAnswer(text);
  return answer === null ? plainCallError(status, text) : format.parseCallError(status, answer);
}

/** For what isn't in the API's own shape: a proxy's page, or nothing at all. */
export function plainCallError(status: number, said: string): LineError {
  const message = said.trim().slice(0, MAX_MESSAGE_CHARACTERS);
  return {
    status,
    type: typeOfStatus(status),
    message: message === "" ? `the provider answered ${status} and gave no reason` : message,
  };
}

const MAX_MESSAGE_CHARACTERS = 500;

function typeOfStatus(status: number): LineErrorType {
  const found = TYPES_BY_STATUS.get(status);
  if (found !== undefined) return found;
  return status < 500 ? "invalid_request" : "server";
}

const TYPES_BY_STATUS: ReadonlyMap<number, LineErrorType> = new Map<number, LineErrorType>([
  [LINE_ERROR_STATUS.authentication, "authentication"],
  [LINE_ERROR_STATUS.billing, "billing"],
  [LINE_ERROR_STATUS.permission, "permission"],
  [LINE_ERROR_STATUS.not_found, "not_found"],
  [408, "timeout"],
  [LINE_ERROR_STATUS.conflict, "conflict"],
  [LINE_ERROR_STATUS.too_large, "too_large"],
  [LINE_ERROR_STATUS.rate_limit, "rate_limit"],
  [LINE_ERROR_STATUS.unimplemented, "unimplemented"],
  [LINE_ERROR_STATUS.overloaded, "overloaded"],
  [LINE_ERROR_STATUS.timeout, "timeout"],
  [529, "overloaded"],
]);

/** Null where it isn't a JSON object. */
function cutAnswer(text: string): LineFields | null {
  const line = `{"body":${text}}`;
  try {
    parseLine(text);
    return cutFields(parseLine(line), line);
  } catch {
    return null;
  }
}
