import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../../src/config/schema.ts";
import { chatLine, readLines, uploadLines, waitFor, waitForEnd } from "../../support/batches.ts";
import { ANN_KEY } from "../../support/secrets.ts";
import { blobsOf, rowsOf } from "../../support/stored.ts";
import { twoTenants } from "../../support/tenants.ts";
import { MODELS, startWorld, type World } from "../../support/world.ts";

const COUNT = 2_000;
const provider = "anthropic";
const noCreate = { method: "POST", path: "/batches$" } as const;

/** About 8 MiB, of which the first request is begun after 2. */
function largeInput(last: readonly string[] = []): string {
  const content = "All of this is to be read. ".repeat(150);
  const lines = Array.from({ length: COUNT }, (_, index) =>
    chatLine(`line-${index + 1}`, {
      model: MODELS.anthropic,
      max_tokens: 20,
      messages: [{ role: "user", content: `${content}${index}` }],
    }),
  );
  return [...lines, ...last].join("\n");
}

/** What came of the requests that make jobs, in their order: a status, or null where none was answered. */
function creates(world: World) {
  return world.emulators.anthropic.control
    .journal()
    .filter(({ method, path }) => method === "POST" && path.endsWith("/batches"))
    .map(({ headers, status, time }) => ({
      status,
      time,
      isEarly: headers["transfer-encoding"] === "chunked",
    }));
}

async function create(
  world: World,
  { text = largeInput(), isStrict = false, apiKey }: Partial<Wanted> = {},
) {
  const client = world.openai(apiKey === undefined ? undefined : { apiKey });
  const file = await uploadLines(client, text);
  const body = {
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    provider,
  } as const;
  const headers = isStrict ? { "x-crossbatch-translation": "strict" } : {};
  return { client, id: (await client.batches.create(body, { headers })).id };
}

interface Wanted {
  readonly text: string;
  readonly isStrict: boolean;
  readonly apiKey: string;
}

/** Every line has exactly one result, and the provider made as many jobs. */
async function expectWhole(
  world: World,
  { client, id }: Awaited<ReturnType<typeof create>>,
  jobs = 1,
): Promise<void> {
  const batch = await waitForEnd(client, id);
  expect(batch.errors?.data).toBeUndefined();
  expect(batch.request_counts).toEqual({ total: COUNT, completed: COUNT, failed: 0 });
  const ids = (await readLines(client, batch.output_file_id)).map((line) => line.custom_id);
  expect(ids).toEqual(Array.from({ length: COUNT }, (_, index) => `line-${index + 1}`));
  expect(world.emulators.anthropic.control.batches()).toHaveLength(jobs);
}

/** Nothing was made at the provider, and nothing of the attempt is left here. */
async function expectNothingMade(world: World): Promise<void> {
  expect(world.emulators.anthropic.control.batches()).toEqual([]);
  expect(creates(world).map(({ status }) => status)).not.toContain(200);
  await expect
    .poll(async () => (await blobsOf(world.dataDir)).filter((name) => name.startsWith("prepared")))
    .toEqual([]);
}

describe("a large create at Anthropic", () => {
  test("is one request, begun while its lines are translated", async () => {
    await using world = await startWorld();
    await expectWhole(world, await create(world));
    const made = creates(world);
    expect(made).toMatchObject([{ status: 200, isEarly: true }]);
    const [part] = await rowsOf(world.dataDir, "parts");
    expect(part).toMatchObject({ attempts: 1 });
    // If its answer were lost, a job that the provider dates by the start of its request mustn't be too old to be the Part's.
    expect(Number(part?.["created_at"])).toBeLessThanOrEqual(Number(made[0]?.time));
  });

  test("of several jobs is as many requests, each begun so", async () => {
    const config: ConfigInput = { providers: { anthropic: { maxJobLines: 450 } } };
    await using world = await startWorld({ config });
    await expectWhole(world, await create(world), 5);
    const made = creates(world);
    expect(made.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    // Each holds a connection until all are planned, so that there is an end to it.
    expect(made.filter(({ isEarly }) => isEarly)).toHaveLength(4);
  });

  test.each([
    { what: "is refused at its end", fault: { kind: "status", status: 429 }, attempts: 2 },
    { what: "fails at its end", fault: { kind: "status", status: 529 }, attempts: 2 },
    { what: "is cut off", fault: { kind: "reset", afterBytes: 100_000 }, attempts: 1 },
    { what: "isn't taken", fault: { kind: "reset" }, attempts: 1 },
  ] as const)("whose early request $what is sent again, and once", async ({ fault, attempts }) => {
    await using world = await startWorld();
    world.emulators.anthropic.control.inject({ ...noCreate, ...fault });
    await expectWhole(world, await create(world));
    expect(creates(world).at(-1)).toMatchObject({ status: 200, isEarly: false });
    expect(creates(world)).toHaveLength(2);
    expect(await rowsOf(world.dataDir, "parts")).toMatchObject([{ attempts }]);
  });

  test("whose early request was taken, but not answered, isn't sent again", async () => {
    await using world = await startWorld();
    world.emulators.anthropic.control.inject({ ...noCreate, kind: "lostReply" });
    await expectWhole(world, await create(world));
    expect(creates(world)).toHaveLength(1);
  });

  test.each([
    { what: "an id that was there before", line: chatLine("line-1"), code: "duplicate_custom_id" },
    { what: "a line that isn't JSON", line: '{"custom_id":', code: "invalid_json_line" },
    { what: "another endpoint", line: chatLine("x").replace("chat/", ""), code: "invalid_url" },
  ])("makes nothing if the last line has $what", async ({ line, code }) => {
    await using world = await startWorld();
    const { client, id } = await create(world, { text: largeInput([line]) });
    const batch = await waitForEnd(client, id);
    expect(batch.status).toBe("failed");
    expect(batch.errors?.data).toMatchObject([{ code, line: COUNT + 1 }]);
    expect(creates(world)).toMatchObject([{ status: null, isEarly: true }]);
    await expectNothingMade(world);
  });

  test("sends nothing early in strict translation, and nothing at all if a line can't be translated", async () => {
    await using world = await startWorld();
    await expectWhole(world, await create(world, { isStrict: true }));
    expect(creates(world)).toEqual([expect.objectContaining({ status: 200, isEarly: false })]);
    const seeded = chatLine("seeded", { model: MODELS.anthropic, seed: 1 });
    const { client, id } = await create(world, {
      text: largeInput([seeded]),
      isStrict: true,
    });
    expect((await waitForEnd(client, id)).errors?.data).toMatchObject([{ line: COUNT + 1 }]);
    expect(creates(world)).toHaveLength(1);
  });

  test("sends nothing of a key's before all its lines were seen to be allowed", async () => {
    const config = twoTenants({ models: [MODELS.anthropic] });
    await using world = await startWorld({ config });
    await expectWhole(world, await create(world, { apiKey: ANN_KEY }));
    expect(creates(world)).toEqual([expect.objectContaining({ status: 200, isEarly: false })]);
    const other = chatLine("other", { model: "claude-opus-4-20250514" });
    const { client, id } = await create(world, {
      text: largeInput([other]),
      apiKey: ANN_KEY,
    });
    expect((await waitForEnd(client, id)).status).toBe("failed");
    expect(creates(world)).toHaveLength(1);
  });

  test("that is cancelled before it is whole makes nothing", async () => {
    await using world = await startWorld();
    world.emulators.anthropic.control.inject({ ...noCreate, kind: "slow", milliseconds: 600 });
    const config = { limits: { handOverSeconds: 0.1 } };
    await world.restart(config);
    const { client, id } = await create(world);
    await client.batches.cancel(id);
    const batch = await waitForEnd(client, id);
    expect(batch).toMatchObject({ status: "cancelled", request_counts: { total: COUNT } });
    expect(await readLines(client, batch.error_file_id)).toHaveLength(COUNT);
    await expectNothingMade(world);
  });

  test.each([0, 30, 80, 150])(
    "is made once though the gateway is stopped %i ms after it was asked for",
    async (milliseconds) => {
      const config = { shutdownGraceSeconds: 0, limits: { handOverSeconds: 0.01 } };
      await using world = await startWorld({ config });
      const { id } = await create(world);
      await pause(milliseconds);
      await world.restart();
      const client = world.openai();
      const seen = await waitFor(client, id, ({ status }) => status !== "validating");
      expect(seen.status).not.toBe("failed");
      await expectWhole(world, { client, id });
    },
  );
});
