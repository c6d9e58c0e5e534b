import { describe, expect, test } from "vitest";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import {
  MODELS,
  type ProviderName,
  PROVIDERS,
  startWorld,
  type World,
  type WorldOptions,
} from "../support/world.ts";

const HOUR = 3_600_000;
const PATIENCE = { timeout: 20_000 };
const LINES = 6;
const IDS = Array.from({ length: LINES }, (_, at) => `line-${at + 1}`);

function startSmallWorld(options: WorldOptions = {}): Promise<World> {
  const config = { limits: { handOverSeconds: 0.3 } };
  return startWorld({ minimumLines: 2, config, ...options });
}

async function create(world: World, provider: ProviderName): Promise<string> {
  const client = world.openai();
  const file = await uploadLines(client, chatLines(LINES, MODELS[provider]));
  return (await createBatch(client, file.id, { provider })).id;
}

/** Every line's id with a result, in the files' order. */
async function answered(world: World, id: string): Promise<readonly string[]> {
  const client = world.openai();
  const batch = await client.batches.retrieve(id);
  const output = await readLines(client, batch.output_file_id);
  const error = await readLines(client, batch.error_file_id);
  return [...output, ...error].map(({ custom_id }) => custom_id);
}

describe.each(PROVIDERS)("while %s", (provider) => {
  test("is down for an hour nothing is lost, and nothing is sent twice", async () => {
    let late = 0;
    await using world = await startSmallWorld({ speed: 0, now: () => Date.now() + late });
    const { control } = world.emulators[provider];
    const before = await create(world, provider);
    await expect.poll(() => control.batches().length, PATIENCE).toBe(1);
    const client = world.openai();
    const file = await uploadLines(client, chatLines(LINES, MODELS[provider]));
    control.outageFor(10 * HOUR);
    const during = await createBatch(client, file.id, { provider });
    late = HOUR;
    expect(await client.batches.retrieve(before)).toMatchObject({ errors: null });
    control.endOutage();
    control.setSpeed("instant");
    late = HOUR + 120_000;
    for (const id of [before, during.id]) {
      expect(await waitForEnd(client, id)).toMatchObject({
        status: "completed",
        request_counts: { total: LINES, completed: LINES, failed: 0 },
      });
    }
    expect(control.batches()).toHaveLength(2);
  });

  test("answers slowly, in pieces or not in JSON its results are whole all the same", async () => {
    await using world = await startSmallWorld();
    const { control } = world.emulators[provider];
    control.setSpeed(0);
    const id = await create(world, provider);
    await expect.poll(() => control.batches().length, PATIENCE).toBe(1);
    for (const kind of ["malformed", "cutOff", "reset"] as const) {
      control.inject({ kind, method: "GET", times: 2, skip: 1 });
    }
    world.s3.control.inject({ kind: "cutOff", method: "GET", path: "out$" });
    control.inject({ kind: "slow", milliseconds: 300, times: 3 });
    control.setSpeed("instant");
    const batch = await waitForEnd(world.openai(), id);
    expect(batch).toMatchObject({ status: "completed", request_counts: { completed: LINES } });
    expect((await answered(world, id)).toSorted()).toEqual(IDS);
  });

  test("counts lines that it has no result for, and gives others twice, each has one", async () => {
    await using world = await startSmallWorld();
    const { control } = world.emulators[provider];
    control.omitLine(2);
    control.duplicateLine(4);
    const id = await create(world, provider);
    const batch = await waitForEnd(world.openai(), id);
    expect(batch.request_counts).toEqual({ total: LINES, completed: LINES - 1, failed: 1 });
    expect((await answered(world, id)).toSorted()).toEqual(IDS);
    const failed = await readLines(world.openai(), batch.error_file_id);
    expect(failed.map(({ custom_id, error }) => [custom_id, error?.code])).toEqual([
      ["line-2", "batch_result_missing"],
    ]);
  });
});

test.each([
  ["an hour forward", HOUR],
  ["an hour back", -HOUR],
])("a clock that jumps %s neither ends a batch nor leaves it", async (_what, jump) => {
  let late = 0;
  await using world = await startSmallWorld({ speed: 0, now: () => Date.now() + late });
  const id = await create(world, "openai");
  const { control } = world.emulators.openai;
  await expect.poll(() => control.batches().length, PATIENCE).toBe(1);
  late = jump;
  const other = await create(world, "openai");
  control.setSpeed("instant");
  for (const each of [id, other]) {
    expect(await waitForEnd(world.openai(), each)).toMatchObject({ status: "completed" });
  }
  expect(control.batches()).toHaveLength(2);
});
