import { request } from "undici";
import { expect, test } from "vitest";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";
import { MODELS, type ProviderName, PROVIDERS, startWorld, type World } from "../support/world.ts";

const LINES = 4;

const start = () => startWorld({ minimumLines: 2, config: { limits: { handOverSeconds: 0.3 } } });

/** What makes a job, at each provider. */
const CREATES: Readonly<Record<ProviderName, string>> = {
  openai: "/batches$",
  anthropic: "/batches$",
  gemini: ":batchGenerateContent$",
  bedrock: "/model-invocation-job$",
};

async function expectCompleted(world: World, id: string): Promise<void> {
  const client = world.openai();
  const batch = await waitForEnd(client, id);
  expect(batch).toMatchObject({
    status: "completed",
    errors: null,
    request_counts: { total: LINES, completed: LINES, failed: 0 },
  });
  expect(await readLines(client, batch.output_file_id)).toHaveLength(LINES);
}

const upload = (world: World, provider: ProviderName) =>
  uploadLines(world.openai(), chatLines(LINES, MODELS[provider]), { provider });

test.each(PROVIDERS)(
  "a valid batch at %s runs though its file is deleted while it waits for a quota",
  async (provider) => {
    await using world = await start();
    const client = world.openai();
    const file = await upload(world, provider);
    const { control } = world.emulators[provider];
    const create = { method: "POST", path: CREATES[provider] } as const;
    control.inject({ ...create, kind: "status", status: 429, times: 3 });
    const { id } = await createBatch(client, file.id, { provider });
    await client.files.delete(file.id);
    await expectCompleted(world, id);
    expect(control.batches()).toHaveLength(1);
  },
);

// Bedrock's conflicts are 400s with a name: its own suite has them.
test.each(["openai", "anthropic", "gemini"] as const)(
  "a valid batch at %s runs though something else was going on there",
  async (provider) => {
    await using world = await start();
    const { control } = world.emulators[provider];
    const file = await upload(world, provider);
    control.inject({ kind: "status", status: 409, method: "POST", path: CREATES[provider] });
    const { id } = await createBatch(world.openai(), file.id, { provider });
    await expectCompleted(world, id);
    expect(control.batches()).toHaveLength(1);
  },
);

test("a valid batch at gemini runs though its copy is no longer there", async () => {
  await using world = await start();
  const file = await upload(world, "gemini");
  expect(await removeCopies(world)).toBe(1);
  const { id } = await createBatch(world.openai(), file.id, { provider: "gemini" });
  await expectCompleted(world, id);
  expect(world.emulators.gemini.control.batches()).toHaveLength(1);
});

/** As in the provider's own console; returns how many there were. */
async function removeCopies(world: World): Promise<number> {
  const { url } = world.emulators.gemini;
  const headers = { "x-goog-api-key": PROVIDER_KEY };
  const listed = await request(`${url}/v1beta/files`, { headers });
  const { files = [] } = (await listed.body.json()) as { files?: readonly { name: string }[] };
  for (const { name } of files) {
    const removed = await request(`${url}/v1beta/${name}`, { method: "DELETE", headers });
    await removed.body.dump();
  }
  return files.length;
}
