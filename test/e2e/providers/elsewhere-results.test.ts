import type OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type MessageRow, readRows, waitUntilEnded } from "../../support/anthropic-batches.ts";
import { createBatch, readLines, uploadLines, waitForEnd } from "../../support/batches.ts";
import { elsewhere } from "../../support/elsewhere.ts";
import { refusalOf } from "../../support/refusal.ts";
import { type ProviderName, PROVIDERS, startWorld, type World } from "../../support/world.ts";
import { endingsOf, linesFor } from "./openai-stage.ts";

let world: World;
let client: OpenAI;
beforeAll(async () => {
  world = await startWorld({ minimumLines: 1 });
  client = world.openai();
});
afterAll(() => world.close());
afterEach(() => {
  for (const provider of PROVIDERS) {
    world.emulators[provider].control.clearLines();
    world.emulators[provider].control.setSpeed("instant");
  }
});

const LINES = 5;

const retrieve = (id: string, provider: ProviderName) =>
  client.batches.retrieve(id, { query: { provider } });

/** The batch as OpenAI's clients see it, once its provider is done. */
async function ended(provider: ProviderName, id: string) {
  const seen = await retrieve(id, provider);
  return waitForEnd(client, seen.id);
}

function batchesOf(provider: ProviderName) {
  return world.anthropic({ provider }).messages.batches;
}

/** How each row ended, as `here-1`: "succeeded". */
function kindsOf(rows: readonly MessageRow[]): Readonly<Record<string, string>> {
  expect(new Set(rows.map((row) => row.custom_id)).size).toBe(rows.length);
  return Object.fromEntries(rows.map(({ custom_id: id, result }) => [id, result.type]));
}

/** As the gateway's own field of a batch says it. */
function nativeIdOf(batch: object): unknown {
  return "crossbatch" in batch && FACTS.parse(batch.crossbatch).native_id;
}

const FACTS = z.looseObject({ native_id: z.string().nullable() });

describe.each(PROVIDERS)("a batch that was made at %s elsewhere", (provider) => {
  test("has results for both SDKs, each in its own form", async () => {
    const { control } = world.emulators[provider];
    control.failLine("here-2", { status: 400 });
    const { id } = await elsewhere(world, provider).batch({ lines: LINES });
    const batch = await ended(provider, id);
    expect(batch).toMatchObject({
      status: "completed",
      output_file_id: expect.stringMatching(/^file-/),
      error_file_id: expect.stringMatching(/^file-/),
      request_counts: { total: LINES, completed: LINES - 1, failed: 1 },
    });
    const output = await readLines(client, batch.output_file_id);
    expect(output.map((line) => line.custom_id).toSorted()).toEqual([
      "here-1",
      "here-3",
      "here-4",
      "here-5",
    ]);
    for (const line of output) {
      expect(line).toMatchObject({
        id: expect.stringMatching(/^batch_req_/),
        error: null,
        response: {
          status_code: 200,
          body: {
            object: "chat.completion",
            choices: [{ message: { role: "assistant", content: expect.any(String) } }],
            usage: { total_tokens: expect.any(Number) },
          },
        },
      });
    }
    const errors = await readLines(client, batch.error_file_id);
    expect(errors.map((line) => line.custom_id)).toEqual(["here-2"]);
    expect(errors[0]?.response?.status_code ?? errors[0]?.error?.code).toBeTruthy();

    const batches = batchesOf(provider);
    const message = await waitUntilEnded(batches, id);
    expect(message).toMatchObject({
      processing_status: "ended",
      results_url: expect.stringContaining(world.url),
      request_counts: { processing: 0, succeeded: LINES - 1, errored: 1 },
    });
    const rows = await readRows(batches, id);
    expect(kindsOf(rows)).toEqual({
      "here-1": "succeeded",
      "here-2": "errored",
      "here-3": "succeeded",
      "here-4": "succeeded",
      "here-5": "succeeded",
    });
    for (const { result } of rows) {
      if (result.type !== "succeeded") continue;
      expect(result.message).toMatchObject({
        type: "message",
        role: "assistant",
        content: [{ type: "text", text: expect.any(String) }],
        usage: { output_tokens: expect.any(Number) },
      });
    }
    // Both in the order in which the provider has them.
    const order = rows.map((row) => row.custom_id).filter((each) => each !== "here-2");
    expect(output.map((line) => line.custom_id)).toEqual(order);
  });

  test("has the same files in a list, and they are files like others", async () => {
    const find = async (native: string) => {
      const { data } = await client.batches.list({}, { query: { provider } });
      return data.find((each) => nativeIdOf(each) === native);
    };
    const { id } = await elsewhere(world, provider).batch({ lines: 2 });
    await expect
      .poll(async () => {
        const listed = await find(id);
        return [listed?.status, typeof listed?.output_file_id];
      })
      .toEqual(["completed", "string"]);
    const listed = await find(id);
    const batch = await retrieve(id, provider);
    expect(batch.output_file_id).toBe(listed?.output_file_id);
    expect((await retrieve(id, provider)).output_file_id).toBe(batch.output_file_id);
    const file = await client.files.retrieve(String(batch.output_file_id));
    expect(file).toMatchObject({
      id: batch.output_file_id,
      object: "file",
      purpose: "batch_output",
      status: "processed",
      filename: expect.stringMatching(/\.jsonl$/),
    });
    expect(await readLines(client, file.id)).toHaveLength(2);
    const all = (await client.files.list()).data.filter((each) => each.id === file.id);
    expect(all).toHaveLength(1);
    expect(await client.files.delete(file.id)).toMatchObject({ deleted: true });
    expect((await refusalOf(client.files.content(file.id))).status).toBe(404);
    // As at OpenAI, the batch goes on naming it.
    expect((await retrieve(id, provider)).output_file_id).toBe(file.id);
  });

  test("keeps what was done until it was cancelled, where its provider does", async () => {
    const { control } = world.emulators[provider];
    control.setSpeed(0);
    const { id } = await elsewhere(world, provider).batch({ lines: 3 });
    await retrieve(id, provider);
    await control.run(id, 1);
    await client.batches.cancel(id, { body: { provider } });
    await control.complete(id);
    const batch = await ended(provider, id);
    expect(batch.status).toBe("cancelled");
    const endings = Object.values(await endingsOf(client, batch)).map(String);
    const rows = Object.values(kindsOf(await readRows(batchesOf(provider), id).catch(() => [])));
    const cancelled = { openai: 2, anthropic: 2, gemini: 0, bedrock: 0 }[provider];
    const done = provider === "gemini" ? 0 : 1;
    expect(endings.toSorted()).toEqual([
      ...Array.from({ length: done }, () => "200"),
      ...Array.from({ length: cancelled }, () => "batch_cancelled"),
    ]);
    expect(rows.toSorted()).toEqual([
      ...Array.from({ length: cancelled }, () => "canceled"),
      ...Array.from({ length: done }, () => "succeeded"),
    ]);
    if (provider !== "gemini") return;
    expect(batch).toMatchObject({ output_file_id: null, error_file_id: null });
  });
});

describe("a batch made elsewhere that failed as a whole", () => {
  const failing: Readonly<Partial<Record<ProviderName, () => Promise<string>>>> = {
    gemini: async () => {
      const { control } = world.emulators.gemini;
      control.setSpeed(0);
      const { id } = await elsewhere(world, "gemini").batch({ lines: 3 });
      await control.failBatch(id, "It broke.");
      return id;
    },
    bedrock: async () => {
      const { control } = world.emulators.bedrock;
      control.setSpeed(0);
      const { id } = await elsewhere(world, "bedrock").batch({ lines: 3 });
      await control.endBatch(id, "Failed", "It broke.");
      return id;
    },
  };

  test.each(["gemini", "bedrock"] as const)(
    "at %s says why, and has no files",
    async (provider) => {
      const id = (await failing[provider]?.()) ?? "";
      expect(await retrieve(id, provider)).toMatchObject({
        status: "failed",
        output_file_id: null,
        error_file_id: null,
        errors: { data: [{ message: expect.stringContaining("It broke.") }] },
      });
    },
  );

  test("is a row for each request, where the provider gives the requests back", async () => {
    const rows = await readRows(batchesOf("bedrock"), (await failing.bedrock?.()) ?? "");
    expect(kindsOf(rows)).toEqual({
      "here-1": "errored",
      "here-2": "errored",
      "here-3": "errored",
    });
    expect(rows[0]?.result).toMatchObject({ error: { error: { message: "It broke." } } });
  });

  test("is an error where it doesn't", async () => {
    const id = (await failing.gemini?.()) ?? "";
    const results = readRows(batchesOf("gemini"), id);
    await expect(results).rejects.toMatchObject({ status: 404, type: "not_found_error" });
  });
});

test.each(["anthropic", "bedrock"] as const)(
  "a batch made at %s elsewhere that expired keeps what was done",
  async (provider) => {
    await using own = await startWorld({ minimumLines: 1 });
    const { control } = own.emulators[provider];
    control.setSpeed(0);
    const { id } = await elsewhere(own, provider).batch({ lines: 3 });
    const sdk = own.openai();
    await control.run(id, 1);
    control.advanceClock(200 * 3_600_000);
    const query = { provider };
    await expect
      .poll(async () => (await sdk.batches.retrieve(id, { query })).status, { timeout: 10_000 })
      .toBe("expired");
    const batch = await sdk.batches.retrieve(id, { query });
    const endings = Object.values(await endingsOf(sdk, batch)).map(String);
    expect(endings.toSorted()).toEqual(
      provider === "anthropic" ? ["200", "batch_expired", "batch_expired"] : ["200"],
    );
    const rows = await readRows(own.anthropic({ provider }).messages.batches, id);
    expect(Object.values(kindsOf(rows)).toSorted()).toEqual(
      provider === "anthropic" ? ["expired", "expired", "succeeded"] : ["succeeded"],
    );
  },
);

describe("a provider's own file of results", () => {
  test.each(["gemini", "bedrock"] as const)("at %s stays as it is", async (provider) => {
    const { id } = await elsewhere(world, provider).batch({ lines: 2 });
    const batch = await ended(provider, id);
    const native = provider === "gemini" ? geminiFile() : await bedrockFile(id);
    const content = await client.files.content(native, { query: { provider } });
    const [line] = (await content.text()).split("\n");
    const name = expect.stringMatching(/^here-[12]$/);
    const own = provider === "gemini" ? { key: name } : { recordId: name };
    expect(JSON.parse(String(line))).toMatchObject(own);
    // And beside it the same results as OpenAI's clients read them.
    expect(await readLines(client, batch.output_file_id)).toHaveLength(2);
  });

  function geminiFile(): string {
    const generated = world.emulators.gemini.control
      .files()
      .filter((file) => file.source === "GENERATED");
    return String(generated.at(-1)?.name);
  }

  async function bedrockFile(arn: string): Promise<string> {
    const folder = `elsewhere/out/${arn.split("/").at(-1)}`;
    const query = {
      provider: "bedrock",
      "storage_config[s3][bucket]": "your-s3-bucket",
      "storage_config[s3][prefix]": folder,
    };
    const { data } = await client.files.list({}, { query });
    const found = data.find((file) => file.filename.endsWith(".jsonl.out"));
    return String(found === undefined ? undefined : nativeIdOf(found));
  }
});

test("what is made while it is sent knows no length, and no parts", async () => {
  const { id } = await elsewhere(world, "gemini").batch({ lines: 2 });
  const { output_file_id: fileId } = await ended("gemini", id);
  const reply = await fetch(`${world.url}/openai/v1/files/${fileId}/content`, {
    headers: { authorization: "Bearer virtual-key-or-dummy-key", range: "bytes=0-3" },
  });
  expect(reply.status).toBe(200);
  expect(reply.headers.get("content-length")).toBe(null);
  expect(reply.headers.get("accept-ranges")).toBe(null);
  expect((await reply.text()).split("\n")).toHaveLength(3);
});

test("results that are gone at the provider are an error before anything is sent", async () => {
  const { id } = await elsewhere(world, "gemini").batch({ lines: 2 });
  const batch = await ended("gemini", id);
  world.emulators.gemini.control.inject({
    kind: "status",
    method: "GET",
    path: ":download",
    status: 404,
    times: 10,
  });
  const error = await refusalOf(client.files.content(String(batch.output_file_id)));
  expect(error.status).toBe(404);
  await expect(readRows(batchesOf("gemini"), id)).rejects.toMatchObject({ status: 404 });
  world.emulators.gemini.control.clearFaults();
});

test("a batch that was seen before it was known to be ours leaves no files of a stranger's", async () => {
  const limits = { handOverSeconds: 0.5 };
  await using own = await startWorld({ minimumLines: 1, config: { limits } });
  const { control } = own.emulators.bedrock;
  control.inject({ kind: "lostReply", method: "POST", path: "/model-invocation-job$" });
  // The engine looks for it at once, and takes its time.
  const path = "/model-invocation-jobs$";
  control.inject({ kind: "slow", milliseconds: 2_000, method: "GET", path, times: 1 });
  const sdk = own.openai();
  const file = await uploadLines(sdk, linesFor("bedrock", 2), { provider: "bedrock" });
  const made = await createBatch(sdk, file.id, { provider: "bedrock" });
  const query = { provider: "bedrock" };
  const strangers = async () =>
    (await sdk.batches.list({}, { query })).data.filter(({ id }) => id !== made.id);
  await expect
    .poll(async () => (await strangers()).map((batch) => typeof batch.output_file_id))
    .toEqual(["string"]);
  const [seen] = await strangers();
  const batch = await waitForEnd(sdk, made.id);
  expect(batch).toMatchObject({ status: "completed", request_counts: { completed: 2 } });
  expect(await strangers()).toEqual([]);
  const { data } = await sdk.files.list();
  expect(data.map(({ id }) => id).filter((id) => id === seen?.output_file_id)).toEqual([]);
  const refusal = await refusalOf(sdk.files.content(String(seen?.output_file_id)));
  expect(refusal.status).toBe(404);
});
