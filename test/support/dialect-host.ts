import { type ConfigInput, createConfig } from "../../src/config/schema.ts";
import type { Client } from "../../src/core/client.ts";
import { GatewayError } from "../../src/core/errors.ts";
import { createLog } from "../../src/server/log.ts";
import { createMetrics } from "../../src/server/metrics.ts";
import { createRedactor } from "../../src/server/redactor.ts";
import { createServer, type ServerOptions } from "../../src/server/server.ts";
import { createMemoryGateway, type MemoryGateway } from "./memory-gateway.ts";

export interface DialectHost extends AsyncDisposable {
  readonly url: string;
  readonly gateway: MemoryGateway;
  /** Everything that was logged. */
  readonly log: readonly string[];
}

/** The one time there is in these tests. */
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** Dialects on the real server, over a gateway in memory. The key `sk-refused` may not come in. */
export async function startDialectHost(
  dialects: ServerOptions["dialects"],
  input: Partial<ConfigInput> = {},
): Promise<DialectHost> {
  const config = createConfig({ host: "127.0.0.1", port: 0, ...input });
  const lines: string[] = [];
  const redactor = createRedactor([]);
  const log = createLog({
    log: config.log,
    redactor,
    destination: { write: (line) => lines.push(line) },
    now: () => NOW,
  });
  const metrics = createMetrics(
    {
      countBatches: async () => [],
      countUncertainParts: async () => [],
      queueAgeSeconds: async () => 0,
    },
    log,
  );
  const gateway = createMemoryGateway(() => NOW);
  const server = createServer({
    config,
    dialects,
    gateway,
    identify: async ({ key }) => identify(key),
    ready: {},
    metrics,
    log,
    redactor,
    now: () => NOW,
  });
  const url = await server.listen();
  return {
    url,
    gateway,
    log: lines,
    [Symbol.asyncDispose]: () => server.close(1000),
  };
}

function identify(key: string | null): Client {
  if (key === "sk-refused") {
    throw new GatewayError("unauthorized", "Incorrect API key provided.", {
      reason: "invalid_api_key",
    });
  }
  return { owners: ["shared"], owner: "shared", key, mirrors: true, s3: "anywhere", grant: null };
}
