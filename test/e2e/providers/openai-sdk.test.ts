import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chatLines,
  createBatch,
  readLines,
  uploadLines,
  waitForEnd,
} from "../../support/batches.ts";
import { createMatrix } from "../../support/matrix.ts";
import { BUCKET, MODELS, PROVIDERS, REGION, startWorld, type World } from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const matrix = createMatrix("openai", ["`files.create`", "`files.content`", "`batches.create`"]);

const STORAGE = { storage_config: { s3: { bucket: BUCKET, region: REGION, prefix: "inputs" } } };

describe.each(PROVIDERS)("the OpenAI SDK on %s", (provider) => {
  test.each([2, 120])("runs a batch of %d lines from upload to results", async (count) => {
    matrix.proves(provider, "`files.create`", "`files.content`", "`batches.create`");
    const client = world.openai();
    const extra = { provider, ...(provider === "bedrock" ? STORAGE : {}) };
    const text = chatLines(count, MODELS[provider]);
    const file = await uploadLines(client, text, extra);
    expect(file).toMatchObject({ purpose: "batch", bytes: Buffer.byteLength(text) });
    const batch = await createBatch(client, file.id, { provider });
    const ended = await waitForEnd(client, batch.id);
    expect(ended.errors ?? null).toBe(null);
    expect(ended).toMatchObject({
      status: "completed",
      request_counts: { total: count, completed: count, failed: 0 },
    });
    const lines = await readLines(client, ended.output_file_id);
    expect(lines.map((line) => line.custom_id).sort()).toEqual(
      Array.from({ length: count }, (_, index) => `line-${index + 1}`).sort(),
    );
    for (const line of lines) {
      expect(line.error).toBe(null);
      expect(line.response?.body).toMatchObject({ object: "chat.completion" });
    }
    expect(await (await client.files.content(file.id)).text()).toBe(text);
    expect(ended.usage?.total_tokens).toBeGreaterThan(0);
  });
});

matrix.checkReadme();
