import { NotFoundError, toFile } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  idsOf,
  messageRequests,
  readRows,
  waitUntilEnded,
} from "../../support/anthropic-batches.ts";
import { send } from "../../support/anthropic-requests.ts";
import { PROVIDER_KEY } from "../../support/secrets.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../../support/world.ts";

/** At each provider; together there are more than 250. */
const COUNT = 65;

let world: World;
/** Newest first. */
const batchIds = new Map<string, readonly string[]>();
const fileIds = new Map<string, readonly string[]>();

beforeAll(async () => {
  world = await startWorld();
  for (const provider of PROVIDERS) {
    const client = world.anthropic({ provider });
    const requests = messageRequests(1, MODELS[provider]);
    const batches = await many(COUNT, () => client.messages.batches.create({ requests }));
    batchIds.set(provider, batches.map(({ id }) => id).sort());
    const files = await many(COUNT, async (number) =>
      client.files.upload({ file: await toFile(Buffer.from("x"), `${provider}-${number}.txt`) }),
    );
    fileIds.set(provider, files.map(({ id }) => id).sort());
  }
});
afterAll(() => world.close());

/** A few at a time. */
async function many<Item>(
  count: number,
  make: (number: number) => Promise<Item>,
): Promise<readonly Item[]> {
  const made: Item[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      made.push(await make(next));
    }
  };
  await Promise.all(Array.from({ length: 5 }, worker));
  return made;
}

async function all<Item extends { readonly id: string; readonly created_at: string }>(
  list: AsyncIterable<Item>,
): Promise<readonly string[]> {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  const times = items.map(({ created_at }) => Date.parse(created_at));
  expect(times).toEqual(times.toSorted((one, other) => other - one));
  return items.map(({ id }) => id);
}

const everyId = (ids: ReadonlyMap<string, readonly string[]>) => [...ids.values()].flat().sort();

describe.each([...PROVIDERS, undefined])("with provider %s named", (provider) => {
  const client = () => world.anthropic(provider === undefined ? {} : { provider });
  const wanted = (ids: ReadonlyMap<string, readonly string[]>) =>
    provider === undefined ? everyId(ids) : (ids.get(provider) ?? []);
  const limit = provider === undefined ? 60 : 20;

  test("the SDK's iterators show every batch once, newest first, in both namespaces", async () => {
    expect(wanted(batchIds).length).toBeGreaterThanOrEqual(COUNT);
    for (const { batches } of [client().messages, client().beta.messages]) {
      const ids = await all(batches.list({ limit }));
      expect(ids.toSorted()).toEqual(wanted(batchIds));
    }
  });

  test("the SDK's iterators show every file once, newest first, in both namespaces", async () => {
    for (const { files } of [client(), client().beta]) {
      const ids = await all(files.list({ limit }));
      expect(ids.toSorted()).toEqual(wanted(fileIds));
    }
  });

  test.each(["messages/batches", "files"])("%s go on with all cursors there are", async (path) => {
    const page = async (query: string) => {
      const answer = await send(world.url, {
        method: "GET",
        path: `/v1/${path}?${query}`,
        headers: provider === undefined ? {} : { "x-model-provider": provider },
      });
      expect(answer.status).toBe(200);
      return answer.body as {
        readonly data: readonly { readonly id: string }[];
        readonly has_more: boolean;
        readonly first_id: string;
        readonly last_id: string;
        readonly next_page: string | null;
      };
    };
    const first = await page("limit=25");
    const [a = "", b = ""] = [first.first_id, first.last_id];
    expect(first.data).toHaveLength(25);
    expect([first.data[0]?.id, first.data[24]?.id, first.has_more]).toEqual([a, b, true]);
    const second = await page(`limit=25&after_id=${b}`);
    expect(await page(`limit=25&page=${first.next_page}`)).toEqual(second);
    expect(first.data.map(({ id }) => id)).not.toContain(second.first_id);
    const back = await page(`limit=25&before_id=${second.first_id}`);
    expect(back.data).toEqual(first.data);
    expect(await page(`limit=24&before_id=${second.first_id}`)).toMatchObject({
      first_id: first.data[1]?.id,
      last_id: b,
      has_more: true,
    });
    expect(await page(`before_id=${a}`)).toMatchObject({ data: [], has_more: false });
  });
});

test("going back with the SDK shows all that is newer", async () => {
  const { batches } = world.anthropic().messages;
  const ids = await all(batches.list({ limit: 100 }));
  const newer: string[] = [];
  for await (const { id } of batches.list({ limit: 30, before_id: ids[100] ?? "" })) newer.push(id);
  expect(newer.toSorted()).toEqual(ids.slice(0, 100).toSorted());
});

describe("batches that were made elsewhere at Anthropic", () => {
  async function makeElsewhere(count: number): Promise<readonly string[]> {
    const { url } = world.emulators.anthropic;
    const made = await many(count, async () => {
      const response = await fetch(`${url}/v1/messages/batches`, {
        method: "POST",
        headers: {
          "anthropic-version": "2023-06-01",
          "content-type": "application/json",
          "x-api-key": PROVIDER_KEY,
        },
        body: JSON.stringify({ requests: messageRequests(3, MODELS.anthropic) }),
      });
      return (await response.json()) as { readonly id: string };
    });
    return made.map(({ id }) => id);
  }

  test("are listed with the provider named, every one once, and are read, cancelled and deleted", async () => {
    const { batches } = world.anthropic({ provider: "anthropic" }).messages;
    const { control } = world.emulators.anthropic;
    const elsewhere = await makeElsewhere(190);
    const wanted = [...(batchIds.get("anthropic") ?? []), ...elsewhere].sort();
    expect(wanted.length).toBeGreaterThan(250);
    expect((await all(batches.list({ limit: 100 }))).toSorted()).toEqual(wanted);
    const [id = ""] = elsewhere;
    expect(await waitUntilEnded(batches, id)).toMatchObject({
      id,
      request_counts: { processing: 0, succeeded: 3 },
      results_url: expect.stringContaining(world.url),
    });
    expect(idsOf(await readRows(batches, id))).toEqual(["line-1", "line-2", "line-3"]);
    control.setSpeed(0);
    const [running = ""] = await makeElsewhere(1);
    expect(await batches.retrieve(running)).toMatchObject({
      processing_status: "in_progress",
      request_counts: { processing: 3 },
    });
    await expect(batches.delete(running)).rejects.toMatchObject({ status: 400 });
    expect(await batches.cancel(running)).toMatchObject({ processing_status: "canceling" });
    control.setSpeed("instant");
    expect(await waitUntilEnded(batches, running)).toMatchObject({
      request_counts: { processing: 0, canceled: 3 },
    });
    await batches.delete(running);
    await expect(batches.retrieve(running)).rejects.toThrow(NotFoundError);
    expect((await all(batches.list({ limit: 100 }))).toSorted()).toEqual(wanted);
  });

  test("are found by their id alone", async () => {
    const [id = ""] = await makeElsewhere(1);
    const { batches } = world.anthropic().messages;
    await waitUntilEnded(batches, id);
    expect(await readRows(batches, id)).toHaveLength(3);
  });
});
