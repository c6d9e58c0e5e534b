import type { IncomingHttpHeaders } from "node:http";
import { badRequest } from "./api-error.ts";

/** The newer one takes no sampling parameters, not even at their defaults. */
export type ApiVersion = "2023-06-01" | "2026-10-21";

export function readApiVersion(headers: IncomingHttpHeaders): ApiVersion {
  const version = headers["anthropic-version"];
  if (version === undefined || version === "") {
    throw badRequest("anthropic-version: header is required");
  }
  if (version === "2023-06-01" || version === "2026-10-21") return version;
  throw badRequest(`anthropic-version: "${String(version)}" is not a valid version`);
}
