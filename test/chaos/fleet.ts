import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressOf, type Run, runCrossbatch } from "../cli/run-crossbatch.ts";
import { createTestDatabase } from "../support/postgres.ts";
import type { Backdrop } from "./backdrop.ts";
import { between, type Random } from "./random.ts";

export type Mode = "embedded" | "replicas";

/** Gateways as processes of their own, on the same data. */
export interface Fleet {
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Any of them; it may be down at the moment. */
  url(): string;
  /** Kills one and starts it again; resolves once it serves, or was killed during its start. */
  killOne(): Promise<void>;
  /** The last lines that any of them logged of this. */
  logOf(id: string): readonly string[];
  /** Runs a command beside them. */
  command(...words: readonly string[]): Promise<string>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

const REPLICAS = 3;
const MAX_LOG_LINES = 40;

export async function startFleet(mode: Mode, backdrop: Backdrop, random: Random): Promise<Fleet> {
  const directory = await mkdtemp(join(tmpdir(), `crossbatch-chaos-${mode}-`));
  const database = mode === "replicas" ? await createTestDatabase() : null;
  if (mode === "replicas" && database === null) throw new Error("there is no PostgreSQL");
  const shared = environmentOf(backdrop, directory);
  const environment: Readonly<Record<string, string>> =
    database === null
      ? shared
      : {
          ...shared,
          CROSSBATCH_DATABASE_URL: database.url,
          CROSSBATCH_BLOBS_URL: "s3://blobs/chaos",
          CROSSBATCH_SECRET_KEY: "a secret that all replicas of the chaos share",
        };
  const gateways: Gateway[] = [];
  for (let number = 0; number < (mode === "replicas" ? REPLICAS : 1); number += 1) {
    gateways.push(await createGatewayProcess(directory, environment));
  }
  await Promise.all(gateways.map((gateway) => gateway.start()));
  const any = () => {
    const chosen = gateways[Math.floor(random() * gateways.length)] ?? gateways[0];
    if (chosen === undefined) throw new Error("a fleet has a gateway");
    return chosen;
  };
  return {
    environment,
    directory,
    url: () => any().url,
    async killOne() {
      const gateway = any();
      await gateway.kill();
      const started = gateway.start();
      // Some are killed while they start.
      if (random() < 0.2) {
        await new Promise((resolve) => setTimeout(resolve, between(random, 50, 900)));
        void started.catch(() => undefined);
        return;
      }
      await started;
    },
    logOf: (id) => gateways.flatMap((gateway) => gateway.logOf(id)).slice(-MAX_LOG_LINES),
    async command(...words) {
      const run = runCrossbatch({ directory, environment, words });
      await run.ended;
      return run.output() + run.errors();
    },
    async stop() {
      await Promise.all(gateways.map((gateway) => gateway.stop()));
    },
    async remove() {
      await database?.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface Gateway {
  readonly url: string;
  logOf(id: string): readonly string[];
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

async function createGatewayProcess(
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<Gateway> {
  const port = await freePort();
  let run: Run | null = null;
  const runs: Run[] = [];
  const end = async (signal: NodeJS.Signals) => {
    run?.child.kill(signal);
    await run?.ended;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    async start() {
      run = runCrossbatch({
        directory,
        environment: { ...environment, CROSSBATCH_PORT: String(port) },
      });
      runs.push(run);
      await addressOf(run);
    },
    logOf(id) {
      const lines = runs.flatMap(({ output }) => output().split("\n"));
      const named = lines.filter((line) => line.includes(id));
      // What is shown by its provider's id is known to the engine by ours.
      const own = new Set(named.flatMap((line) => /"batch":"(\w+)"/.exec(line)?.[1] ?? []));
      return lines.filter((line) => [id, ...own].some((each) => line.includes(each)));
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

/** The same over all starts, so that clients find a gateway again. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function environmentOf(backdrop: Backdrop, directory: string): Readonly<Record<string, string>> {
  return {
    CROSSBATCH_DATA_DIR: join(directory, "data"),
    CROSSBATCH_POLL_SECONDS: "0.2",
    // Calls are at most 0.6 s late, and processes that share a busy machine with others.
    CROSSBATCH_LIMITS_SETTLE_SECONDS: "3",
    CROSSBATCH_LIMITS_HAND_OVER_SECONDS: "1",
    CROSSBATCH_LOG_FORMAT: "json",
    OPENAI_API_KEY: "sk-chaos",
    OPENAI_BASE_URL: backdrop.url("openai"),
    ANTHROPIC_API_KEY: "sk-chaos",
    ANTHROPIC_BASE_URL: backdrop.url("anthropic"),
    GEMINI_API_KEY: "sk-chaos",
    GOOGLE_GEMINI_BASE_URL: backdrop.url("gemini"),
    AWS_ACCESS_KEY_ID: "emulated",
    AWS_SECRET_ACCESS_KEY: "emulated-secret-0123456789",
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_S3: backdrop.url("s3"),
    AWS_ENDPOINT_URL_BEDROCK: backdrop.url("bedrock"),
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: backdrop.url("bedrock"),
    CROSSBATCH_BEDROCK_ROLE_ARN: "arn:aws:iam::123456789012:role/crossbatch",
    CROSSBATCH_BEDROCK_S3_URI: "s3://jobs/chaos",
    CROSSBATCH_BEDROCK_MINIMUM_LINES: "5",
  };
}
