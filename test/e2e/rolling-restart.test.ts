import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { startOpenAIEmulator } from "../../src/emulators/openai/server.ts";
import { addressOf, type Run, runCrossbatch } from "../cli/run-crossbatch.ts";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { canRun, isServerReachable } from "../support/postgres.ts";
import { startRoundRobin } from "../support/round-robin.ts";
import { startTestS3 } from "../support/s3.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";
import { createStoragePlace, type StoragePlace } from "../support/storage-places.ts";

const hasPostgres = canRun(await isServerReachable(), "a rolling restart of three replicas");
const REPLICAS = 3;
const CLIENTS = 4;

interface Replica {
  readonly port: number;
  start(): Promise<void>;
  /** As whoever deploys ends it; resolves with its exit code. */
  stop(): Promise<unknown>;
}

async function createReplica(
  place: StoragePlace,
  environment: Readonly<Record<string, string>>,
): Promise<Replica> {
  const port = await freePort();
  let run: Run | null = null;
  return {
    port,
    async start() {
      run = runCrossbatch({
        directory: place.directory,
        environment: {
          ...place.environment,
          ...environment,
          CROSSBATCH_PORT: String(port),
          CROSSBATCH_SECRET_KEY: "a secret that all replicas share",
          CROSSBATCH_POLL_SECONDS: "0.2",
          CROSSBATCH_SHUTDOWN_GRACE_SECONDS: "10",
        },
      });
      await addressOf(run);
    },
    async stop() {
      run?.child.kill("SIGTERM");
      return run?.ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Counts {
  calls: number;
  /** Connections that ended before an answer came: the SDK calls again by itself. */
  retried: number;
  readonly refused: string[];
}

/** What the SDK sends, counted one by one, so that what it repeats is seen too. */
function countedFetch(counts: Counts): typeof fetch {
  return async (input, init) => {
    counts.calls += 1;
    try {
      const answer = await fetch(input, init);
      if (!answer.ok) counts.refused.push(`${answer.status} ${await answer.clone().text()}`);
      return answer;
    } catch (error) {
      counts.retried += 1;
      throw error;
    }
  };
}

interface Made {
  readonly id: string;
  readonly token: string;
  readonly lines: number;
}

/** Everything that clients do all day, each with connections of its own kept open. */
async function work(client: OpenAI, name: string, until: AbortSignal): Promise<readonly Made[]> {
  const made: Made[] = [];
  for (let round = 1; !until.aborted; round += 1) {
    const lines = 5 + (round % 20);
    const text = chatLines(lines);
    const token = `${name}-${round}`;
    const file = await uploadLines(client, text);
    const batch = await createBatch(client, file.id, { metadata: { token } });
    made.push({ id: batch.id, token, lines });
    expect(await (await client.files.content(file.id)).text()).toBe(text);
    expect((await client.batches.retrieve(batch.id)).id).toBe(batch.id);
    expect((await client.files.list({ limit: 5 })).data.length).toBeGreaterThan(0);
    expect((await client.batches.list({ limit: 5 })).data.length).toBeGreaterThan(0);
    const earlier = made.at(-5);
    if (earlier === undefined) continue;
    const { output_file_id } = await client.batches.retrieve(earlier.id);
    if (typeof output_file_id === "string") await readLines(client, output_file_id);
  }
  return made;
}

test.skipIf(!hasPostgres)(
  "replicas are stopped and started in turn under load: no request fails beyond a connection retry, and every line is there once",
  async () => {
    await using s3 = await startTestS3();
    await using emulator = await startOpenAIEmulator({ apiKeys: [PROVIDER_KEY], speed: 100 });
    await using place = await createStoragePlace(
      { database: "PostgreSQL", blobs: "S3" },
      s3.endpoint,
    );
    const upstream = { OPENAI_API_KEY: PROVIDER_KEY, OPENAI_BASE_URL: emulator.url };
    const replicas = await Promise.all(
      Array.from({ length: REPLICAS }, () => createReplica(place, upstream)),
    );
    try {
      await Promise.all(replicas.map((replica) => replica.start()));
      await using balancer = await startRoundRobin(replicas.map(({ port }) => port));
      const counts: Counts = { calls: 0, retried: 0, refused: [] };
      // The SDK as it comes: it calls again twice where a connection broke.
      const client = () =>
        new OpenAI({
          baseURL: `${balancer.url}/v1`,
          apiKey: "any",
          fetch: countedFetch(counts),
        });
      const over = new AbortController();
      const clients = Promise.all(
        Array.from({ length: CLIENTS }, (_, at) => work(client(), `client-${at}`, over.signal)),
      );
      clients.catch(() => undefined);
      const codes: unknown[] = [];
      for (const replica of replicas) {
        await sleep(1_500);
        codes.push(await replica.stop());
        await sleep(500);
        await replica.start();
      }
      await sleep(1_000);
      over.abort();
      const made = (await clients).flat();
      process.stdout.write(
        `Rolling restart: ${made.length} batches, ${counts.calls} calls, ${counts.retried} repeated after a broken connection\n`,
      );
      expect({ codes, refused: counts.refused }).toEqual({ codes: [0, 0, 0], refused: [] });
      expect(made.length).toBeGreaterThan(CLIENTS);

      emulator.control.setSpeed("instant");
      const jobs = emulator.control.batches().map(({ metadata }) => metadata?.["token"] ?? "");
      expect(jobs.toSorted()).toEqual(made.map(({ token }) => token).toSorted());
      for (const { id, lines } of made) {
        const batch = await waitForEnd(client(), id);
        const results = await readLines(client(), batch.output_file_id);
        expect([batch.status, results.map(({ custom_id }) => custom_id).toSorted()]).toEqual([
          "completed",
          Array.from({ length: lines }, (_, at) => `line-${at + 1}`).toSorted(),
        ]);
      }
    } finally {
      await Promise.all(replicas.map((replica) => replica.stop()));
    }
  },
  90_000,
);
