import { describe, expect, test } from "vitest";
import {
  chatLine,
  chatLines,
  createBatch,
  readLines,
  uploadLines,
  waitFor,
  waitForEnd,
} from "../../support/batches.ts";
import { PROVIDER_KEY } from "../../support/secrets.ts";
import { BUCKET, startWorld, type World } from "../../support/world.ts";
import { at, endingsOf, linesFor, runLines } from "./openai-stage.ts";

const DIRECT = {
  mode: "direct",
  price_tier: "sync",
  warnings: expect.arrayContaining([expect.objectContaining({ code: "direct_run" })]),
};

function objectsBelow(world: World, prefix: string) {
  return world.s3.control.objects(BUCKET).filter(({ key }) => key.startsWith(prefix));
}

describe("a batch below Bedrock's minimum", () => {
  test("is run line by line, says so, and its results lie where they were wanted", async () => {
    await using world = await startWorld();
    const batch = await runLines(world, "bedrock", {
      text: linesFor("bedrock", 99),
      output_s3_uri: `s3://${BUCKET}/wanted/here`,
    });
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 99, completed: 99, failed: 0 },
      crossbatch: DIRECT,
    });
    expect(world.emulators.bedrock.control.batches()).toEqual([]);
    expect(batch.usage?.total_tokens).toBeGreaterThan(0);
    expect(Object.keys(await endingsOf(world.openai(), batch))).toHaveLength(99);
    expect(objectsBelow(world, "wanted/here/")).not.toEqual([]);
  });

  test("is a job from the minimum on", async () => {
    await using world = await startWorld();
    const batch = await runLines(world, "bedrock", { text: linesFor("bedrock", 100) });
    expect(batch).toMatchObject({ crossbatch: { mode: "native", price_tier: "batch" } });
    expect(world.emulators.bedrock.control.batches()).toHaveLength(1);
  });

  test("fails with the reason where the gateway is to reject it", async () => {
    await using world = await startWorld({
      config: { providers: { bedrock: { belowMinimum: "reject" } } },
    });
    const batch = await runLines(world, "bedrock", { text: linesFor("bedrock", 99) });
    expect(batch).toMatchObject({
      status: "failed",
      errors: { data: [{ code: "too_few_lines", message: expect.stringContaining("100") }] },
    });
  });

  test("takes the account's own minimum", async () => {
    await using world = await startWorld({ minimumLines: 3 });
    const batch = await runLines(world, "bedrock", { text: linesFor("bedrock", 3) });
    expect(batch).toMatchObject({ status: "completed", crossbatch: { mode: "native" } });
  });

  test("goes on after a restart in the middle, and asks of each line once", async () => {
    await using world = await startWorld({ config: { limits: { directConcurrency: 2 } } });
    const { control } = world.emulators.bedrock;
    control.inject({ path: "/invoke$|/converse$", kind: "slow", milliseconds: 60, times: 1_000 });
    const client = world.openai();
    const file = await uploadLines(client, linesFor("bedrock", 60), at("bedrock"));
    const { id } = await createBatch(client, file.id, { provider: "bedrock" });
    await waitFor(client, id, ({ request_counts: counts }) => (counts?.completed ?? 0) > 5);
    await world.restart();
    control.clearFaults();
    const again = world.openai();
    const batch = await waitForEnd(again, id);
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 60, completed: 60, failed: 0 },
    });
    expect(Object.keys(await endingsOf(again, batch))).toHaveLength(60);
    const calls = control.journal().filter(({ path }) => /\/(invoke|converse)$/.test(path));
    expect(calls.length).toBeGreaterThanOrEqual(60);
    expect(calls.length).toBeLessThanOrEqual(60 + 4);
  });

  test("is cancelled with what there is", async () => {
    await using world = await startWorld({ config: { limits: { directConcurrency: 2 } } });
    const { control } = world.emulators.bedrock;
    control.inject({ path: "/invoke$|/converse$", kind: "slow", milliseconds: 250, times: 1_000 });
    const client = world.openai();
    const file = await uploadLines(client, linesFor("bedrock", 60), at("bedrock"));
    const { id } = await createBatch(client, file.id, { provider: "bedrock" });
    await waitFor(client, id, ({ request_counts: counts }) => (counts?.completed ?? 0) > 5);
    await client.batches.cancel(id);
    const batch = await waitForEnd(client, id);
    expect(batch.status).toBe("cancelled");
    const endings = Object.values(await endingsOf(client, batch));
    expect(endings).toHaveLength(60);
    expect(new Set(endings)).toEqual(new Set([200, "batch_cancelled"]));
    expect(batch.request_counts).toMatchObject({
      total: 60,
      completed: endings.filter((ending) => ending === 200).length,
    });
  });

  test("has an error line for each line that the model refuses", async () => {
    await using world = await startWorld();
    world.emulators.bedrock.control.inject({
      path: "/invoke$|/converse$",
      kind: "status",
      status: 400,
    });
    const batch = await runLines(world, "bedrock", { text: linesFor("bedrock", 5) });
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 5, completed: 4, failed: 1 },
    });
    expect(await readLines(world.openai(), batch.error_file_id)).toHaveLength(1);
  });
});

test("a host that speaks OpenAI's API and has no batches runs them line by line", async () => {
  await using first = await startWorld();
  await using world = await startWorld({
    config: {
      providers: {
        lab: {
          kind: "openai",
          baseUrl: first.emulators.openai.url,
          apiKey: PROVIDER_KEY,
          batches: false,
          files: false,
        },
      },
    },
  });
  const client = world.openai();
  const text = `${chatLines(20)}\n${chatLine("bad", { model: "no-such-model" })}`;
  const file = await uploadLines(client, text, { provider: "lab" });
  const { id } = await createBatch(client, file.id);
  const batch = await waitForEnd(client, id);
  expect(batch).toMatchObject({
    status: "completed",
    request_counts: { total: 21, completed: 20, failed: 1 },
    crossbatch: { provider: "lab", ...DIRECT },
  });
  expect(await (await client.files.content(file.id)).text()).toBe(text);
  expect(await readLines(client, batch.error_file_id)).toMatchObject([{ custom_id: "bad" }]);
  expect(first.emulators.openai.control.batches()).toEqual([]);
  const listed = await client.files.list({}, { query: { provider: "lab" } });
  expect(listed.data.map((each) => each.id)).toContain(file.id);
});
