import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { type ConfigInput, createConfig } from "../../src/config/schema.ts";
import type { Dialect } from "../../src/core/dialect.ts";
import type { GatewayError } from "../../src/core/errors.ts";
import { createLog } from "../../src/server/log.ts";
import { createMetrics, type Metrics, type MetricsSources } from "../../src/server/metrics.ts";
import { createRedactor } from "../../src/server/redactor.ts";
import { createServer, type Server, type ServerOptions } from "../../src/server/server.ts";
import { createMemoryGateway } from "../support/memory-gateway.ts";

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly metrics: Metrics;
  readonly close: Server["close"];
  /** Every line of the log. */
  readonly lines: readonly string[];
}

export interface TestServerOptions {
  readonly config?: ConfigInput;
  readonly routes?: (app: FastifyInstance) => void;
  readonly ready?: ServerOptions["ready"];
  readonly sources?: Partial<MetricsSources>;
  readonly secrets?: readonly string[];
}

/** The real host with two dialects: `/loud/v1` and `/loud` have the routes of the test, `/quiet` has none. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const config = createConfig({ host: "127.0.0.1", port: 0, ...options.config });
  const lines: string[] = [];
  const redactor = createRedactor(options.secrets ?? []);
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLog({ log: config.log, redactor, destination, now: Date.now });
  const metrics = createMetrics(
    {
      countBatches: async () => [],
      countUncertainParts: async () => [],
      queueAgeSeconds: async () => 0,
      ...options.sources,
    },
    log,
  );
  const server = createServer({
    config,
    dialects: [
      dialect("quiet", ["/quiet"], () => {}),
      dialect("loud", ["/loud", "/loud/v1"], options.routes ?? (() => {})),
    ],
    gateway: createMemoryGateway(Date.now),
    identify: async () => {
      throw new Error("nobody asks");
    },
    ready: options.ready ?? {},
    metrics,
    log,
    redactor,
    now: Date.now,
  });
  const url = await server.listen();
  return {
    url,
    metrics,
    lines,
    close: (graceMilliseconds) => server.close(graceMilliseconds),
    [Symbol.asyncDispose]: () => server.close(100),
  };
}

function dialect(
  name: string,
  mount: readonly string[],
  routes: (app: FastifyInstance) => void,
): Dialect<FastifyPluginAsync> {
  return {
    name,
    format: "openai",
    provider: "openai",
    mount,
    routes: () => async (app) => routes(app),
    renderError: (error: GatewayError, requestId: string) => ({
      status: error.status,
      headers: { "x-rendered-by": name },
      body: { [name]: { code: error.code, message: error.message, requestId } },
    }),
  };
}
