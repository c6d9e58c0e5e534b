import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chatLine,
  createBatch,
  readLines,
  uploadLines,
  waitForEnd,
} from "../../support/batches.ts";
import { elsewhere } from "../../support/elsewhere.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../../support/world.ts";
import { at } from "./openai-stage.ts";

let world: World;
let client: OpenAI;
beforeAll(async () => {
  world = await startWorld();
  client = world.openai();
});
afterAll(() => world.close());

const ask = (id: string) => `What is ${id}?`;

/** A request without a model, as each family writes lines. */
const LINES = {
  openai: (id: string) => ({
    custom_id: id,
    method: "POST",
    url: "/v1/chat/completions",
    body: { messages: [{ role: "user", content: ask(id) }] },
  }),
  anthropic: (id: string) => ({
    custom_id: id,
    params: { max_tokens: 50, messages: [{ role: "user", content: ask(id) }] },
  }),
  gemini: (id: string) => ({
    key: id,
    request: { contents: [{ role: "user", parts: [{ text: ask(id) }] }] },
  }),
  bedrock: (id: string) => ({
    recordId: id,
    modelInput: {
      anthropic_version: "bedrock-2023-05-31",
      max_tokens: 50,
      messages: [{ role: "user", content: [{ type: "text", text: ask(id) }] }],
    },
  }),
} as const;

/** So many that Bedrock takes them as a job. */
function fileOf(line: (id: string) => object, count = 105): string {
  return Array.from({ length: count }, (_, number) => JSON.stringify(line(`q${number}`))).join(
    "\n",
  );
}

async function checkResults(id: string, count: number) {
  const ended = await waitForEnd(client, id);
  expect(ended.errors).toBe(null);
  expect(ended).toMatchObject({
    status: "completed",
    error_file_id: null,
    request_counts: { total: count, completed: count, failed: 0 },
  });
  const lines = await readLines(client, ended.output_file_id);
  expect(new Set(lines.map((line) => line.custom_id))).toEqual(
    new Set(Array.from({ length: count }, (_, number) => `q${number}`)),
  );
  for (const { response } of lines) {
    expect(response?.body).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { role: "assistant", content: expect.stringMatching(/./) } }],
      usage: { total_tokens: expect.any(Number) },
    });
  }
  return ended;
}

describe.each(PROVIDERS)("a file in the lines of %s", (format) => {
  const text = fileOf(LINES[format]);

  test.each(PROVIDERS)("runs at %s", async (provider) => {
    const file = await uploadLines(client, text, at(provider));
    const batch = await createBatch(client, file.id, { provider, model: MODELS[provider] });
    const ended = await checkResults(batch.id, 105);
    expect(ended.model).toBe(MODELS[provider]);
    expect(await (await client.files.content(file.id)).text()).toBe(text);
  });
});

test("one file serves batches at every provider", async () => {
  const file = await uploadLines(client, fileOf(LINES.openai), { provider: "gemini" });
  const batches = await Promise.all(
    PROVIDERS.map(async (provider) =>
      createBatch(client, file.id, { provider, model: MODELS[provider] }),
    ),
  );
  for (const batch of batches) {
    expect((await checkResults(batch.id, 105)).input_file_id).toBe(file.id);
  }
  expect(new Set(batches.map((batch) => batch.id)).size).toBe(PROVIDERS.length);
});

describe.each(["anthropic", "gemini", "bedrock"] as const)("models named %s/…", (provider) => {
  const model = `${provider}/${MODELS[provider]}`;
  const line = (id: string) => JSON.parse(chatLine(id, { model })) as object;

  test("are sent as the provider names them", async () => {
    const file = await uploadLines(client, fileOf(line), at(provider));
    const ended = await checkResults((await createBatch(client, file.id, { provider })).id, 105);
    expect(ended.model).toBe(MODELS[provider]);
    const again = await createBatch(client, file.id, { provider, model });
    await checkResults(again.id, 105);
  });

  test("tell where requests that come inline are to go", async () => {
    const batch = await createBatch(client, "", { requests: [line("q0"), line("q1")] });
    expect(batch).toMatchObject({ crossbatch: { provider } });
    await checkResults(batch.id, 2);
  });
});

describe.each(["bedrock", "openai", "anthropic", "gemini"] as const)(
  "lines that lie in a bucket, at %s",
  (provider) => {
    test.each(["openai", "bedrock"] as const)("in the form of %s", async (format) => {
      const text = fileOf(LINES[format]);
      const uri = await elsewhere(world, "bedrock").file(text, `${provider}-${format}.jsonl`);
      const batch = await createBatch(client, uri, { provider, model: MODELS[provider] });
      const ended = await checkResults(batch.id, 105);
      expect(await (await client.files.content(ended.input_file_id)).text()).toBe(text);
    });
  },
);

test("a file made at OpenAI elsewhere runs at others", async () => {
  const id = await elsewhere(world, "openai").file(fileOf(LINES.openai), "made-there.jsonl");
  for (const provider of ["anthropic", "gemini", "bedrock"] as const) {
    const batch = await createBatch(client, id, { provider, model: MODELS[provider] });
    expect((await checkResults(batch.id, 105)).input_file_id).toBe(id);
  }
});
