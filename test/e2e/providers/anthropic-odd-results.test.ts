import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  idsOf,
  messageRequests,
  type MessageRow,
  readRows,
  waitUntilEnded,
} from "../../support/anthropic-batches.ts";
import {
  MODELS,
  type ProviderName,
  PROVIDERS,
  startWorld,
  type World,
} from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ minimumLines: 1 });
});
afterAll(() => world.close());
beforeEach(() => {
  for (const provider of PROVIDERS) world.emulators[provider].control.clearLines();
});

async function run(
  from: World,
  provider: ProviderName,
  requests: ReturnType<typeof messageRequests>,
) {
  const { batches } = from.anthropic({ provider }).messages;
  const made = await batches.create({ requests });
  const batch = await waitUntilEnded(batches, made.id);
  const rows = await readRows(batches, made.id);
  const kinds = { succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  for (const { result } of rows) kinds[result.type] += 1;
  expect(batch.request_counts).toEqual({ processing: 0, ...kinds });
  return { batch, rows };
}

const IDS = ["line-1", "line-2", "line-3", "line-4", "line-5"];
const resultOf = (rows: readonly MessageRow[], id: string) =>
  rows.find(({ custom_id }) => custom_id === id)?.result;

describe.each(PROVIDERS)("results at %s that aren't one for each request", (provider) => {
  test.each([
    { what: "one is missing", omit: ["line-3"], duplicate: [] },
    { what: "one is there twice", omit: [], duplicate: ["line-2"] },
    { what: "some are missing and some there twice", omit: ["line-1"], duplicate: ["line-4"] },
  ])("are made whole where $what", async ({ omit, duplicate }) => {
    const { control } = world.emulators[provider];
    for (const id of omit) control.omitLine(id);
    for (const id of duplicate) control.duplicateLine(id);
    const { batch, rows } = await run(world, provider, messageRequests(5, MODELS[provider]));
    expect(idsOf(rows)).toEqual(IDS);
    expect(batch.request_counts).toMatchObject({
      succeeded: 5 - omit.length,
      errored: omit.length,
    });
    for (const id of omit) {
      expect(resultOf(rows, id)).toMatchObject({
        type: "errored",
        error: { type: "error", error: { type: "api_error", message: expect.any(String) } },
      });
    }
  });
});

test("what Anthropic said stays as it was, though one of its rows is missing", async () => {
  const { control } = world.emulators.anthropic;
  control.omitLine("line-2");
  const requests = messageRequests(3, MODELS.anthropic);
  const { batches } = world.anthropic({ provider: "anthropic" }).messages;
  const made = await batches.create({ requests });
  await waitUntilEnded(batches, made.id);
  const rows = await readRows(batches, made.id);
  const own = await fetch(
    `${world.emulators.anthropic.url}/v1/messages/batches/${made.id}/results`,
    {
      headers: { "anthropic-version": "2023-06-01", "x-api-key": "sk-emulator-configured-7f3a91" },
    },
  );
  const said = (await own.text())
    .trimEnd()
    .split("\n")
    .map((row) => JSON.parse(row) as unknown);
  expect(said).toHaveLength(2);
  expect(rows).toEqual(expect.arrayContaining(said));
});

test("a batch that is several jobs at its provider is one to every client", async () => {
  const { control } = world.emulators.openai;
  const before = control.batches().length;
  const count = 50_001;
  control.failLine("line-2", { status: 400 });
  control.failLine(`line-${count}`, { status: 400 });
  const { batch, rows } = await run(world, "openai", messageRequests(count, MODELS.openai));
  const lines = control
    .batches()
    .slice(before)
    .map(({ lines }) => lines);
  expect([lines.length, lines.reduce((sum, each) => sum + each, 0)]).toEqual([2, count]);
  expect(new Set(idsOf(rows)).size).toBe(count);
  expect(batch.request_counts).toMatchObject({ succeeded: count - 2, errored: 2 });
  const { batches } = world.anthropic({ provider: "openai" }).messages;
  const named = { headers: { "x-model-provider": "openai" } };
  for (const list of [batches.list(), world.openai().batches.list({}, named)]) {
    const ids = (await list).data.map((each) => (each as unknown as Facts).crossbatch);
    expect(ids.filter(({ native_id }) => native_id === null)).toHaveLength(1);
    expect(ids).toHaveLength(before + 1);
  }
  for (const { id } of control.batches().slice(before)) {
    expect(await batches.retrieve(id)).toMatchObject({ id: batch.id });
  }
  await batches.delete(batch.id);
  expect((await batches.list()).data).toHaveLength(before);
}, 120_000);

interface Facts {
  readonly crossbatch: { readonly native_id: string | null };
}

describe("a batch that is run request by request", () => {
  test("has the rows of any other", async () => {
    await using direct = await startWorld({ minimumLines: 100 });
    // Of a refusal nothing is tried again: one of the requests gets it.
    const { control } = direct.emulators.bedrock;
    control.inject({ kind: "status", status: 400, method: "POST", path: "/model/" });
    const { batch, rows } = await run(direct, "bedrock", messageRequests(5, MODELS.bedrock));
    expect(direct.emulators.bedrock.control.batches()).toEqual([]);
    expect(idsOf(rows)).toEqual(IDS);
    expect(batch).toMatchObject({
      request_counts: { succeeded: 4, errored: 1 },
      crossbatch: { mode: "direct", price_tier: "sync" },
    });
    expect(rows.find(({ result }) => result.type === "errored")?.result).toMatchObject({
      error: { error: { message: expect.stringMatching(/./) } },
    });
  });
});
