import { join } from "node:path";
import { isLoopback } from "./config/open-host.ts";
import type { Config } from "./config/schema.ts";
import { toTerms } from "./config/virtual-keys.ts";
import { secretsOf } from "./config/secrets.ts";
import { createProviders } from "./core/providers.ts";
import { anthropicDialect } from "./dialects/anthropic/anthropic.ts";
import { openaiDialect } from "./dialects/openai/openai.ts";
import { createEngine } from "./engine/engine.ts";
import { createAccounts, openClient } from "./gateway/accounts.ts";
import { createFrontDoor } from "./gateway/front-door.ts";
import { createGateway } from "./gateway/gateway.ts";
import { createKeyRing } from "./gateway/key-ring.ts";
import { newId } from "./lib/ids.ts";
import { createSecretBox } from "./lib/secret-box.ts";
import { readOrCreateSecret } from "./lib/secret-file.ts";
import { openProviders } from "./providers/open-providers.ts";
import { createLog, type LogDestination } from "./server/log.ts";
import { createMetrics } from "./server/metrics.ts";
import { createRedactor } from "./server/redactor.ts";
import { createServer } from "./server/server.ts";
import { openBlobs, openConnection } from "./storage/configured.ts";
import { openDatabase } from "./storage/database/database.ts";
import { openScheduler } from "./storage/scheduler/scheduler.ts";

export interface App {
  /** Takes up what is in flight, listens, and returns the address. */
  start(): Promise<string>;
  /** Lets requests and background work end, for at most the configured grace; then closes everything. */
  stop(): Promise<void>;
}

export interface AppOptions {
  readonly destination?: LogDestination;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Wires everything; the only place that knows all. */
export async function createApp(config: Config, options: AppOptions = {}): Promise<App> {
  const { destination = process.stdout, now = Date.now, random = Math.random } = options;
  const redactor = createRedactor(secretsOf(config, process.env));
  const log = createLog({ log: config.log, redactor, destination, now });
  if (config.databaseUrl !== null && config.secretKey === null) {
    log.warn(
      {},
      "CROSSBATCH_SECRET_KEY isn't set: replicas that don't share one can't use each other's passed-through keys",
    );
  }
  const box = createSecretBox(
    config.secretKey ?? (await readOrCreateSecret(join(config.dataDir, "secret.key"))),
  );
  const connection = await openConnection(config, { exclusive: true });
  const database = await openDatabase(connection);
  const blobs = await openBlobs(config);
  const scheduler = await openScheduler({ connection, url: config.databaseUrl, now, log });
  const metrics = createMetrics(
    {
      countBatches: () => database.batches.countByState(),
      countUncertainParts: () => database.batches.countUncertainParts(),
      queueAgeSeconds: () => scheduler.oldestDueSeconds(),
    },
    log,
  );
  const { telemetry } = metrics;
  const upstreams = openProviders(config, { telemetry, log, now });
  const providers = createProviders(upstreams.providers);
  const accounts = createAccounts({ database, box, now, random });
  const shared = { database, blobs, scheduler, providers, accounts, telemetry, log, now, newId };
  const engine = createEngine({
    ...shared,
    random,
    settings: {
      pollSeconds: config.pollSeconds,
      settleSeconds: config.limits.settleSeconds,
      maxLineBytes: config.limits.lineBytes,
      directConcurrency: config.limits.directConcurrency,
      resultDays: daysOrEver(config.retention.resultDays),
      sweepSeconds: 300,
    },
  });
  const gateway = createGateway({
    ...shared,
    engine,
    batchFileDays: daysOrEver(config.retention.batchFileDays),
    translation: config.translation,
    maxLineBytes: config.limits.lineBytes,
    handOverMilliseconds: config.limits.handOverSeconds * 1_000,
  });
  const openWithKey = createKeyRing({
    configured: config.virtualKeys.map((entry) => ({ key: entry.key, terms: toTerms(entry) })),
    table: database.keys,
    requireKeys: config.requireKeys,
    places: defaultPlaces(config),
    now,
  });
  const server = createServer({
    config,
    dialects: [openaiDialect, anthropicDialect],
    gateway,
    identify: createFrontDoor({
      openWithKey,
      openWithout: (key) => openClient(box, key, openLocations(config)),
      requestsPerMinute: config.limits.requestsPerMinute,
      now,
    }),
    ready: { database: (signal) => database.ping(signal), blobs: (signal) => blobs.ping(signal) },
    metrics,
    log,
    redactor,
    now,
  });
  const abort = new AbortController();
  return {
    async start() {
      const address = await server.listen();
      await engine.start(abort.signal);
      return address;
    },
    async stop() {
      const grace = config.shutdownGraceSeconds * 1_000;
      abort.abort();
      // Requests first: one that is still running may want the engine.
      await server.close(grace);
      await scheduler.stop(grace);
      await upstreams.close();
      await blobs.close();
      await database.close();
    },
  };
}

function daysOrEver(days: number): number | null {
  return days === 0 ? null : days;
}

function defaultPlaces(config: Config): readonly string[] {
  const uris = Object.values(config.providers).flatMap((entry) =>
    entry.kind === "bedrock" && entry.s3Uri !== null ? [entry.s3Uri] : [],
  );
  return [...new Set(uris)];
}

/** Whoever reaches an open gateway from another machine may use its AWS role, but only where the operator said. */
function openLocations(config: Config): "anywhere" | readonly string[] {
  if (isLoopback(config.host)) return "anywhere";
  const { s3Uri } = config.providers.bedrock;
  return s3Uri === null ? [] : [s3Uri];
}
