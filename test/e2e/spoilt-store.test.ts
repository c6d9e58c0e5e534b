import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type OpenAI from "openai";
import { expect, test } from "vitest";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { refusalOf } from "../support/refusal.ts";
import { MODELS, REGION, startWorld, type World } from "../support/world.ts";

const BLOBS = "blobs";
const LINES = 4;
const TEXT = chatLines(LINES, MODELS.anthropic);
const IDS = ["line-1", "line-2", "line-3", "line-4"];

/** A gateway whose blobs are in S3. */
function start(): Promise<World> {
  return startWorld({
    buckets: [BLOBS, "crossbatch-default"],
    config: { blobsUrl: "s3://blobs", limits: { handOverSeconds: 0.5 } },
  });
}

/** What the store gives of these blobs has the right length, and one wrong byte, until it is mended. */
async function spoil(world: World, pattern: RegExp): Promise<() => Promise<void>> {
  const client = new S3Client({ endpoint: world.s3.url, region: REGION, forcePathStyle: true });
  const keys = world.s3.control.objects(BLOBS).map(({ key }) => key);
  const spoilt = keys.filter((key) => pattern.test(key));
  expect(spoilt.length).toBeGreaterThan(0);
  const before = new Map<string, Uint8Array>();
  const put = (key: string, body: Uint8Array) =>
    client.send(new PutObjectCommand({ Bucket: BLOBS, Key: key, Body: body }));
  for (const key of spoilt) {
    const found = await client.send(new GetObjectCommand({ Bucket: BLOBS, Key: key }));
    const body = (await found.Body?.transformToByteArray()) ?? new Uint8Array();
    before.set(key, body);
    const other = Uint8Array.from(body);
    // Within the first line's id or model: it stays JSON.
    const at = Buffer.from(body).indexOf("line-1");
    other[at === -1 ? 0 : at] = "x".charCodeAt(0);
    await put(key, other);
  }
  return async () => {
    for (const [key, body] of before) await put(key, body);
    client.destroy();
  };
}

async function expectWhole(world: World, id: string): Promise<void> {
  const client = world.openai();
  const batch = await waitForEnd(client, id);
  expect(batch).toMatchObject({
    status: "completed",
    request_counts: { total: LINES, completed: LINES, failed: 0 },
  });
  const lines = await readLines(client, batch.output_file_id);
  expect(lines.map(({ custom_id }) => custom_id).toSorted()).toEqual(IDS);
}

test.each(["openai", "anthropic", "gemini"] as const)(
  "an input that the store gives wrongly isn't believed: the batch at %s waits for the right one",
  async (provider) => {
    await using world = await start();
    const client = world.openai();
    const text = chatLines(LINES, MODELS[provider]);
    const file = await uploadLines(client, text, { provider: "anthropic" });
    const mend = await spoil(world, /^files\//);
    const { id } = await createBatch(client, file.id, { provider });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await client.batches.retrieve(id)).status).toBe("validating");
    expect(world.emulators[provider].control.batches()).toEqual([]);
    await expect(textOf(client, file.id)).rejects.toThrow(BROKEN_OFF);
    await mend();
    await expectWhole(world, id);
    expect(await textOf(client, file.id)).toBe(text);
  },
);

test("lines that look wrong are looked at again before the batch is said to have failed", async () => {
  await using world = await start();
  const client = world.openai();
  const file = await uploadLines(client, TEXT, { provider: "anthropic" });
  // Of another length, and no JSON at all.
  for (const path of ["/files/", "/files/", "/prepared/"]) {
    world.s3.control.inject({ kind: "malformed", method: "GET", path });
  }
  const { id } = await createBatch(client, file.id, { provider: "anthropic" });
  await expectWhole(world, id);
  expect(world.s3.control.journal().filter(({ fault }) => fault === "malformed")).toHaveLength(3);
});

test("a line that truly is wrong still fails the batch", async () => {
  await using world = await start();
  const client = world.openai();
  const file = await uploadLines(client, `${TEXT}\n{"custom_id": `, { provider: "anthropic" });
  const { id } = await createBatch(client, file.id, { provider: "anthropic" });
  const batch = await waitForEnd(client, id);
  expect(batch.status).toBe("failed");
  expect(batch.errors?.data?.[0]?.line).toBe(LINES + 1);
});

test("results that the store gives wrongly break off, and are whole once it gives the right ones", async () => {
  await using world = await start();
  const client = world.openai();
  const file = await uploadLines(client, TEXT, { provider: "anthropic" });
  const { id } = await createBatch(client, file.id, { provider: "anthropic" });
  const batch = await waitForEnd(client, id);
  const mend = await spoil(world, /^results\//);
  const output = String(batch.output_file_id);
  await expect(textOf(client, output)).rejects.toThrow(BROKEN_OFF);
  await expect(resultsOf(world, id)).rejects.toThrow(BROKEN_OFF);
  world.s3.control.inject({ kind: "malformed", method: "GET", path: "/results/" });
  expect(await refusalOf(client.files.content(output))).toMatchObject({ status: 503 });
  await mend();
  await expectWhole(world, id);
  expect((await resultsOf(world, id)).toSorted()).toEqual(IDS);
});

/** What the SDKs and the platform say of a body that ends too early, or of the refusal of one that is short. */
const BROKEN_OFF = /terminated|stored file|other side closed|premature/i;

async function textOf(client: OpenAI, id: string): Promise<string> {
  return (await client.files.content(id)).text();
}

async function resultsOf(world: World, id: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const each of await world.anthropic().messages.batches.results(id)) {
    ids.push(each.custom_id);
  }
  return ids;
}
