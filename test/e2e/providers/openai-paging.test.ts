import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { chatLine, createBatch, uploadLines } from "../../support/batches.ts";
import { elsewhere } from "../../support/elsewhere.ts";
import { BUCKET, MODELS, PROVIDERS, startWorld, type World } from "../../support/world.ts";
import { at, linesFor } from "./openai-stage.ts";

const COUNT = 250;
/** The others are made at the provider itself: lists show both. */
const OURS = 40;
const AT_ONCE = 10;

let world: World;
let client: OpenAI;
/** By provider: our ids of what we made, and the providers' of what they were given elsewhere. */
const made = {
  files: new Map<string, readonly string[]>(),
  batches: new Map<string, readonly string[]>(),
};

beforeAll(async () => {
  world = await startWorld();
  client = world.openai();
  await Promise.all(
    PROVIDERS.map(async (provider) => {
      const there = elsewhere(world, provider);
      const text = linesFor(provider, 1);
      const upload = async () => (await uploadLines(client, text, at(provider, "many"))).id;
      const create = async (number: number) => {
        const requests: unknown[] = [
          JSON.parse(chatLine(`only-${number}`, { model: MODELS[provider] })),
        ];
        const batch = await createBatch(client, "", { provider, requests });
        return batch.id;
      };
      await many(OURS / 2, create);
      const jobs = await many(COUNT - OURS, async () => (await there.batch()).id);
      const strangers = await many(COUNT - OURS, (number) => there.file(text, `${number}.jsonl`));
      made.files.set(provider, [...strangers, ...(await many(OURS, upload))]);
      made.batches.set(provider, [...jobs, ...(await many(OURS / 2, create))]);
    }),
  );
}, 180_000);
afterAll(() => world.close());

async function many(
  count: number,
  make: (number: number) => Promise<string>,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let begun = 0; begun < count; begun += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, number) => make(begun + number));
    ids.push(...(await Promise.all(some)));
  }
  return ids;
}

type Query = Readonly<Record<string, unknown>>;
const KINDS = {
  files: (limit: number, query: Query) => client.files.list({ limit }, { query }),
  batches: (limit: number, query: Query) => client.batches.list({ limit }, { query }),
} as const;

const shown = z.looseObject({
  id: z.string(),
  created_at: z.number(),
  crossbatch: z.looseObject({ native_id: z.string().nullable() }),
});

/** Everything that the SDK's own iterator gives, each once: how many, and every id that they have. */
async function walk(kind: keyof typeof KINDS, limit: number, query: Query) {
  const ids = new Set<string>();
  const natives: string[] = [];
  let count = 0;
  let last = Number.POSITIVE_INFINITY;
  for await (const item of KINDS[kind](limit, query)) {
    const { id, created_at: createdAt, crossbatch } = shown.parse(item);
    expect(ids).not.toContain(id);
    ids.add(id);
    if (crossbatch.native_id !== null) natives.push(crossbatch.native_id);
    count += 1;
    expect(createdAt).toBeLessThanOrEqual(last);
    last = createdAt;
  }
  expect(new Set(natives).size).toBe(natives.length);
  return { count, ids: new Set([...ids, ...natives]) };
}

function missing(kind: keyof typeof KINDS, provider: string, ids: ReadonlySet<string>) {
  return (made[kind].get(provider) ?? [kind]).filter((id) => !ids.has(id));
}

describe.each(PROVIDERS)("the SDK's iterator over what is at %s", (provider) => {
  const query =
    provider === "bedrock"
      ? { provider, storage_config: { s3: { bucket: BUCKET } } }
      : { provider };

  test.each([100, 37])("gives each file once, in pages of %d", async (limit) => {
    const { count, ids } = await walk("files", limit, query);
    expect(missing("files", provider, ids)).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(COUNT);
  });

  test.each([100, 37])("gives each batch once, in pages of %d", async (limit) => {
    const { count, ids } = await walk("batches", limit, { provider });
    expect(missing("batches", provider, ids)).toEqual([]);
    expect(count).toBe(COUNT);
  });

  test("gives the batches of a model", async () => {
    const ours = await walk("batches", 100, { provider, model: MODELS[provider] });
    expect(ours.count).toBeGreaterThanOrEqual(OURS);
    expect((await walk("batches", 100, { provider, model: "none" })).count).toBe(0);
  });
});

test.each([{}, { provider: "all" }])("all together with %o, each once", async (query) => {
  const files = await walk("files", 100, query);
  const batches = await walk("batches", 100, query);
  for (const provider of PROVIDERS) {
    expect([provider, missing("files", provider, files.ids)]).toEqual([provider, []]);
    expect([provider, missing("batches", provider, batches.ids)]).toEqual([provider, []]);
  }
  expect(batches.count).toBe(COUNT * PROVIDERS.length);
});

test("'all' shows what was made elsewhere, and stands for no provider of a batch", async () => {
  const { id } = await elsewhere(world, "gemini").batch();
  const { data } = await client.batches.list({ limit: 3 }, { query: { provider: "all" } });
  expect(data.map((batch) => shown.parse(batch).crossbatch.native_id)).toContain(id);
  await expect(client.batches.retrieve(id, { query: { provider: "all" } })).rejects.toMatchObject({
    status: 400,
    message: /Unknown provider 'all'/,
  });
  await expect(
    client.files.list(
      {},
      { query: { provider: "all,gemini" }, headers: { "x-model-provider": "openai" } },
    ),
  ).rejects.toMatchObject({ status: 400 });
});

test("Bedrock lists what lies in the bucket and below the prefix that are named", async () => {
  const text = linesFor("bedrock", 1);
  const inside = await uploadLines(client, text, at("bedrock", "place/inside"));
  const beside = await uploadLines(client, text, at("bedrock", "place-beside"));
  // Lines without a model can't be made Bedrock's yet: the file is there all the same.
  const unsent = await uploadLines(
    client,
    chatLine("a", { model: undefined }),
    at("bedrock", "place"),
  );
  const stranger = await elsewhere(world, "bedrock").file(text, "stranger.jsonl");
  const listed = async (query: Query) =>
    (await client.files.list({}, { query })).data.map(({ id }) => id);
  expect((await listed(at("bedrock", "place"))).sort()).toEqual([inside.id, unsent.id].sort());
  expect(await listed(at("bedrock", "place/inside"))).toEqual([inside.id]);
  expect(await listed(at("bedrock", "place-beside"))).toEqual([beside.id]);
  expect(await listed(at("bedrock", "nothing"))).toEqual([]);
  const found = await client.files.list({}, { query: at("bedrock", "elsewhere") });
  expect(found.data.map(({ filename }) => filename)).toContain("stranger.jsonl");
  expect((await client.files.retrieve(stranger)).filename).toBe("stranger.jsonl");
  const other = { provider: "bedrock", storage_config: { s3: { bucket: "your-bucket" } } };
  expect(await listed(other)).toEqual([]);
  expect(BUCKET).not.toBe("your-bucket");
});
