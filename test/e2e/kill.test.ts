import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI, { APIConnectionError, APIError } from "openai";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { startOpenAIEmulator } from "../../src/emulators/openai/server.ts";
import { addressOf, type Run, runCrossbatch } from "../cli/run-crossbatch.ts";
import { chatLines, createBatch, readLines, uploadLines } from "../support/batches.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";

const KILLS = 10;
const CLIENTS = 6;

let directory: string | null = null;
afterEach(async () => {
  if (directory !== null) await rm(directory, { recursive: true, force: true });
});

/** A gateway as a process of its own, which is killed and started again on the same data. */
async function superviseGateway(upstream: string) {
  directory = await mkdtemp(join(tmpdir(), "crossbatch-kill-"));
  const folder = directory;
  let run: Run;
  let url = "";
  const start = async () => {
    run = runCrossbatch({
      directory: folder,
      environment: {
        CROSSBATCH_PORT: "0",
        CROSSBATCH_POLL_SECONDS: "0.1",
        CROSSBATCH_LIMITS_SETTLE_SECONDS: "0.5",
        OPENAI_API_KEY: PROVIDER_KEY,
        OPENAI_BASE_URL: upstream,
      },
    });
    url = await addressOf(run);
  };
  const end = async (signal: NodeJS.Signals) => {
    run.child.kill(signal);
    await run.ended;
  };
  await start();
  return {
    client: () => new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 }),
    kill: () => end("SIGKILL"),
    start,
    stop: () => end("SIGTERM"),
  };
}

/** Numbers between 0 and 1 that a seed repeats. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Acknowledged {
  readonly fileId: string;
  readonly text: string;
  readonly batchId: string;
  readonly token: string;
}

test(`${KILLS} kills at any moment lose nothing that was acknowledged, and run nothing twice`, async () => {
  const seed = Date.now() % 1_000_000;
  const random = createRandom(seed);
  const emulator = await startOpenAIEmulator({ apiKeys: [PROVIDER_KEY], speed: 60 });
  onTestFinished(() => emulator.close());
  const gateway = await superviseGateway(emulator.url);
  const acknowledged: Acknowledged[] = [];
  let attempts = 0;
  const over = new AbortController();

  /** Again until it is acknowledged, as a client would whose connection broke; each try has a token of its own. */
  async function insist<Result>(call: (token: string) => Promise<Result>) {
    for (;;) {
      const token = `try-${(attempts += 1)}`;
      try {
        return { token, result: await call(token) };
      } catch (error) {
        const isGone = error instanceof APIConnectionError;
        const isBusy = error instanceof APIError && (error.status ?? 0) >= 500;
        if (!isGone && !isBusy) throw error;
        await sleep(30);
      }
    }
  }

  async function work(): Promise<void> {
    while (!over.signal.aborted) {
      const text = chatLines(5 + Math.floor(random() * 40));
      const { result: file } = await insist(() => uploadLines(gateway.client(), text));
      const { result: batch, token } = await insist((token) =>
        createBatch(gateway.client(), file.id, { metadata: { token } }),
      );
      acknowledged.push({ fileId: file.id, text, batchId: batch.id, token });
      for (let polls = 0; polls < 5; polls += 1) {
        await sleep(random() * 80);
        await insist(() => gateway.client().batches.retrieve(batch.id));
      }
    }
  }

  const clients = Array.from({ length: CLIENTS }, work);
  for (let kills = 0; kills < KILLS; kills += 1) {
    await sleep(80 + random() * 900);
    await gateway.kill();
    await gateway.start();
  }
  // On a busy machine most of the time goes by while it starts.
  const enough = performance.now() + 60_000;
  while (acknowledged.length <= KILLS && performance.now() < enough) await sleep(50);
  over.abort();
  await Promise.all(clients);
  emulator.control.setSpeed("instant");

  const client = gateway.client();
  expect({ seed, made: acknowledged.length > KILLS }).toEqual({ seed, made: true });
  for (const { fileId, text, batchId, token } of acknowledged) {
    const until = performance.now() + 30_000;
    let batch = await client.batches.retrieve(batchId);
    while (batch.status !== "completed" && performance.now() < until) {
      await sleep(30);
      batch = await client.batches.retrieve(batchId);
    }
    const lines = text.split("\n").length;
    const ids = (await readLines(client, batch.output_file_id)).map((line) => line.custom_id);
    const jobs = emulator.control.batches().filter(({ metadata }) => metadata?.["token"] === token);
    expect({
      seed,
      status: batch.status,
      counts: batch.request_counts,
      answered: new Set(ids).size,
      results: ids.length,
      jobs: jobs.length,
      content: await (await client.files.content(fileId)).text(),
    }).toEqual({
      seed,
      status: "completed",
      counts: { total: lines, completed: lines, failed: 0 },
      answered: lines,
      results: lines,
      jobs: 1,
      content: text,
    });
  }
  // Also what was made for a client that never heard of it ran at most once.
  const tokens = emulator.control.batches().map(({ metadata }) => metadata?.["token"]);
  expect({ seed, jobs: new Set(tokens).size }).toEqual({ seed, jobs: tokens.length });
  await gateway.stop();
}, 180_000);
