import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createBatch, readLines, uploadLines, waitFor, waitForEnd } from "../../support/batches.ts";
import { PROVIDERS, startWorld, type World } from "../../support/world.ts";
import { at, CANCELS, endingsOf, linesFor, runLines, waitForCalls } from "./openai-stage.ts";

const HOUR = 3_600_000;
const COUNT = 120;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

describe.each(PROVIDERS)("results of %s", (provider) => {
  beforeEach(() => {
    const { control } = world.emulators[provider];
    control.clearLines();
    control.setSpeed("instant");
  });

  /** A batch that moves only when the control says so, and its id at the provider. */
  async function startSlowly() {
    const { control } = world.emulators[provider];
    control.setSpeed(0);
    control.clearJournal();
    const client = world.openai();
    const file = await uploadLines(client, linesFor(provider, COUNT), at(provider));
    const { id } = await createBatch(client, file.id, { provider, metadata: { kept: "yes" } });
    const native = String(control.batches().at(-1)?.id);
    return { client, control, id, native };
  }

  test("have each line once, whatever the provider lost or doubled", async () => {
    const { control } = world.emulators[provider];
    control.failLine("line-2", { status: 400 });
    control.failLine("line-5", { status: 500 });
    control.omitLine("line-3");
    control.duplicateLine("line-4");
    const client = world.openai();
    const batch = await runLines(world, provider, { text: linesFor(provider, COUNT) });
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: COUNT, completed: COUNT - 3, failed: 3 },
    });
    const endings = await endingsOf(client, batch);
    expect(Object.keys(endings)).toHaveLength(COUNT);
    const others = Object.entries(endings).filter(([, ending]) => ending !== 200);
    expect(others.map(([id]) => id).sort()).toEqual(["line-2", "line-3", "line-5"]);
    expect(endings["line-3"]).toBe("batch_result_missing");
  });

  test("of a batch all of whose lines failed are an error file", async () => {
    const { control } = world.emulators[provider];
    for (let line = 1; line <= COUNT; line += 1) control.failLine(line, { status: 400 });
    const batch = await runLines(world, provider, { text: linesFor(provider, COUNT) });
    expect(batch).toMatchObject({
      status: "completed",
      output_file_id: null,
      request_counts: { total: COUNT, completed: 0, failed: COUNT },
    });
    expect(await readLines(world.openai(), batch.error_file_id)).toHaveLength(COUNT);
  });

  test("are counted while they come", async () => {
    const { client, control, id, native } = await startSlowly();
    await control.run(native, 40);
    const seen = RUNNING_COUNTS[provider];
    const running = await waitFor(
      client,
      id,
      ({ status, request_counts: counts }) =>
        status === "in_progress" && counts?.completed === seen,
    );
    expect(running).toMatchObject({
      status: "in_progress",
      request_counts: { total: COUNT, completed: seen, failed: 0 },
    });
    await control.complete(native);
    expect(await waitForEnd(client, id)).toMatchObject({
      status: "completed",
      request_counts: { total: COUNT, completed: COUNT, failed: 0 },
      metadata: { kept: "yes" },
    });
  });

  test("are those that there were when it was cancelled", async () => {
    const { client, control, id, native } = await startSlowly();
    await control.run(native, 40);
    expect(await client.batches.cancel(id)).toMatchObject({ status: "cancelling" });
    await waitForCalls(world, provider, { path: CANCELS, objects: 1 });
    control.setSpeed("instant");
    const ended = await waitForEnd(client, id);
    expect(ended).toMatchObject({ status: "cancelled", metadata: { kept: "yes" } });
    await checkPartial(ended, "batch_cancelled", 40);
  });

  test("are those that there were when its time was over", async () => {
    const { client, control, id, native } = await startSlowly();
    await control.run(native, 40);
    await waitFor(client, id, (batch) => batch.status === "in_progress");
    control.advanceClock(49 * HOUR);
    const ended = await waitForEnd(client, id);
    expect(ended).toMatchObject({ status: "expired", metadata: { kept: "yes" } });
    await checkPartial(ended, "batch_expired", 40);
  });

  async function checkPartial(
    batch: Awaited<ReturnType<typeof waitForEnd>>,
    code: string,
    done: number,
  ) {
    const kept = KEEPS_PARTIAL[provider] ? done : 0;
    const endings = Object.values(await endingsOf(world.openai(), batch));
    const summary = Object.fromEntries(
      [...new Set(endings)].map((ending) => [
        ending,
        endings.filter((each) => each === ending).length,
      ]),
    );
    expect(summary).toEqual({ ...(kept > 0 ? { 200: kept } : {}), [code]: COUNT - kept });
    expect(batch.request_counts).toEqual({ total: COUNT, completed: kept, failed: COUNT - kept });
    expect((batch.usage?.total_tokens ?? 0) > 0).toBe(kept > 0);
  }
});

/** What a provider says of 40 lines that are done while others run: Anthropic counts at the end, Bedrock not at all. */
const RUNNING_COUNTS = { openai: 40, anthropic: 0, gemini: 40, bedrock: 40 };

/** Google gives no results of a batch that didn't succeed. */
const KEEPS_PARTIAL = { openai: true, anthropic: true, gemini: false, bedrock: true };
