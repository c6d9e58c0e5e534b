import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { errorOf } from "./answer-error.ts";
import type { Metrics } from "./metrics.ts";
import type { Redactor } from "./redactor.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

export interface RequestObservers {
  readonly metrics: Metrics;
  readonly redactor: Redactor;
}

/** Names of headers and query parameters in which clients bring keys. */
const KEY_HEADERS = ["authorization", "x-api-key", "api-key", "x-goog-api-key"] as const;
const UNREMARKABLE_ROUTES: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/** What every request gets, whatever becomes of it: an id, safe headers, a line in the log, a place in the metrics. */
export function openRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  { metrics, redactor }: RequestObservers,
): void {
  const startedAt = performance.now();
  reply.header("x-request-id", request.id).headers(SECURITY_HEADERS);
  for (const key of keysOf(request)) redactor.remember(key);
  reply.raw.once("close", () => {
    const { method } = request;
    const route = request.is404 ? "none" : (request.routeOptions.url ?? "none");
    // 499 as others use it: the client left before its answer was complete.
    const status = reply.raw.writableFinished ? reply.raw.statusCode : 499;
    const milliseconds = Math.round((performance.now() - startedAt) * 10) / 10;
    metrics.served({ method, route, status, seconds: milliseconds / 1000 });
    const error = errorOf(request);
    const fields = {
      method,
      route,
      status,
      milliseconds,
      ...(error === undefined ? {} : { code: error.code, reason: error.message }),
    };
    if (UNREMARKABLE_ROUTES.has(route)) request.log.debug(fields, "served");
    else request.log.info(fields, "served");
  });
}

function keysOf(request: FastifyRequest): string[] {
  const inHeaders = KEY_HEADERS.flatMap((name) => request.headers[name] ?? []);
  const inQuery = request.url.includes("key=")
    ? (querySchema.safeParse(request.query).data?.key ?? [])
    : [];
  return [...inHeaders, inQuery].flat().map((value) => value.replace(/^\w+\s+/, "").trim());
}

/** Google's clients may send their key so. */
const querySchema = z.object({ key: z.union([z.string(), z.array(z.string())]).optional() });
