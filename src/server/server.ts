import {
  createServer as createHttpServer,
  type RequestListener,
  type Server as HttpServer,
} from "node:http";
import { isIPv6 } from "node:net";
import { type FastifyBaseLogger, type FastifyPluginAsync, fastify } from "fastify";
import type { Logger } from "pino";
import type { Config } from "../config/schema.ts";
import type { Dialect, DialectServices } from "../core/dialect.ts";
import { answerError } from "./answer-error.ts";
import { answerBrokenRequest, answerExpectation, rememberResponse } from "./broken-request.ts";
import { watchClosing } from "./closing.ts";
import { mountDialects, rendererByPath } from "./dialects.ts";
import { watchExchanges } from "./exchanges.ts";
import { readJsonBodies } from "./json-body.ts";
import type { Metrics } from "./metrics.ts";
import { openRequest } from "./open-request.ts";
import { mountOperations, type ReadinessChecks } from "./operations.ts";
import { admitOrigin } from "./origins.ts";
import { QuietLogController } from "./quiet-log-controller.ts";
import type { Redactor } from "./redactor.ts";
import { refuseEarly } from "./refuse-early.ts";
import { requestId } from "./request-id.ts";

export interface ServerOptions {
  readonly config: Config;
  readonly dialects: readonly Dialect<FastifyPluginAsync>[];
  readonly gateway: DialectServices["gateway"];
  readonly identify: DialectServices["identify"];
  readonly ready: ReadinessChecks;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly now: () => number;
}

export interface Server {
  /** Listens, and returns the address: `http://127.0.0.1:8080`. */
  listen(): Promise<string>;
  /** Takes no new connections, lets requests end for at most the grace, and returns when none runs. */
  close(graceMilliseconds: number): Promise<void>;
}

/** How long a client may go on sending a body after it was refused; closing at once would lose it the answer. */
const DRAIN_SECONDS = 30;

export function createServer(options: ServerOptions): Server {
  const { config, dialects, metrics, log, redactor, now } = options;
  const { limits } = config;
  const observers = { metrics, redactor };
  const rendererOf = rendererByPath(dialects);
  const exchanges = watchExchanges(
    { stallSeconds: limits.stallSeconds, drainSeconds: DRAIN_SECONDS },
    now,
  );
  const loggerInstance: FastifyBaseLogger = log;

  const app = fastify({
    serverFactory: (handler) => createHost(handler, limits),
    loggerInstance,
    logController: new QuietLogController(),
    genReqId: requestId,
    bodyLimit: limits.jsonBytes,
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    exposeHeadRoutes: false,
    return503OnClosing: false,
    // An ARN or an S3 address stands in the place of an id.
    routerOptions: { maxParamLength: 4096 },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors(thrown, request, reply) {
      openRequest(request, reply, observers);
      answerError({ thrown, request, reply }, rendererOf(request.url));
    },
  });

  const closing = watchClosing(app);
  app.addHook("onRequest", async (request, reply) => {
    openRequest(request, reply, observers);
    exchanges.add(request.raw, reply.raw);
    rememberResponse(request.raw.socket, reply.raw);
    // As Node itself would: whoever sends no host speaks no HTTP/1.1.
    if (request.raw.headers.host === undefined) reply.header("connection", "close");
    const isTooLate = closing.isTooLate(request, reply);
    if (admitOrigin(request, reply, config.corsOrigins)) return reply;
    refuseEarly(request, { isTooLate, headerCount: limits.headerCount });
  });
  app.setErrorHandler((thrown, request, reply) =>
    answerError({ thrown, request, reply }, rendererOf(request.url)),
  );
  readJsonBodies(app, limits);
  mountOperations(app, { ready: options.ready, readySeconds: limits.readySeconds, metrics, log });
  mountDialects(app, dialects, {
    gateway: options.gateway,
    identify: options.identify,
    limits,
    publicUrl: config.publicUrl,
    telemetry: metrics.telemetry,
    log,
    now,
  });

  return {
    async listen() {
      await app.listen({ host: config.host, port: config.port });
      return addressOf(app.server);
    },
    async close(graceMilliseconds) {
      try {
        await closing.close(graceMilliseconds);
      } finally {
        exchanges.stop();
      }
    },
  };
}

function createHost(handler: RequestListener, limits: Config["limits"]): HttpServer {
  const server = createHttpServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerSeconds * 1000,
      requestTimeout: Math.max(limits.requestSeconds, limits.headerSeconds) * 1000,
      keepAliveTimeout: limits.keepAliveSeconds * 1000,
      // Node's own answers to these have no body: see `refuseEarly` and below.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(5000, limits.headerSeconds * 250),
    },
    handler,
  );
  server.on("checkExpectation", answerExpectation);
  server.maxHeadersCount = limits.headerCount + 1;
  server.maxConnections = limits.connections;
  return server;
}

function addressOf(server: HttpServer): string {
  const address = server.address();
  if (address === null || typeof address === "string") return String(address);
  const host = isIPv6(address.address) ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
