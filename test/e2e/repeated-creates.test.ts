import { setTimeout as sleep } from "node:timers/promises";
import OpenAI, { APIError } from "openai";
import { describe, expect, test } from "vitest";
import { send } from "../support/anthropic-requests.ts";
import { chatLines, createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { MODELS, startWorld, type World } from "../support/world.ts";

const again = { "x-stainless-retry-count": "1" };

/** One body in both dialects: what is created, and where. */
const dialects = {
  openai: async (world: World) => {
    const file = await uploadLines(world.openai(), chatLines(2));
    return async (headers: Readonly<Record<string, string>>, content = file.id) => {
      const created = await world
        .openai()
        .batches.create(
          {
            input_file_id: content,
            endpoint: "/v1/chat/completions",
            completion_window: "24h",
          },
          { headers },
        )
        .catch((error: unknown) => {
          if (error instanceof APIError) return { id: null, status: error.status };
          throw error;
        });
      return { id: created.id, status: created.id === null ? created.status : 200 };
    };
  },
  anthropic: (world: World) =>
    Promise.resolve(async (headers: Readonly<Record<string, string>>, content = "Say hi.") => {
      const message = { role: "user", content };
      const params = { model: MODELS.anthropic, max_tokens: 10, messages: [message] };
      const answer = await send(world.url, {
        path: "/v1/messages/batches",
        json: { requests: [{ custom_id: "one", params }] },
        headers,
      });
      const { id } = answer.body as { readonly id?: string };
      return { id: id ?? null, status: answer.status };
    }),
} as const;

describe.each(Object.entries(dialects))("a create of %s's clients", (name, dialect) => {
  const jobs = (world: World) =>
    world.emulators[name === "openai" ? "openai" : "anthropic"].control.batches().length;

  test("with an Idempotency-Key makes one batch, at once and later", async () => {
    await using world = await startWorld();
    const create = await dialect(world);
    const headers = { "idempotency-key": "order-1" };
    const made = await Promise.all([create(headers), create(headers), create(headers)]);
    made.push(await create({ ...headers, ...again }));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await create({ "idempotency-key": "order-2" })).id).not.toBe(made[0]?.id);
    expect(jobs(world)).toBe(2);
    expect((await world.openai().batches.list()).data).toHaveLength(2);
  });

  test("is refused if its Idempotency-Key was another body's", async () => {
    await using world = await startWorld();
    const create = await dialect(world);
    const headers = { "idempotency-key": "order-1" };
    await create(headers);
    expect(await create(headers, "another")).toEqual({ id: null, status: 400 });
    expect(jobs(world)).toBe(1);
  });

  test("that an SDK repeats finds the batch of its first attempt, and two first ones are two", async () => {
    await using world = await startWorld();
    const create = await dialect(world);
    const first = await create({});
    expect(await create(again)).toEqual(first);
    const second = await create({ "x-stainless-retry-count": "0" });
    expect(second.id).not.toBe(first.id);
    expect(await create({ "x-stainless-retry-count": "2" })).toEqual(second);
    expect(jobs(world)).toBe(2);
  });

  test("that is the first to arrive makes a batch though an SDK repeats it", async () => {
    await using world = await startWorld();
    const create = await dialect(world);
    const first = await create(again);
    expect(first.status).toBe(200);
    expect(await create(again)).toEqual(first);
    expect(jobs(world)).toBe(1);
  });
});

test("an SDK's own retry after a lost answer is one batch", async () => {
  await using gateway = await startGateway();
  const file = await uploadLines(gateway.openai(), chatLines(2));
  let lost = 0;
  const client = new OpenAI({
    baseURL: `${gateway.url}/v1`,
    apiKey: "any",
    maxRetries: 2,
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      if (init?.method !== "POST" || lost >= 2) return answer;
      lost += 1;
      await answer.body?.cancel();
      throw new Error("the connection broke");
    },
  });
  const batch = await createBatch(client, file.id);
  expect(lost).toBe(2);
  expect(gateway.emulator.control.batches()).toHaveLength(1);
  expect((await client.batches.list()).data.map(({ id }) => id)).toEqual([batch.id]);
  expect(await waitForEnd(client, batch.id)).toMatchObject({ status: "completed" });
});

test("a repeated create waits with the first for the provider", async () => {
  await using gateway = await startGateway();
  const client = gateway.openai();
  const file = await uploadLines(client, chatLines(2));
  const { control } = gateway.emulator;
  control.inject({ kind: "slow", milliseconds: 400, method: "POST", path: "/batches$", times: 9 });
  const headers = { "idempotency-key": "order-1" };
  const create = () =>
    client.batches.create(
      { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" },
      { headers },
    );
  const first = create();
  await sleep(100);
  const [one, other] = await Promise.all([first, create()]);
  expect(one.id).toMatch(/^batch_/);
  expect(other.id).toBe(one.id);
  expect(control.batches()).toHaveLength(1);
});

test("a create that was refused may be tried again under its key", async () => {
  await using gateway = await startGateway();
  const client = gateway.openai();
  const file = await uploadLines(client, chatLines(2));
  const { control } = gateway.emulator;
  control.inject({ kind: "status", status: 403, method: "POST", path: "/batches$" });
  const create = () =>
    client.batches.create(
      { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" },
      { headers: { "idempotency-key": "order-1" } },
    );
  await expect(create()).rejects.toMatchObject({ status: 403 });
  const batch = await create();
  expect(await waitForEnd(client, batch.id)).toMatchObject({ status: "completed" });
  expect(control.batches()).toHaveLength(1);
});

test("a key is forgotten a day later, an SDK's repetition ten minutes later", async () => {
  let now = Date.now();
  await using gateway = await startGateway({ now: () => now });
  const client = gateway.openai();
  const file = await uploadLines(client, chatLines(2));
  const create = async (headers: Readonly<Record<string, string>>) =>
    (
      await client.batches.create(
        { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" },
        { headers },
      )
    ).id;
  const first = await create({});
  const keyed = await create({ "idempotency-key": "order-1" });
  now += 11 * 60_000;
  expect(await create(again)).not.toBe(first);
  expect(await create({ "idempotency-key": "order-1" })).toBe(keyed);
  now += 24 * 3_600_000;
  expect(await create({ "idempotency-key": "order-1" })).not.toBe(keyed);
});
