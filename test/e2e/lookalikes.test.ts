import Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";
import { request } from "undici";
import { expect, test } from "vitest";
import { runCrossbatch } from "../cli/run-crossbatch.ts";
import { chatLine, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";
import { MODELS, startWorld, type World } from "../support/world.ts";

const LINES = 3;

const start = (providers = {}, limits = {}) =>
  startWorld({ config: { limits: { handOverSeconds: 0.2, ...limits }, providers }, speed: 0 });

function directTo({ emulators }: World): Anthropic {
  return new Anthropic({
    baseURL: emulators.anthropic.url,
    apiKey: PROVIDER_KEY,
    maxRetries: 0,
  });
}

/** A job of another program's, of the same size. */
async function createStranger(world: World): Promise<string> {
  const message = { role: "user", content: "Say hi." } as const;
  const params = { model: MODELS.anthropic, max_tokens: 9, messages: [message] };
  const requests = idsOf("stranger").map((custom_id) => ({ custom_id, params }));
  return (await directTo(world).messages.batches.create({ requests })).id;
}

async function createOf(client: OpenAI, ids: readonly string[]): Promise<string> {
  const text = ids.map((id) => chatLine(id, { model: MODELS.anthropic, max_tokens: 9 }));
  const file = await uploadLines(client, text.join("\n"));
  return (await createBatch(client, file.id, { provider: "anthropic" })).id;
}

function idsOf(name: string, count = LINES): readonly string[] {
  return Array.from({ length: count }, (_, at) => `${name}-${at + 1}`);
}

async function uncertainParts({ url }: World): Promise<number> {
  const { body } = await request(`${url}/metrics`);
  const found = /^crossbatch_parts_uncertain\{provider="anthropic"\} (\d+)$/m.exec(
    await body.text(),
  );
  return Number(found?.[1] ?? 0);
}

/** As an operator on the gateway's machine. */
async function crossbatch({ dataDir }: World, ...words: readonly string[]): Promise<string> {
  const environment = { CROSSBATCH_DATA_DIR: dataDir };
  const run = runCrossbatch({ directory: dataDir, environment, words });
  await run.ended;
  return run.output() + run.errors();
}

/** The job that has this line, as the provider's console would show it. */
async function jobWith(world: World, customId: string): Promise<string> {
  const { control } = world.emulators.anthropic;
  for (const { id } of control.batches()) {
    await control.complete(id);
    for await (const line of await directTo(world).messages.batches.results(id)) {
      if (line.custom_id === customId) return id;
    }
  }
  throw new Error(`no job has the line ${customId}`);
}

/** Two batches of one size whose replies were both lost, before either was looked for. */
async function startTwins(world: World) {
  const client = world.openai();
  const { control } = world.emulators.anthropic;
  control.inject({ kind: "lostReply", method: "POST", path: "/batches$", times: 2 });
  control.inject({ kind: "status", status: 503, method: "GET", path: "/batches$", times: 1_000 });
  const one = await createOf(client, idsOf("one"));
  const two = await createOf(client, idsOf("two"));
  await expect.poll(() => control.batches().length, { timeout: 10_000 }).toBe(2);
  control.clearFaults();
  await expect.poll(() => uncertainParts(world), { timeout: 20_000 }).toBe(2);
  return { client, control, one, two };
}

async function expectOwnLines(client: OpenAI, id: string, ids: readonly string[]): Promise<void> {
  const batch = await waitForEnd(client, id);
  expect(batch).toMatchObject({
    status: "completed",
    request_counts: { total: ids.length, completed: ids.length, failed: 0 },
  });
  const lines = await readLines(client, batch.output_file_id);
  expect(lines.map(({ custom_id }) => custom_id)).toEqual(ids);
}

test("of two jobs of one size neither is adopted, until the operator tells them apart", async () => {
  await using world = await start();
  const { client, control, one, two } = await startTwins(world);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(control.batches()).toHaveLength(2);
  expect(await uncertainParts(world)).toBe(2);
  // The second one's: with it out of the way the other can be meant alone.
  const job = await jobWith(world, "two-1");
  await crossbatch(world, "batch", "resolve", two, "--adopt", job);
  control.setSpeed("instant");
  await expectOwnLines(client, two, idsOf("two"));
  await expectOwnLines(client, one, idsOf("one"));
  expect(control.batches()).toHaveLength(2);
});

test("a job is adopted once, also if the operator names it for another submission too", async () => {
  await using world = await start();
  const { client, control, one, two } = await startTwins(world);
  const job = await jobWith(world, "two-1");
  control.inject({ kind: "status", status: 503, method: "GET", path: "/batches$", times: 1_000 });
  await crossbatch(world, "batch", "resolve", two, "--adopt", job);
  await expect.poll(() => uncertainParts(world), { timeout: 10_000 }).toBe(1);
  await crossbatch(world, "batch", "resolve", one, "--adopt", job);
  await expect.poll(() => world.log.text(), { timeout: 10_000 }).toContain("can't be adopted");
  expect(await uncertainParts(world)).toBe(1);
  control.clearFaults();
  control.setSpeed("instant");
  await expectOwnLines(client, one, idsOf("one"));
  await expectOwnLines(client, two, idsOf("two"));
});

test("two Parts of one size, both of whose replies were lost, are found one after the other", async () => {
  await using world = await start({ anthropic: { maxJobLines: LINES } });
  const client = world.openai();
  const { control } = world.emulators.anthropic;
  control.inject({ kind: "lostReply", method: "POST", path: "/batches$", times: 2 });
  const id = await createOf(client, idsOf("line", 2 * LINES));
  await expect.poll(() => control.batches().length, { timeout: 10_000 }).toBe(2);
  control.setSpeed("instant");
  await expectOwnLines(client, id, idsOf("line", 2 * LINES));
  expect(control.batches().map(({ lines }) => lines)).toEqual([LINES, LINES]);
});

test("two Parts of one size beside a stranger's job are told apart by the operator, and their lines stay in order", async () => {
  await using world = await start({ anthropic: { maxJobLines: LINES } });
  const client = world.openai();
  const { control } = world.emulators.anthropic;
  await createStranger(world);
  control.inject({ kind: "lostReply", method: "POST", path: "/batches$", times: 2 });
  const id = await createOf(client, idsOf("line", 2 * LINES));
  await expect.poll(() => uncertainParts(world), { timeout: 10_000 }).toBe(2);
  const listed = await crossbatch(world, "batch", "list", "--uncertain");
  const parts = [...listed.matchAll(/part (\w+) /g)].map(([, part = ""]) => part);
  expect(parts).toHaveLength(2);
  // Each is one's and not the other's, whichever is named first.
  const jobs = [await jobWith(world, "line-1"), await jobWith(world, `line-${LINES + 1}`)];
  for (const at of [1, 0]) {
    const named = ["--part", parts[at] ?? "", "--adopt", jobs[at] ?? ""];
    await crossbatch(world, "batch", "resolve", id, ...named);
  }
  control.setSpeed("instant");
  await expectOwnLines(client, id, idsOf("line", 2 * LINES));
  expect(control.batches()).toHaveLength(3);
});

test("what is no longer uncertain is sent again only when the lost call could no longer arrive", async () => {
  await using world = await start({}, { settleSeconds: 4 });
  const client = world.openai();
  const { control } = world.emulators.anthropic;
  const strangers = [await createStranger(world), await createStranger(world)];
  control.clearJournal();
  control.inject({ kind: "status", status: 500, method: "POST", path: "/batches$" });
  const id = await createOf(client, idsOf("line"));
  const lostAt = Date.now();
  await expect.poll(() => uncertainParts(world), { timeout: 10_000 }).toBe(1);
  for (const stranger of strangers) {
    await control.complete(stranger);
    await directTo(world).messages.batches.delete(stranger);
  }
  control.setSpeed("instant");
  await expectOwnLines(client, id, idsOf("line"));
  const sent = control.journal().filter(({ method, path }) => isCreate(method, path));
  expect(sent).toHaveLength(2);
  expect(Date.now() - lostAt).toBeGreaterThan(3_500);
});

function isCreate(method: string, path: string): boolean {
  return method === "POST" && path.endsWith("/batches");
}
