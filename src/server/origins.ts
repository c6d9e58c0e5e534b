import type { FastifyReply, FastifyRequest } from "fastify";
import { GatewayError } from "../core/errors.ts";

/** What scripts of an allowed page may read, beside what browsers always let them. */
const EXPOSED_HEADERS =
  "content-disposition, content-range, etag, request-id, retry-after, x-crossbatch-provider, x-crossbatch-upstream-request-id, x-crossbatch-warnings, x-request-id, x-should-retry";

const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);
const HEADER_NAMES = /^[a-z0-9-]{1,64}(?:\s*,\s*[a-z0-9-]{1,64}){0,63}$/i;
const PREFLIGHT_SECONDS = 600;

/**
 * What browsers want to know before pages of other origins may use the gateway: nothing is allowed but the origins that the
 * configuration names. A page of another origin couldn't read the answer, but what it sends would be done, for a form needs
 * nobody's leave: on an open gateway that is refused. True: the request was a preflight, and this was its answer.
 */
export function admitOrigin(
  request: FastifyRequest,
  reply: FastifyReply,
  allowed: readonly string[],
): boolean {
  const { origin } = request.headers;
  if (allowed.length > 0) reply.header("vary", "origin");
  if (origin === undefined) return false;
  const isAllowed = allowed.includes(origin);
  const isPreflight =
    request.method === "OPTIONS" && "access-control-request-method" in request.headers;
  if (isAllowed) {
    reply.headers({
      "access-control-allow-origin": origin,
      "access-control-expose-headers": EXPOSED_HEADERS,
    });
    if (isPreflight) answerPreflight(request, reply);
    return isPreflight;
  }
  if (READING.has(request.method) || URL.parse(origin)?.host === request.host) return false;
  throw new GatewayError(
    "forbidden",
    `Pages of ${origin.slice(0, 100)} may not use this gateway. Whoever runs it may name the origin in cors_origins.`,
    { reason: "origin_not_allowed" },
  );
}

function answerPreflight(request: FastifyRequest, reply: FastifyReply): void {
  const wanted = request.headers["access-control-request-headers"] ?? "";
  reply
    .headers({
      "access-control-allow-methods": "GET, POST, DELETE",
      // Keys and SDKs' own headers have many names; none of them is dangerous once the origin is trusted.
      ...(HEADER_NAMES.test(wanted) ? { "access-control-allow-headers": wanted } : {}),
      "access-control-max-age": PREFLIGHT_SECONDS,
    })
    .status(204)
    .send();
}
