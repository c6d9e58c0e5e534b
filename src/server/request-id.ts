import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The client's own, if it can do no harm in a log or a header; else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given)
    ? given
    : `req_${randomBytes(12).toString("hex")}`;
}
