import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Anthropic, { APIError as AnthropicError } from "@anthropic-ai/sdk";
import OpenAI, { APIError } from "openai";
import { request } from "undici";
import { expect, test } from "vitest";
import { startAnthropicEmulator } from "../../src/emulators/anthropic/server.ts";
import { startOpenAIEmulator } from "../../src/emulators/openai/server.ts";
import { addressOf, runCrossbatch } from "../cli/run-crossbatch.ts";
import { chatLines, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { canRun, createTestDatabase, isServerReachable } from "../support/postgres.ts";
import { S3_BUCKET, S3_CREDENTIALS, S3_REGION, startTestS3 } from "../support/s3.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { MODELS } from "../support/world.ts";

/** A minute, when it is run by hand. */
const OUTAGE_SECONDS = Number(process.env["CROSSBATCH_TEST_OUTAGE_SECONDS"] ?? 15);
const LINES = 5;
const KEY = "sk-outage";
const hasPostgres = canRun(await isServerReachable(), "replicas while their stores are gone");

/** Two gateways as processes, whose ways to PostgreSQL and S3 can be lost. */
async function startReplicas() {
  const database = await createTestDatabase();
  if (database === null) throw new Error("there is no PostgreSQL");
  const stack = new AsyncDisposableStack();
  stack.defer(() => database.drop());
  const directory = await mkdtemp(join(tmpdir(), "crossbatch-outage-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const openai = stack.use(await startOpenAIEmulator({ apiKeys: [KEY], speed: 0 }));
  const anthropic = stack.use(await startAnthropicEmulator({ apiKeys: [KEY], speed: 0 }));
  const s3 = stack.use((await startTestS3()).emulator);
  const behind = new URL(database.url);
  const proxies = {
    database: stack.use(
      await startTcpProxy({ host: behind.hostname, port: Number(behind.port || 5432) }),
    ),
    blobs: stack.use(
      await startTcpProxy({ host: "127.0.0.1", port: Number(new URL(s3.url).port) }),
    ),
  };
  behind.hostname = "127.0.0.1";
  behind.port = String(proxies.database.port);
  const environment = {
    CROSSBATCH_PORT: "0",
    CROSSBATCH_DATABASE_URL: behind.href,
    CROSSBATCH_BLOBS_URL: `s3://${S3_BUCKET}/outage`,
    CROSSBATCH_SECRET_KEY: "a secret that both replicas share",
    CROSSBATCH_POLL_SECONDS: "0.2",
    CROSSBATCH_LIMITS_SETTLE_SECONDS: "1",
    CROSSBATCH_LIMITS_HAND_OVER_SECONDS: "1",
    CROSSBATCH_LOG_FORMAT: "json",
    AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
    AWS_REGION: S3_REGION,
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${proxies.blobs.port}`,
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: openai.url,
    ANTHROPIC_API_KEY: KEY,
    ANTHROPIC_BASE_URL: anthropic.url,
  };
  const runs = [1, 2].map((number) =>
    runCrossbatch({
      directory,
      environment: { ...environment, CROSSBATCH_DATA_DIR: join(directory, String(number)) },
    }),
  );
  stack.defer(async () => {
    for (const { child } of runs) child.kill("SIGTERM");
    await Promise.all(runs.map(({ ended }) => ended));
  });
  const urls = await Promise.all(runs.map(addressOf));
  return {
    proxies,
    urls,
    emulators: { openai, anthropic },
    exited: () => runs.filter(({ child }) => child.exitCode !== null).length,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const toOpenAI = (url: string) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 });
const toAnthropic = (url: string) =>
  new Anthropic({ baseURL: `${url}/anthropic`, apiKey: "any", maxRetries: 0 });

type Attempt<Result> =
  | { readonly kind: "answered"; readonly result: Result }
  | { readonly kind: "refused"; readonly status: number; readonly body: unknown };

async function attempt<Result>(call: () => Promise<Result>): Promise<Attempt<Result>> {
  try {
    return { kind: "answered", result: await call() };
  } catch (error) {
    const isKnown = error instanceof APIError || error instanceof AnthropicError;
    if (!isKnown || error.status === undefined) throw error;
    return { kind: "refused", status: Number(error.status), body: error.error };
  }
}

/** Again until it is acknowledged, as a client would; every refusal on the way is a 503 in its dialect's shape. */
async function insist<Result>(call: () => Promise<Result>, shape: object): Promise<Result> {
  for (;;) {
    const attempted = await attempt(call);
    if (attempted.kind === "answered") return attempted.result;
    expect(attempted).toMatchObject({ status: 503, body: shape });
    await sleep(200);
  }
}

/** That it is refused at once, where the connection breaks at once. */
async function expectRefusal(call: () => Promise<unknown>, shape: object): Promise<void> {
  expect(await attempt(call)).toMatchObject({ kind: "refused", status: 503, body: shape });
}

const OPENAI_SHAPE = { type: "server_error", message: expect.any(String) };
const ANTHROPIC_SHAPE = {
  type: "error",
  error: { type: expect.stringMatching(/^(api|overloaded)_error$/), message: expect.any(String) },
};

async function readiness(url: string): Promise<number> {
  const { statusCode, body } = await request(`${url}/readyz`);
  await body.dump();
  return statusCode;
}

test.skipIf(!hasPostgres).each([
  ["database", "cut"],
  ["database", "silent"],
  ["blobs", "cut"],
  ["blobs", "silent"],
] as const)(
  `the way to the %s is %s for ${OUTAGE_SECONDS} s: clients are told, and nothing is lost or done twice`,
  { timeout: 120_000 + 4_000 * OUTAGE_SECONDS },
  async (store, how) => {
    await using fleet = await startReplicas();
    const { emulators, proxies, urls } = fleet;
    const url = (at: number) => urls[at % urls.length] ?? "";
    const params = {
      model: MODELS.anthropic,
      max_tokens: 9,
      messages: [{ role: "user" as const, content: "Say hi." }],
    };
    const requests = Array.from({ length: LINES }, (_, at) => ({
      custom_id: `line-${at + 1}`,
      params,
    }));
    const createOpenAI = async (at: number): Promise<string> => {
      const file = await insist(
        () => uploadLines(toOpenAI(url(at)), chatLines(LINES)),
        OPENAI_SHAPE,
      );
      const headers = { headers: { "idempotency-key": `openai-${at}` } };
      const body = { input_file_id: file.id, endpoint: "/v1/chat/completions" } as const;
      const made = await insist(
        () => toOpenAI(url(at)).batches.create({ ...body, completion_window: "24h" }, headers),
        OPENAI_SHAPE,
      );
      return made.id;
    };
    const createAnthropic = async (at: number): Promise<string> => {
      const headers = { headers: { "idempotency-key": `anthropic-${at}` } };
      const made = await insist(
        () => toAnthropic(url(at)).messages.batches.create({ requests }, headers),
        ANTHROPIC_SHAPE,
      );
      return made.id;
    };

    const before = {
      openai: [await createOpenAI(0), await createOpenAI(1)],
      anthropic: [await createAnthropic(0)],
    };
    const kept = await uploadLines(toOpenAI(url(0)), chatLines(LINES));
    await expect.poll(() => Promise.all(urls.map(readiness))).toEqual([200, 200]);

    const lostAt = Date.now();
    proxies[store].lose(how);
    const during = {
      openai: [createOpenAI(2), createOpenAI(3)],
      anthropic: [createAnthropic(1), createAnthropic(2)],
    };
    expect(await Promise.all(urls.map(readiness))).toEqual([503, 503]);
    for (const each of urls) {
      expect((await request(`${each}/healthz`)).statusCode).toBe(200);
    }
    if (how === "cut") {
      const needed = store === "database" ? "retrieve" : "content";
      await expectRefusal(() => toOpenAI(url(0)).files[needed](kept.id), OPENAI_SHAPE);
      const create = () => toAnthropic(url(1)).messages.batches.create({ requests });
      await expectRefusal(create, ANTHROPIC_SHAPE);
    }
    await sleep(Math.max(0, lostAt + OUTAGE_SECONDS * 1_000 - Date.now()));
    proxies[store].mend();
    const mendedAt = performance.now();
    await expect
      .poll(() => Promise.all(urls.map(readiness)), { timeout: 30_000, interval: 100 })
      .toEqual([200, 200]);
    process.stdout.write(
      `${store} ${how}: ready again after ${Math.round(performance.now() - mendedAt)} ms\n`,
    );
    for (const emulator of Object.values(emulators)) emulator.control.setSpeed("instant");

    const openai = [...before.openai, ...(await Promise.all(during.openai))];
    const anthropic = [...before.anthropic, ...(await Promise.all(during.anthropic))];
    for (const [at, id] of openai.entries()) {
      const client = toOpenAI(url(at + 1));
      const batch = await waitForEnd(client, id);
      expect(batch).toMatchObject({
        status: "completed",
        request_counts: { total: LINES, completed: LINES, failed: 0 },
      });
      expect(await readLines(client, batch.output_file_id)).toHaveLength(LINES);
    }
    for (const [at, id] of anthropic.entries()) {
      const { batches } = toAnthropic(url(at)).messages;
      const ended = async () => (await batches.retrieve(id)).request_counts.succeeded;
      await expect.poll(ended, { timeout: 25_000 }).toBe(LINES);
    }
    expect(new Set([...openai, ...anthropic]).size).toBe(openai.length + anthropic.length);
    expect(emulators.openai.control.batches()).toHaveLength(openai.length);
    expect(await (await toOpenAI(url(1)).files.content(kept.id)).text()).toBe(chatLines(LINES));
    expect(fleet.exited()).toBe(0);
    expect(emulators.anthropic.control.batches()).toHaveLength(anthropic.length);
  },
);
