import type { FastifyRequest } from "fastify";
import { GatewayError } from "../core/errors.ts";

export interface EarlyRules {
  /** Whether the server closes, and this comes behind another request. */
  readonly isTooLate: boolean;
  readonly headerCount: number;
}

/** What needs no body to be refused; the body of an unknown path may be of a type that nobody there reads. */
export function refuseEarly(request: FastifyRequest, { isTooLate, headerCount }: EarlyRules): void {
  if (isTooLate) {
    throw new GatewayError("shutting_down", "The gateway is shutting down; try again shortly.");
  }
  const count = request.raw.rawHeaders.length / 2;
  if (count > headerCount) {
    throw new GatewayError(
      "invalid_request",
      `The request has more than ${headerCount} headers, which is the most that are taken.`,
    );
  }
  if (request.raw.httpVersion === "1.1" && request.raw.headers.host === undefined) {
    throw new GatewayError("invalid_request", "The request has no 'host' header.");
  }
  if (request.is404 || hasEmptyParameter(request.params)) {
    const path = request.url.replace(/\?.*$/s, "").slice(0, 200);
    throw new GatewayError("not_found", `Invalid URL (${request.method} ${path})`);
  }
}

/** A path that ends where an id should stand is neither a list nor an object. */
function hasEmptyParameter(parameters: unknown): boolean {
  return (
    typeof parameters === "object" && parameters !== null && Object.values(parameters).includes("")
  );
}
