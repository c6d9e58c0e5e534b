import { type FastifyPluginAsync, fastify } from "fastify";
import { type Config, createConfig } from "../../src/config/schema.ts";
import type { Dialect } from "../../src/core/dialect.ts";
import { anthropicDialect } from "../../src/dialects/anthropic/anthropic.ts";
import { openaiDialect } from "../../src/dialects/openai/openai.ts";
import { createLog } from "../../src/server/log.ts";
import { createMetrics } from "../../src/server/metrics.ts";
import { createRedactor } from "../../src/server/redactor.ts";
import { mountDialects } from "../../src/server/dialects.ts";
import { mountOperations } from "../../src/server/operations.ts";
import { createMemoryGateway } from "./memory-gateway.ts";

export interface Route {
  readonly method: string;
  /** As it was registered, below its prefix: `/v1/files/:id`. */
  readonly path: string;
}

const DIALECTS: readonly Dialect<FastifyPluginAsync>[] = [openaiDialect, anthropicDialect];

/** Every route of the gateway, as its plugins register them: nothing that is mounted can be missing. */
export async function everyRoute(): Promise<readonly Route[]> {
  const config: Config = createConfig();
  const log = createLog({
    log: { ...config.log, level: "silent" },
    redactor: createRedactor([]),
    destination: { write: () => true },
    now: Date.now,
  });
  const metrics = createMetrics(
    {
      countBatches: async () => [],
      countUncertainParts: async () => [],
      queueAgeSeconds: async () => 0,
    },
    log,
  );
  const routes: Route[] = [];
  const app = fastify({ exposeHeadRoutes: false });
  app.addHook("onRoute", ({ method, url }) => {
    routes.push(...[method].flat().map((each) => ({ method: each, path: url })));
  });
  mountOperations(app, { ready: {}, readySeconds: 1, metrics, log });
  mountDialects(app, DIALECTS, {
    gateway: createMemoryGateway(Date.now),
    identify: async () => {
      throw new Error("nobody asks");
    },
    limits: config.limits,
    publicUrl: null,
    telemetry: metrics.telemetry,
    log,
    now: Date.now,
  });
  await app.ready();
  await app.close();
  return routes;
}
