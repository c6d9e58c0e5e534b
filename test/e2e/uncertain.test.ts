import { setTimeout as sleep } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { runCrossbatch } from "../cli/run-crossbatch.ts";
import { chatLines, createBatch, readLines, uploadLines, waitFor } from "../support/batches.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";
import { MODELS, startWorld, type World, type WorldOptions } from "../support/world.ts";

const LINES = 3;

/** A job that looks like the one that the gateway makes next, and never hears of. */
async function startLookalike(options: WorldOptions = {}) {
  const config = { limits: { handOverSeconds: 0.2 } };
  const world = await startWorld({ ...options, config, speed: 0 });
  const elsewhere = new Anthropic({
    baseURL: world.emulators.anthropic.url,
    apiKey: PROVIDER_KEY,
    maxRetries: 0,
  });
  const message = { role: "user", content: "Say hi." } as const;
  const params = { model: MODELS.anthropic, max_tokens: 10, messages: [message] };
  const other = await elsewhere.messages.batches.create({
    requests: Array.from({ length: LINES }, (_, at) => ({ custom_id: `other-${at}`, params })),
  });
  const { control } = world.emulators.anthropic;
  control.inject({ kind: "lostReply", method: "POST", path: "/batches$" });
  return { world, elsewhere, other, control, params };
}

/** Two jobs that look alike, one of them the gateway's, which never heard of it. */
async function startUncertain(options: WorldOptions = {}) {
  const { world, elsewhere, other, control } = await startLookalike(options);
  const client = world.openai();
  const file = await uploadLines(client, chatLines(LINES, MODELS.anthropic));
  const { id } = await createBatch(client, file.id, { provider: "anthropic" });
  await waitFor(client, id, (batch) => warningsOf(batch).includes("uncertain_submission"));
  const own = control.batches().find((job) => job.id !== other.id)?.id ?? "";
  return { world, client, elsewhere, id, other: other.id, own };
}

function warningsOf(batch: object): readonly string[] {
  const { crossbatch } = batch as { crossbatch: { warnings: readonly { code: string }[] } };
  return crossbatch.warnings.map(({ code }) => code);
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
  const code = await run.ended;
  return code === 0 ? run.output() : `${String(code)} ${run.errors()}`;
}

test("a submission that nobody can prove isn't repeated, and client, metrics and operator see it", async () => {
  const { world, id } = await startUncertain();
  await using _ = world;
  await sleep(800);
  expect(world.emulators.anthropic.control.batches()).toHaveLength(2);
  expect(await uncertainParts(world)).toBe(1);
  expect(await crossbatch(world, "batch", "list", "--uncertain")).toContain(`${LINES} lines`);
  expect(await crossbatch(world, "batch", "list")).toContain(id);
  expect(await crossbatch(world, "batch", "resolve", id)).toContain("--give-up");
});

test.each([
  ["--resend", "completed", 3],
  ["--adopt", "completed", 2],
  ["--give-up", "failed", 2],
] as const)("the operator's %s is done, and then nothing is uncertain", async (flag, end, jobs) => {
  const { world, client, id, own } = await startUncertain();
  await using _ = world;
  const words = flag === "--adopt" ? [flag, own] : [flag];
  expect(await crossbatch(world, "batch", "resolve", id, ...words)).toContain("the gateway does");
  world.emulators.anthropic.control.setSpeed("instant");
  const batch = await waitFor(client, id, ({ status }) => status === end);
  expect(warningsOf(batch)).not.toContain("uncertain_submission");
  expect(await uncertainParts(world)).toBe(0);
  expect(world.emulators.anthropic.control.batches()).toHaveLength(jobs);
  const results = await readLines(client, batch.output_file_id);
  expect({
    errors: batch.errors?.data?.map(({ code }) => code) ?? [],
    answered: results.map(({ custom_id }) => custom_id).sort(),
  }).toEqual(
    end === "failed"
      ? { errors: ["uncertain_submission"], answered: [] }
      : { errors: [], answered: ["line-1", "line-2", "line-3"] },
  );
});

describe("each line of a submission that is given up ends with an error", () => {
  test("in the error file of OpenAI's dialect", async () => {
    const { world, client, id } = await startUncertain();
    await using _ = world;
    await crossbatch(world, "batch", "resolve", id, "--give-up");
    const batch = await waitFor(client, id, ({ status }) => status === "failed");
    expect(batch.request_counts).toEqual({ total: LINES, completed: 0, failed: LINES });
    expect(batch.output_file_id ?? null).toBeNull();
    const lines = await readLines(client, batch.error_file_id);
    expect(lines).toMatchObject(
      ["line-1", "line-2", "line-3"].map((custom_id) => ({
        custom_id,
        response: {
          status_code: 500,
          body: {
            error: {
              code: "uncertain_submission",
              message: expect.stringContaining("the operator gave it up"),
            },
          },
        },
      })),
    );
    // Read through the other dialect it is the same.
    const results = await resultsOf(world, id);
    expect(results.map(({ result }) => result.type)).toEqual(Array(LINES).fill("errored"));
  });

  test("as `errored` in Anthropic's", async () => {
    const { world, params } = await startLookalike();
    await using _ = world;
    const { batches } = world.anthropic().messages;
    const ids = Array.from({ length: LINES }, (_, at) => `own-${at}`);
    const requests = ids.map((custom_id) => ({ custom_id, params }));
    const { id } = await batches.create({ requests });
    await expect.poll(() => uncertainParts(world), { timeout: 10_000 }).toBe(1);
    await crossbatch(world, "batch", "resolve", id, "--give-up");
    const ended = async () => (await batches.retrieve(id)).processing_status;
    await expect.poll(ended, { timeout: 10_000 }).toBe("ended");
    const { request_counts: counts } = await batches.retrieve(id);
    expect(counts).toEqual({ ...NONE, errored: LINES });
    const results = await resultsOf(world, id);
    expect(results).toMatchObject(
      ids.map((custom_id) => ({
        custom_id,
        result: {
          type: "errored",
          error: { error: { message: expect.stringContaining("the operator gave it up") } },
        },
      })),
    );
  });
});

async function resultsOf(world: World, id: string) {
  const results: Anthropic.Messages.MessageBatchIndividualResponse[] = [];
  for await (const each of await world.anthropic().messages.batches.results(id)) {
    results.push(each);
  }
  return results;
}

const NONE = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };

test("a job that isn't there can't be adopted, and the submission stays uncertain", async () => {
  const { world, id } = await startUncertain();
  await using _ = world;
  await crossbatch(world, "batch", "resolve", id, "--adopt", "msgbatch_nope");
  await expect.poll(() => world.log.text(), { timeout: 10_000 }).toContain("can't be adopted");
  expect(await uncertainParts(world)).toBe(1);
});

test("what couldn't be told apart is found once it can be", async () => {
  const { world, client, elsewhere, id, other } = await startUncertain();
  await using _ = world;
  const { control } = world.emulators.anthropic;
  await control.complete(other);
  await elsewhere.messages.batches.delete(other);
  control.setSpeed("instant");
  const batch = await waitFor(client, id, ({ status }) => status === "completed");
  expect(warningsOf(batch)).not.toContain("uncertain_submission");
  expect(control.batches().length).toBeLessThanOrEqual(2);
  expect((await readLines(client, batch.output_file_id)).length).toBe(LINES);
});

test("at expiry each line of an uncertain submission gets its result", async () => {
  let late = 0;
  const { world, client, id } = await startUncertain({ now: () => Date.now() + late });
  await using _ = world;
  late = 26 * 3_600_000;
  const batch = await waitFor(client, id, ({ status }) => status === "expired");
  expect(batch.request_counts).toEqual({ total: LINES, completed: 0, failed: LINES });
  const results = await readLines(client, batch.error_file_id);
  expect(results.map(({ error }) => error?.code)).toEqual(Array(LINES).fill("batch_expired"));
});
