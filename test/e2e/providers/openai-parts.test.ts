import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createBatch, readLines, uploadLines, waitFor, waitForEnd } from "../../support/batches.ts";
import { PROVIDERS, startWorld, type World } from "../../support/world.ts";
import { at, CANCELS, endingsOf, linesFor, runLines, waitForCalls } from "./openai-stage.ts";

const HOUR = 3_600_000;
const COUNT = 330;
const PARTS = 3;

let world: World;
let client: OpenAI;
beforeAll(async () => {
  const most = { maxJobLines: 150 };
  world = await startWorld({
    config: { providers: { openai: most, anthropic: most, gemini: most, bedrock: most } },
  });
  client = world.openai();
});
afterAll(() => world.close());

describe.each(PROVIDERS)("a batch that is more than one job at %s", (provider) => {
  beforeEach(() => world.emulators[provider].control.setSpeed("instant"));

  /** Its own id, and those of its jobs, which move only when the control says so. */
  async function startSlowly() {
    const { control } = world.emulators[provider];
    control.setSpeed(0);
    control.clearJournal();
    const before = control.batches().length;
    const file = await uploadLines(client, linesFor(provider, COUNT), at(provider));
    const { id } = await createBatch(client, file.id, { provider });
    await waitFor(client, id, () => control.batches().length === before + PARTS);
    return { control, id, jobs: control.batches().slice(before) };
  }

  test("is one batch, with one file of results", async () => {
    const { control } = world.emulators[provider];
    const before = control.batches().length;
    control.failLine("line-200", { status: 400 });
    const batch = await runLines(world, provider, { text: linesFor(provider, COUNT) });
    control.clearLines();
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: COUNT, completed: COUNT - 1, failed: 1 },
      crossbatch: { mode: "native" },
    });
    const jobs = control.batches().slice(before);
    expect(jobs.map(({ lines }) => lines)).toEqual([110, 110, 110]);
    const endings = await endingsOf(client, batch);
    expect(Object.keys(endings)).toHaveLength(COUNT);
    expect(await readLines(client, batch.error_file_id)).toMatchObject([{ custom_id: "line-200" }]);
    expect(batch.usage?.total_tokens).toBeGreaterThan(COUNT);
    const listed = await client.batches.list({ limit: 100 }, { query: { provider } });
    const natives = listed.data.map(({ id }) => id);
    expect(natives.filter((id) => id === batch.id)).toHaveLength(1);
    expect(natives.filter((id) => jobs.some((job) => id.endsWith(job.id)))).toEqual([]);
    expect(listed.data.filter(({ request_counts: counts }) => counts?.total === 110)).toEqual([]);
  });

  test("is counted over all of them, and cancelled with all of them", async () => {
    const { control, id, jobs } = await startSlowly();
    for (const job of jobs) await control.run(job.id, job === jobs[0] ? 110 : 20);
    await control.complete(String(jobs[0]?.id));
    const done = provider === "anthropic" ? 110 : 150;
    const running = await waitFor(client, id, (seen) => seen.request_counts?.completed === done);
    expect(running).toMatchObject({ status: "in_progress", request_counts: { total: COUNT } });
    control.clearJournal();
    await client.batches.cancel(id);
    await waitForCalls(world, provider, { path: CANCELS, objects: PARTS - 1 });
    control.setSpeed("instant");
    const batch = await waitForEnd(client, id);
    expect(batch.status).toBe("cancelled");
    const kept = provider === "gemini" ? 110 : 150;
    expect(batch.request_counts).toEqual({
      total: COUNT,
      completed: kept,
      failed: COUNT - kept,
    });
    const endings = Object.values(await endingsOf(client, batch));
    expect(endings.filter((ending) => ending === 200)).toHaveLength(kept);
    expect(endings.filter((ending) => ending === "batch_cancelled")).toHaveLength(COUNT - kept);
  });

  test("expires as a whole, with what the ended ones gave", async () => {
    const { control, id, jobs } = await startSlowly();
    await control.complete(String(jobs[1]?.id));
    // Before the clock moves: Google keeps its files for two days.
    if (provider === "gemini")
      await waitForCalls(world, provider, { path: /:download$/, objects: 1 });
    await control.run(String(jobs[0]?.id), 10);
    await control.run(String(jobs[2]?.id), 10);
    control.advanceClock(49 * HOUR);
    const batch = await waitForEnd(client, id);
    expect(batch.status).toBe("expired");
    const kept = provider === "gemini" ? 110 : 130;
    const endings = Object.values(await endingsOf(client, batch));
    expect(endings.filter((ending) => ending === 200)).toHaveLength(kept);
    expect(endings.filter((ending) => ending === "batch_expired")).toHaveLength(COUNT - kept);
  });
});

describe.each(PROVIDERS)("a batch with more bytes than a job takes at %s", (provider) => {
  test("is cut so that no part is too small", async () => {
    // Translated, the lines are larger than they were; by bytes alone the last part would have a handful.
    const most = { maxJobBytes: 26_000 };
    await using small = await startWorld({
      minimumLines: 50,
      config: { providers: { openai: most, anthropic: most, gemini: most, bedrock: most } },
    });
    const batch = await runLines(small, provider, { text: linesFor(provider, 400) });
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 400, completed: 400, failed: 0 },
      crossbatch: { mode: "native", price_tier: "batch" },
    });
    const lines = small.emulators[provider].control.batches().map((job) => job.lines);
    expect(lines.length).toBeGreaterThan(1);
    expect(Math.min(...lines)).toBeGreaterThanOrEqual(50);
    expect(lines.reduce((sum, each) => sum + each, 0)).toBe(400);
  });
});
