import { toFile } from "openai";
import { describe, expect, test } from "vitest";
import { chatLine, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { blobsOf, rowsOf } from "../support/stored.ts";
import { MODELS, type ProviderName, startWorld, type World } from "../support/world.ts";

const COUNT = 1_500;
const PROVIDERS = ["gemini", "bedrock", "anthropic"] as const;

/** About 5 MiB: such inputs are translated in another thread, while they arrive or are surveyed. */
function largeInput(model: string, lastModel = model): string {
  const lines = Array.from({ length: COUNT }, (_, index) =>
    chatLine(`line-${index + 1}`, {
      model: index === COUNT - 1 ? lastModel : model,
      messages: [{ role: "user", content: `${"All of this is to be read. ".repeat(130)}${index}` }],
    }),
  );
  return lines.join("\n");
}

async function runToEnd(world: World, provider: ProviderName, fileId: string) {
  const client = world.openai();
  const batch = await waitForEnd(client, (await createBatch(client, fileId, { provider })).id);
  expect(batch.errors?.data).toBeUndefined();
  expect(batch.request_counts).toEqual({ total: COUNT, completed: COUNT, failed: 0 });
  const ids = (await readLines(client, batch.output_file_id)).map((line) => line.custom_id);
  // What only a running batch needs goes after its end.
  const isPrepared = (name: string) => name.startsWith("prepared");
  await expect.poll(async () => (await blobsOf(world.dataDir)).filter(isPrepared)).toEqual([]);
  return { lines: ids.length, ids: new Set(ids).size };
}

const WHOLE = { lines: COUNT, ids: COUNT };

describe.each(PROVIDERS)("a large input for %s", (provider) => {
  test("is brought there in its format, run whole, and given back as it was", async () => {
    await using world = await startWorld();
    const text = largeInput(MODELS[provider]);
    const client = world.openai();
    const file = await uploadLines(client, text, { provider });
    const copies = await rowsOf(world.dataDir, "file_copies");
    expect(copies).toHaveLength(provider === "anthropic" ? 0 : 1);
    expect(await (await client.files.content(file.id)).text()).toBe(text);
    expect(await runToEnd(world, provider, file.id)).toEqual(WHOLE);
  });

  test("is so too where its last line calls for another plan than the first ones", async () => {
    await using world = await startWorld();
    const model = MODELS[provider];
    const file = await uploadLines(world.openai(), largeInput(model, `${provider}/${model}`), {
      provider,
    });
    expect(await runToEnd(world, provider, file.id)).toEqual(WHOLE);
  });

  test("is so too where it was uploaded for another provider", async () => {
    await using world = await startWorld();
    const file = await uploadLines(world.openai(), largeInput(MODELS[provider]));
    expect(await runToEnd(world, provider, file.id)).toEqual(WHOLE);
  });
});

test("a form may name its provider after its file", async () => {
  await using world = await startWorld();
  const form = new FormData();
  form.append("file", new Blob([largeInput(MODELS.gemini)]), "input.jsonl");
  form.append("purpose", "batch");
  form.append("provider", "gemini");
  const answer = await fetch(`${world.url}/openai/files`, { method: "POST", body: form });
  const { id } = (await answer.json()) as { readonly id: string };
  expect(await rowsOf(world.dataDir, "file_copies")).toHaveLength(1);
  expect(await runToEnd(world, "gemini", id)).toEqual(WHOLE);
});

test("an upload of the Anthropic SDK's is one like any other", async () => {
  await using world = await startWorld();
  const anthropic = world.anthropic({ provider: "gemini" });
  const file = await anthropic.beta.files.upload({
    file: await toFile(Buffer.from(largeInput(MODELS.gemini)), "input.jsonl"),
  });
  expect(await rowsOf(world.dataDir, "file_copies")).toHaveLength(1);
  expect(await runToEnd(world, "gemini", file.id)).toEqual(WHOLE);
});

test("a form that goes wrong behind its file leaves nothing of what was made of that", async () => {
  await using world = await startWorld();
  const before = await blobsOf(world.dataDir);
  const form = new FormData();
  form.append("purpose", "batch");
  form.append("provider", "gemini");
  form.append("file", new Blob([largeInput(MODELS.gemini)]), "input.jsonl");
  form.append("expires_after[anchor]", "the end of the world");
  const answer = await fetch(`${world.url}/openai/files`, { method: "POST", body: form });
  expect(answer.status).toBe(400);
  expect(await blobsOf(world.dataDir)).toEqual(before);
});

test("a large upload that is refused leaves nothing", async () => {
  await using world = await startWorld();
  const before = await blobsOf(world.dataDir);
  const refused = uploadLines(world.openai(), largeInput(MODELS.gemini), {
    provider: "gemini",
    expires_after: { anchor: "created_at", seconds: 1 },
  });
  await expect(refused).rejects.toMatchObject({ status: 400 });
  world.emulators.gemini.control.inject({
    method: "POST",
    path: "/upload/",
    kind: "status",
    status: 400,
    times: 1,
  });
  await expect(
    uploadLines(world.openai(), largeInput(MODELS.gemini), { provider: "gemini" }),
  ).rejects.toMatchObject({ status: 400 });
  expect(await blobsOf(world.dataDir)).toEqual(before);
});
