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
import { rowsOf } from "../../support/stored.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../../support/world.ts";

/** Made through the gateway at each provider. */
const COUNT = 16;
/** Made at Anthropic behind the gateway's back. */
const COUNT_ELSEWHERE = 240;

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
    batchIds.set(
      provider,
      batches.map(({ id }) => id),
    );
    const files = await many(COUNT, async (number) =>
      client.files.upload({ file: await toFile(Buffer.from("x"), `${provider}-${number}.txt`) }),
    );
    fileIds.set(
      provider,
      files.map(({ id }) => id),
    );
  }
  batchIds.set("elsewhere", await makeBatchesElsewhere(COUNT_ELSEWHERE));
  fileIds.set("elsewhere", await makeFilesElsewhere(COUNT_ELSEWHERE));
  for (const provider of PROVIDERS) {
    // From now on they are known here.
    await world.anthropic({ provider }).messages.batches.list({ limit: 1_000 });
    await world.anthropic({ provider }).files.list({ limit: 1_000 });
  }
});
afterAll(() => world.close());

/** As Anthropic's own console would. */
async function postElsewhere(path: string, body: string | FormData): Promise<string> {
  const response = await fetch(world.emulators.anthropic.url + path, {
    method: "POST",
    headers: {
      "anthropic-version": "2023-06-01",
      "x-api-key": PROVIDER_KEY,
      ...(typeof body === "string" ? { "content-type": "application/json" } : {}),
    },
    body,
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { readonly id: string }).id;
}

function makeBatchesElsewhere(count: number): Promise<readonly string[]> {
  const body = JSON.stringify({ requests: messageRequests(3, MODELS.anthropic) });
  return many(count, () => postElsewhere("/v1/messages/batches", body));
}

function makeFilesElsewhere(count: number): Promise<readonly string[]> {
  return many(count, (number) => {
    const form = new FormData();
    form.set("file", new Blob(["x"]), `elsewhere-${number}.txt`);
    return postElsewhere("/v1/files", form);
  });
}

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

interface Listed {
  readonly id: string;
  readonly created_at: string;
  readonly filename?: string;
}

async function all(
  list: AsyncIterable<Listed>,
  isWanted: (item: Listed) => boolean = () => true,
): Promise<readonly string[]> {
  const items: Listed[] = [];
  for await (const item of list) if (isWanted(item)) items.push(item);
  const times = items.map(({ created_at }) => Date.parse(created_at));
  expect(times).toEqual(times.toSorted((one, other) => other - one));
  return items.map(({ id }) => id);
}

/** Beside them are the results of batches, and nothing else. */
function isUploaded({ filename = "" }: Listed): boolean {
  return !/_(?:output|error)\.jsonl$/.test(filename);
}

/** Undefined: at all of them. */
function idsAt(
  provider: string | undefined,
  ids: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const places =
    provider === undefined
      ? [...ids.keys()]
      : [provider, ...(provider === "anthropic" ? ["elsewhere"] : [])];
  return places.flatMap((place) => ids.get(place) ?? []).sort();
}

describe.each([...PROVIDERS, undefined])("with provider %s named", (provider) => {
  const client = () => world.anthropic(provider === undefined ? {} : { provider });
  const wanted = (ids: ReadonlyMap<string, readonly string[]>) => idsAt(provider, ids);
  const isLong = provider === undefined || provider === "anthropic";
  const limit = isLong ? 60 : 5;

  test("the SDK's iterators show every batch once, newest first, in both namespaces", async () => {
    expect(wanted(batchIds).length).toBeGreaterThanOrEqual(isLong ? 250 : COUNT);
    for (const { batches } of [client().messages, client().beta.messages]) {
      const ids = await all(batches.list({ limit }));
      expect(ids.toSorted()).toEqual(wanted(batchIds));
    }
  });

  test("the SDK's iterators show every file once, newest first, in both namespaces", async () => {
    for (const { files } of [client(), client().beta]) {
      const ids = await all(files.list({ limit }), isUploaded);
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
    const first = await page("limit=5");
    const { first_id: a, last_id: b } = first;
    expect(first.data).toHaveLength(5);
    expect([first.data[0]?.id, first.data[4]?.id, first.has_more]).toEqual([a, b, true]);
    const second = await page(`limit=5&after_id=${b}`);
    expect(await page(`limit=5&page=${first.next_page}`)).toEqual(second);
    expect(first.data.map(({ id }) => id)).not.toContain(second.first_id);
    const back = await page(`limit=5&before_id=${second.first_id}`);
    expect(back.data).toEqual(first.data);
    expect(await page(`limit=4&before_id=${second.first_id}`)).toMatchObject({
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
  test("are read, cancelled and deleted, and those made meanwhile are listed", async () => {
    const { batches } = world.anthropic({ provider: "anthropic" }).messages;
    const { control } = world.emulators.anthropic;
    const wanted = idsAt("anthropic", batchIds);
    const [id = ""] = batchIds.get("elsewhere") ?? [];
    expect(await waitUntilEnded(batches, id)).toMatchObject({
      id,
      request_counts: { processing: 0, succeeded: 3 },
      results_url: expect.stringContaining(world.url),
    });
    expect(idsOf(await readRows(batches, id))).toEqual(["line-1", "line-2", "line-3"]);
    control.setSpeed(0);
    const [running = ""] = await makeBatchesElsewhere(1);
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

  test("are written anew only when they have changed", async () => {
    const { batches } = world.anthropic({ provider: "anthropic" }).messages;
    const versions = async () =>
      (await rowsOf(world.dataDir, "batches")).map(({ id, version }) => [id, version]);
    const before = await versions();
    expect(before.length).toBeGreaterThan(COUNT_ELSEWHERE);
    await batches.list({ limit: 1_000 });
    expect(await versions()).toEqual(before);
  });

  test("are found by their id alone", async () => {
    const [id = ""] = await makeBatchesElsewhere(1);
    const { batches } = world.anthropic().messages;
    await waitUntilEnded(batches, id);
    expect(await readRows(batches, id)).toHaveLength(3);
  });
});
