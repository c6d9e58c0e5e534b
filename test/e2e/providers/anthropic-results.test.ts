import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  idsOf,
  lastJob,
  type MessageBatch,
  messageRequest,
  messageRequests,
  type MessageRow,
  readRows,
  untilCancelled,
  waitUntilEnded,
} from "../../support/anthropic-batches.ts";
import { send } from "../../support/anthropic-requests.ts";
import { PROVIDER_KEY } from "../../support/secrets.ts";
import { specProblem } from "../../support/specs.ts";
import {
  MODELS,
  type ProviderName,
  PROVIDERS,
  startWorld,
  type World,
} from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ minimumLines: 1, speed: 0 });
});
afterAll(() => world.close());
beforeEach(() => {
  for (const provider of PROVIDERS) {
    world.emulators[provider].control.clearLines();
    world.emulators[provider].control.setSpeed(0);
  }
});

const batchesAt = (provider: ProviderName) => world.anthropic({ provider }).messages.batches;

interface Ended {
  readonly batch: MessageBatch;
  readonly rows: readonly MessageRow[];
  readonly text: string;
}

async function ended(provider: ProviderName, id: string): Promise<Ended> {
  const batches = batchesAt(provider);
  const batch = await waitUntilEnded(batches, id);
  expect(specProblem("anthropic", "MessageBatch", batch)).toBeNull();
  const rows = await readRows(batches, id);
  for (const row of rows) {
    expect(specProblem("anthropic", "MessageBatchIndividualResponse", row)).toBeNull();
  }
  const { status, headers, text } = await results(id);
  expect([status, headers["content-type"]]).toEqual([200, "application/x-jsonl"]);
  expect(text).toMatch(/^(?:\{.*\}\n)+$/);
  expect(text.trimEnd().split("\n")).toHaveLength(rows.length);
  const kinds = { succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  for (const { result } of rows) kinds[result.type] += 1;
  expect(batch.request_counts).toEqual({ processing: 0, ...kinds });
  expect(batch.ended_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);
  return { batch, rows, text };
}

/** What the SDK would fetch, as bytes. */
async function results(id: string) {
  const response = await fetch(`${world.url}/anthropic/v1/messages/batches/${id}/results`, {
    headers: { "anthropic-version": "2023-06-01", "x-api-key": "any" },
  });
  const text = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), text };
}

describe.each(PROVIDERS)("results of a batch at %s", (provider) => {
  const emulator = () => world.emulators[provider];
  const create = (count: number) =>
    batchesAt(provider).create({ requests: messageRequests(count, MODELS[provider]) });

  test("are one row a request, those that failed in Anthropic's own shape", async () => {
    emulator().control.failLine(2, { status: 400 });
    const made = await create(4);
    emulator().control.setSpeed("instant");
    const { batch, rows } = await ended(provider, made.id);
    expect(idsOf(rows)).toEqual(["line-1", "line-2", "line-3", "line-4"]);
    expect(batch.request_counts).toMatchObject({ succeeded: 3, errored: 1 });
    const failed = rows.find(({ custom_id }) => custom_id === "line-2");
    expect(failed?.result).toMatchObject({
      type: "errored",
      error: {
        type: "error",
        error: { type: "invalid_request_error", message: expect.stringMatching(/./) },
      },
    });
    for (const { custom_id, result } of rows) {
      if (custom_id === "line-2") continue;
      expect(result).toMatchObject({
        type: "succeeded",
        message: {
          id: expect.stringMatching(/./),
          type: "message",
          role: "assistant",
          model: expect.stringMatching(/./),
          content: [{ type: "text", text: expect.stringMatching(/./) }],
          stop_reason: "end_turn",
          stop_sequence: null,
          usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
        },
      });
    }
  });

  test("are a 404 in the real words before the end, and every request counts as processing", async () => {
    const made = await create(3);
    const running = async () => {
      const batch = await batchesAt(provider).retrieve(made.id);
      expect(batch).toMatchObject({
        processing_status: "in_progress",
        request_counts: { processing: 3, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
        ended_at: null,
        results_url: null,
      });
      const answer = await send(world.url, {
        method: "GET",
        path: `/v1/messages/batches/${made.id}/results`,
      });
      expect(answer).toMatchObject({
        status: 404,
        body: {
          type: "error",
          error: {
            type: "not_found_error",
            message: `Message Batch ${made.id} has no available results.`,
          },
        },
      });
    };
    await running();
    await emulator().control.run(lastJob(emulator()), 2);
    await running();
    await expect(batchesAt(provider).results(made.id)).rejects.toThrow("No batch `results_url`");
    emulator().control.setSpeed("instant");
    await waitUntilEnded(batchesAt(provider), made.id);
  });

  test("of a batch cancelled halfway are the rest as canceled", async () => {
    const made = await create(4);
    await emulator().control.run(lastJob(emulator()), 2);
    emulator().control.clearJournal();
    const canceling = await batchesAt(provider).cancel(made.id);
    expect(canceling).toMatchObject({
      processing_status: "canceling",
      request_counts: { processing: 4 },
      cancel_initiated_at: expect.any(String),
      ended_at: null,
    });
    await expect(batchesAt(provider).delete(made.id)).rejects.toMatchObject({ status: 400 });
    await untilCancelled(emulator(), 1);
    emulator().control.setSpeed("instant");
    const { batch, rows } = await ended(provider, made.id);
    expect(idsOf(rows)).toEqual(["line-1", "line-2", "line-3", "line-4"]);
    expect(batch.request_counts.canceled).toBeGreaterThanOrEqual(2);
    expect(batch.request_counts).toMatchObject({ errored: 0, expired: 0 });
    expect(batch.cancel_initiated_at).toBe(canceling.cancel_initiated_at);
    await expect(batchesAt(provider).cancel(made.id)).rejects.toMatchObject({ status: 400 });
  });

  test("of a batch whose time was over are the rest as expired", async () => {
    const made = await create(3);
    await emulator().control.run(lastJob(emulator()), 1);
    if (provider === "bedrock") {
      await world.emulators.bedrock.control.endBatch(lastJob(emulator()), "Expired", "Too late.");
    } else {
      emulator().control.advanceClock(49 * 3_600_000);
    }
    try {
      const { batch, rows } = await ended(provider, made.id);
      expect(idsOf(rows)).toEqual(["line-1", "line-2", "line-3"]);
      expect(batch.request_counts.expired).toBeGreaterThanOrEqual(2);
      expect(batch.request_counts).toMatchObject({ errored: 0, canceled: 0 });
    } finally {
      emulator().control.setClock(Date.now());
    }
  });
});

/** How a whole job fails at each provider, after it was taken. */
const FAILURES: Readonly<Record<Exclude<ProviderName, "anthropic">, () => Promise<MessageBatch>>> =
  {
    async openai() {
      const made = await batchesAt("openai").create({
        requests: messageRequests(3, "no-such-model"),
      });
      world.emulators.openai.control.setSpeed("instant");
      return made;
    },
    async gemini() {
      const requests = messageRequests(3, MODELS.gemini);
      const made = await batchesAt("gemini").create({ requests });
      await world.emulators.gemini.control.failBatch(lastJob(world.emulators.gemini), "No luck.");
      return made;
    },
    async bedrock() {
      const requests = messageRequests(3, MODELS.bedrock);
      const made = await batchesAt("bedrock").create({ requests });
      const { control } = world.emulators.bedrock;
      await control.endBatch(lastJob(world.emulators.bedrock), "Failed", "No luck.");
      return made;
    },
  };

describe.each(["openai", "gemini", "bedrock"] as const)("a job that %s failed", (provider) => {
  test("has ended, with every request errored", async () => {
    const made = await FAILURES[provider]();
    const { batch, rows } = await ended(provider, made.id);
    expect(batch).toMatchObject({
      processing_status: "ended",
      request_counts: { processing: 0, succeeded: 0, errored: 3, canceled: 0, expired: 0 },
    });
    expect(idsOf(rows)).toEqual(["line-1", "line-2", "line-3"]);
    for (const { result } of rows) {
      expect(result).toMatchObject({
        type: "errored",
        error: {
          type: "error",
          error: { message: expect.stringMatching(/No luck|no-such-model/) },
        },
      });
    }
  });
});

test.each(["openai", "gemini", "bedrock"] as const)(
  "what can't be said at %s is refused line by line where the client is strict",
  async (provider) => {
    const client = new Anthropic({
      baseURL: `${world.url}/anthropic`,
      apiKey: "any",
      maxRetries: 0,
      defaultHeaders: { "x-model-provider": provider, "x-crossbatch-translation": "strict" },
    });
    const model = provider === "bedrock" ? "amazon.nova-lite-v1:0" : MODELS[provider];
    const requests = [1, 2, 3].map((number) =>
      messageRequest(`line-${number}`, model, {
        service_tier: "standard_only",
        inference_geo: "us",
      }),
    );
    const made = await client.messages.batches.create({ requests });
    const { batch, rows } = await ended(provider, made.id);
    expect(batch.request_counts).toMatchObject({ errored: 3 });
    expect(idsOf(rows)).toEqual(["line-1", "line-2", "line-3"]);
    for (const { result } of rows) {
      expect(result).toMatchObject({
        type: "errored",
        error: { error: { type: "invalid_request_error", message: expect.stringMatching(/./) } },
      });
    }
  },
);

test("rows of Anthropic's own are its very bytes", async () => {
  const { anthropic } = world.emulators;
  anthropic.control.failLine(3, { status: 529 });
  const requests = messageRequests(5, MODELS.anthropic);
  const made = await batchesAt("anthropic").create({ requests });
  anthropic.control.setSpeed("instant");
  const { text } = await ended("anthropic", made.id);
  const own = await fetch(`${anthropic.url}/v1/messages/batches/${made.id}/results`, {
    headers: { "anthropic-version": "2023-06-01", "x-api-key": PROVIDER_KEY },
  });
  expect(own.status).toBe(200);
  expect(text).toBe(await own.text());
});

test("a batch whose results were deleted is archived, and they are a 404 like those that aren't there yet", async () => {
  for (const provider of ["openai", "gemini"] as const) {
    const requests = messageRequests(2, MODELS[provider]);
    const made = await batchesAt(provider).create({ requests });
    world.emulators[provider].control.setSpeed("instant");
    await waitUntilEnded(batchesAt(provider), made.id);
    const openai = world.openai();
    const id = (made as unknown as { crossbatch: { id: string } }).crossbatch.id;
    const { output_file_id: output } = await openai.batches.retrieve(`batch_${id}`);
    expect(await batchesAt(provider).retrieve(made.id)).toMatchObject({ archived_at: null });
    await openai.files.delete(output ?? "");
    const archived = await batchesAt(provider).retrieve(made.id);
    expect(archived.archived_at).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(specProblem("anthropic", "MessageBatch", archived)).toBeNull();
    expect(await results(made.id)).toMatchObject({
      status: 404,
      text: expect.stringContaining(`Message Batch ${made.id} has no available results.`),
    });
  }
});
