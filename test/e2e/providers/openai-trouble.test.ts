import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  chatLine,
  createBatch,
  readLines,
  uploadLines,
  waitFor,
  waitForEnd,
} from "../../support/batches.ts";
import { elsewhere } from "../../support/elsewhere.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../../support/world.ts";
import { at, endingsOf, linesFor, runLines } from "./openai-stage.ts";

const COUNT = 120;

/** The call that makes a job. */
const CREATES = {
  openai: { method: "POST", path: "/batches$" },
  anthropic: { method: "POST", path: "/messages/batches$" },
  gemini: { method: "POST", path: ":batchGenerateContent$" },
  bedrock: { method: "POST", path: "/model-invocation-job$" },
} as const;

let world: World;
let client: OpenAI;
beforeAll(async () => {
  world = await startWorld();
  client = world.openai();
});
afterAll(() => world.close());
beforeEach(() => {
  for (const { control } of Object.values(world.emulators)) {
    control.clearFaults();
    control.setSpeed("instant");
  }
});

describe.each(PROVIDERS)("a job at %s", (provider) => {
  const text = linesFor(provider, COUNT);
  const jobs = () => world.emulators[provider].control.batches().length;

  test.each(["lostReply", "reset", "cutOff", "malformed"] as const)(
    "is made once, though its create met with %s",
    async (kind) => {
      const before = jobs();
      world.emulators[provider].control.inject({ ...CREATES[provider], kind });
      const ended = await runLines(world, provider, { text });
      expect(ended).toMatchObject({
        status: "completed",
        request_counts: { total: COUNT, completed: COUNT, failed: 0 },
      });
      expect(jobs()).toBe(before + 1);
    },
  );

  test.each([429, 500, 503])(
    "is made once, though it was refused with %d at first",
    async (status) => {
      const before = jobs();
      world.emulators[provider].control.inject({ ...CREATES[provider], kind: "status", status });
      const ended = await runLines(world, provider, { text });
      expect(ended).toMatchObject({ status: "completed", request_counts: { completed: COUNT } });
      expect(jobs()).toBe(before + 1);
    },
  );

  test("that is refused is the refusal of the create, and leaves nothing", async () => {
    const before = jobs();
    const file = await uploadLines(client, text, at(provider));
    const listed = (await client.batches.list({ limit: 100 })).data.length;
    world.emulators[provider].control.inject({ ...CREATES[provider], kind: "status", status: 400 });
    await expect(createBatch(client, file.id, { provider })).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/./),
    });
    expect(jobs()).toBe(before);
    expect((await client.batches.list({ limit: 100 })).data).toHaveLength(listed);
  });

  test("whose lines fail as they may has each of them in a file", async () => {
    const { control } = world.emulators[provider];
    const statuses = [400, 404, 413, 429, 500];
    for (const [number, status] of statuses.entries()) control.failLine(number + 1, { status });
    try {
      const ended = await runLines(world, provider, { text });
      expect(ended).toMatchObject({
        status: "completed",
        request_counts: { total: COUNT, completed: COUNT - statuses.length },
      });
      const endings = await endingsOf(client, ended);
      expect(Object.keys(endings)).toHaveLength(COUNT);
      const errors = await readLines(client, ended.error_file_id);
      for (const { response, error } of errors) {
        const said = error ?? response?.body["error"];
        expect(said).toMatchObject({ message: expect.stringMatching(/./) });
      }
    } finally {
      control.clearLines();
    }
  });
});

test("where two jobs at Anthropic look alike, none is sent again, and each line has a result at the end", async () => {
  let offset = 0;
  await using other = await startWorld({ now: () => Date.now() + offset });
  const { control } = other.emulators.anthropic;
  const own = other.openai();
  control.setSpeed(0);
  control.inject({ ...CREATES.anthropic, kind: "lostReply", times: 2 });
  const made = elsewhere(other, "anthropic").batch();
  const requests = ["a", "b"].map((id) => JSON.parse(chatLine(id, { model: MODELS.anthropic })));
  const [batch] = await Promise.all([
    createBatch(own, "", { provider: "anthropic", requests }),
    made.catch(() => undefined),
  ]);
  const jobs = control.batches().length;
  const uncertain = await waitFor(own, batch.id, (seen) =>
    JSON.stringify(seen).includes("uncertain"),
  );
  expect(uncertain).toMatchObject({ status: "in_progress" });
  offset = 26 * 3_600_000;
  await other.restart();
  const ended = await waitForEnd(other.openai(), batch.id);
  expect(ended).toMatchObject({ status: "expired", request_counts: { total: 2, failed: 2 } });
  expect(await endingsOf(other.openai(), ended)).toEqual({
    a: "batch_expired",
    b: "batch_expired",
  });
  expect(control.batches()).toHaveLength(jobs);
});

test.each([
  { provider: "gemini", command: "failBatch", more: ["out of order"] },
  { provider: "bedrock", command: "endBatch", more: ["Failed", "out of order"] },
] as const)(
  "a job that $provider fails as a whole is a failed batch with its reason",
  async ({ provider, command, more }) => {
    const { control, controlUrl } = world.emulators[provider];
    control.setSpeed(0);
    const file = await uploadLines(client, linesFor(provider, COUNT), at(provider));
    const { id } = await createBatch(client, file.id, { provider });
    const body = JSON.stringify([control.batches().at(-1)?.id, ...more]);
    expect((await fetch(`${controlUrl}/${command}`, { method: "POST", body })).ok).toBe(true);
    const ended = await waitForEnd(client, id);
    expect(ended).toMatchObject({ status: "failed", output_file_id: null, error_file_id: null });
    expect(ended.errors?.data).toMatchObject([
      { message: expect.stringContaining("out of order") },
    ]);
  },
);

test.each(PROVIDERS)(
  "a line that is too long fails a batch for %s with its number",
  async (provider) => {
    await using narrow = await startWorld({ config: { limits: { lineBytes: 2_000 } } });
    const own = narrow.openai();
    const model = MODELS[provider];
    const long = chatLine("long", {
      model,
      messages: [{ role: "user", content: "x".repeat(3_000) }],
    });
    const file = await uploadLines(own, `${linesFor(provider, 2)}\n${long}\n`, at(provider));
    const ended = await waitForEnd(own, (await createBatch(own, file.id, { provider })).id);
    expect(ended).toMatchObject({ status: "failed", errors: { data: [{ line: 3 }] } });
    expect(narrow.emulators[provider].control.batches()).toEqual([]);
  },
);

describe("places at S3", () => {
  const text = linesFor("bedrock", COUNT);
  const isClients = expect.toSatisfy((status: number) => status >= 400 && status < 500);

  test("that don't exist or are closed are the client's error", async () => {
    const storage = { storage_config: { s3: { bucket: "no-such-bucket", region: "us-west-2" } } };
    await expect(
      uploadLines(client, text, { provider: "bedrock", ...storage }),
    ).rejects.toMatchObject({
      status: isClients,
      message: expect.stringContaining("no-such-bucket"),
    });
    const denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    world.s3.control.inject({ method: "PUT", kind: "status", status: 403, body: denied, times: 9 });
    await expect(uploadLines(client, text, at("bedrock"))).rejects.toMatchObject({
      status: isClients,
    });
    world.s3.control.clearFaults();
    const misspelt = { storage_config: { s3: { bucket: "Not_A_Bucket" } } };
    await expect(
      uploadLines(client, text, { provider: "bedrock", ...misspelt }),
    ).rejects.toMatchObject({ status: 400, param: "storage_config.s3" });
    const file = await uploadLines(client, text, at("bedrock"));
    await expect(
      createBatch(client, file.id, { provider: "bedrock", output_s3_uri: "https://elsewhere" }),
    ).rejects.toMatchObject({ status: 400, param: "output_s3_uri" });
  });

  test("must be named somewhere, and a role for a job", async () => {
    await using bare = await startWorld({
      config: { providers: { bedrock: { s3Uri: null, roleArn: null } } },
    });
    const own = bare.openai();
    await expect(uploadLines(own, text, { provider: "bedrock" })).rejects.toMatchObject({
      status: 400,
      param: "storage_config",
    });
    const file = await uploadLines(own, text, at("bedrock"));
    await expect(createBatch(own, file.id, { provider: "bedrock" })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("CROSSBATCH_BEDROCK_ROLE_ARN"),
    });
    // Lines that are run one by one need neither.
    const requests: unknown[] = [JSON.parse(chatLine("a", { model: MODELS.bedrock }))];
    const batch = await createBatch(own, "", { provider: "bedrock", requests });
    expect(await waitForEnd(own, batch.id)).toMatchObject({ status: "completed" });
  });
});
