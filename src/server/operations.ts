import type { FastifyInstance } from "fastify";
import { isGatewayError } from "../core/errors.ts";
import type { Log } from "../core/telemetry.ts";
import type { Metrics } from "./metrics.ts";

/** Each rejects while its part can't be used. */
export type ReadinessChecks = Readonly<Record<string, (signal: AbortSignal) => Promise<void>>>;

export interface Operations {
  readonly ready: ReadinessChecks;
  readonly readySeconds: number;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** What operators and orchestrators ask: is it alive, can it work, what has it done. */
export function mountOperations(app: FastifyInstance, operations: Operations): void {
  let running: Promise<Readiness> | null = null;

  app.route({
    method: ["GET", "HEAD"],
    url: "/healthz",
    handler: async () => ({ status: "ok" }),
  });

  app.route({
    method: ["GET", "HEAD"],
    url: "/readyz",
    async handler(_request, reply) {
      // All who ask at the same time get one answer, so that many probes are no load.
      running ??= checkReadiness(operations).finally(() => {
        running = null;
      });
      const readiness = await running;
      return reply.status(readiness.status === "ready" ? 200 : 503).send(readiness);
    },
  });

  app.route({
    method: ["GET", "HEAD"],
    url: "/metrics",
    async handler(_request, reply) {
      const { contentType, text } = await operations.metrics.read();
      return reply.type(contentType).send(text);
    },
  });
}

interface Readiness {
  readonly status: "ready" | "unavailable";
  readonly checks: Readonly<Record<string, string>>;
}

async function checkReadiness({ ready, readySeconds, log }: Operations): Promise<Readiness> {
  const checks = await Promise.all(
    Object.entries(ready).map(async ([name, check]) => {
      const error = await failureOf(check, readySeconds);
      if (error !== null) log.warn({ check: name, error }, "not ready");
      return [name, error === null ? "ok" : reasonOf(error)] as const;
    }),
  );
  const isReady = checks.every(([, result]) => result === "ok");
  return { status: isReady ? "ready" : "unavailable", checks: Object.fromEntries(checks) };
}

async function failureOf(
  check: (signal: AbortSignal) => Promise<void>,
  limitSeconds: number,
): Promise<unknown> {
  const timeout = new Error(`no answer within ${limitSeconds} s`);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(timeout), limitSeconds * 1000);
  try {
    // Raced, as a driver that hangs may not listen to the signal either.
    await Promise.race([check(controller.signal), rejectWhenAborted(controller.signal)]);
    return null;
  } catch (error) {
    return controller.signal.aborted ? timeout : error;
  } finally {
    clearTimeout(timer);
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** The messages of others may name hosts and users; the log has them. */
function reasonOf(error: unknown): string {
  if (isGatewayError(error)) return error.message;
  return error instanceof Error && error.message.startsWith("no answer within")
    ? error.message
    : "failed; the log says why";
}
