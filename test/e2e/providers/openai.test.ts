import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chatLine,
  createBatch,
  readLines,
  uploadLines,
  waitFor,
  waitForEnd,
} from "../../support/batches.ts";
import { createMatrix } from "../../support/matrix.ts";
import { BUCKET, MODELS, PROVIDERS, REGION, startWorld, type World } from "../../support/world.ts";
import { at, COUNTS, linesFor } from "./openai-stage.ts";

let world: World;
let client: OpenAI;
beforeAll(async () => {
  world = await startWorld();
  client = world.openai();
});
afterAll(() => world.close());

const matrix = createMatrix("openai", [
  "`files.create`",
  "`files.list`",
  "`files.retrieve`",
  "`files.content`",
  "`files.delete`",
  "`uploads.*`, in parts",
  "`batches.create` of a file",
  "`batches.create` of inline `requests`",
  "`batches.list`",
  "`batches.retrieve`",
  "`batches.cancel`",
  "results: `output_file_id`, `usage`",
  "results: `error_file_id`",
  "ids of things made elsewhere",
  "`/v1/responses`",
  "`/v1/embeddings`",
]);

describe.each(PROVIDERS)("files at %s", (provider) => {
  const text = `${linesFor(provider, 3)}\n`;

  test("are described, listed and given back as they were uploaded", async () => {
    matrix.proves(
      provider,
      "`files.create`",
      "`files.list`",
      "`files.retrieve`",
      "`files.content`",
    );
    const file = await client.files.create({
      file: await toFile(Buffer.from(text), "Fragen für morgen.jsonl"),
      purpose: "batch",
      ...at(provider, "listed"),
    });
    const uploaded = {
      object: "file",
      id: file.id,
      purpose: "batch",
      filename: "Fragen für morgen.jsonl",
      bytes: Buffer.byteLength(text),
      status: "processed",
    };
    expect(file).toMatchObject(uploaded);
    for (const query of [{}, { provider }, at(provider, "listed")]) {
      expect(await client.files.retrieve(file.id, { query })).toMatchObject(uploaded);
      expect(await (await client.files.content(file.id, { query })).text()).toBe(text);
      const listed = await client.files.list({ limit: 10_000 }, { query });
      expect(listed.data.filter(({ id }) => id === file.id)).toMatchObject([uploaded]);
    }
  });

  test("are gone once deleted, wherever they were", async () => {
    matrix.proves(provider, "`files.delete`");
    const file = await uploadLines(client, text, at(provider));
    const other = await uploadLines(client, text, at(provider));
    const gone = { id: file.id, object: "file", deleted: true };
    expect(await client.files.delete(file.id)).toEqual(gone);
    expect(await client.files.delete(other.id, { query: { provider } })).toMatchObject({
      deleted: true,
    });
    for (const { id } of [file, other]) {
      await expect(client.files.retrieve(id)).rejects.toMatchObject({ status: 404 });
      await expect(client.files.content(id, { query: { provider } })).rejects.toMatchObject({
        status: 404,
      });
    }
    const listed = await client.files.list({}, { query: at(provider) });
    expect(listed.data.map(({ id }) => id)).not.toContain(file.id);
  });

  test("may come in parts", async () => {
    matrix.proves(provider, "`uploads.*`, in parts");
    const bytes = Buffer.from(text);
    const upload = await client.uploads.create({
      bytes: bytes.length,
      filename: "parts.jsonl",
      mime_type: "application/jsonl",
      purpose: "batch",
      ...at(provider),
    });
    const ids: string[] = [];
    for (const part of [bytes.subarray(0, 100), bytes.subarray(100)]) {
      const data = await toFile(part, "part");
      ids.push((await client.uploads.parts.create(upload.id, { data })).id);
    }
    const { file } = await client.uploads.complete(upload.id, { part_ids: ids });
    expect(file).toMatchObject({ purpose: "batch", bytes: bytes.length });
    const id = String(file?.id);
    expect(await (await client.files.content(id)).text()).toBe(text);
    const batch = await createBatch(client, id);
    expect(await waitForEnd(client, batch.id)).toMatchObject({ status: "completed" });
  });
});

describe.each(PROVIDERS)("batches at %s", (provider) => {
  const model = MODELS[provider];

  test.each(COUNTS)("run %d lines from an upload to results", async (count) => {
    matrix.proves(
      provider,
      "`batches.create` of a file",
      "`batches.retrieve`",
      "results: `output_file_id`, `usage`",
    );
    const file = await uploadLines(client, linesFor(provider, count), at(provider));
    const metadata = { project: "mission", "key with spaces": "größer" };
    const created = await createBatch(client, file.id, {
      provider,
      metadata,
      ...(provider === "bedrock" ? { model, output_s3_uri: `s3://${BUCKET}/out` } : {}),
    });
    expect(created).toMatchObject({
      object: "batch",
      status: "validating",
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      input_file_id: file.id,
      output_file_id: null,
      error_file_id: null,
      metadata,
    });
    await waitForEnd(client, created.id);
    const ended = await client.batches.retrieve(created.id, { query: { provider } });
    expect(ended).toMatchObject({
      id: created.id,
      status: "completed",
      errors: null,
      error_file_id: null,
      request_counts: { total: count, completed: count, failed: 0 },
      metadata,
      input_file_id: file.id,
    });
    const lines = await readLines(client, ended.output_file_id);
    expect(lines.map((line) => line.custom_id).sort()).toEqual(
      Array.from({ length: count }, (_, index) => `line-${index + 1}`).sort(),
    );
    let tokens = 0;
    for (const line of lines) {
      expect(line).toMatchObject({
        id: expect.stringMatching(/./),
        error: null,
        response: {
          status_code: 200,
          request_id: expect.any(String),
          body: {
            object: "chat.completion",
            id: expect.stringMatching(/./),
            model: expect.stringMatching(/./),
            choices: [
              {
                index: 0,
                finish_reason: "stop",
                message: { role: "assistant", content: expect.stringMatching(/./) },
              },
            ],
          },
        },
      });
      const usage = line.response?.body["usage"];
      expect(usage).toMatchObject({ prompt_tokens: expect.any(Number) });
      tokens += (usage as { readonly total_tokens: number }).total_tokens;
    }
    expect(tokens).toBeGreaterThan(0);
    expect(ended.usage).toMatchObject({ total_tokens: tokens });
    const output = await client.files.retrieve(String(ended.output_file_id), {
      query: { provider },
    });
    expect(output).toMatchObject({ purpose: "batch_output", filename: /\.jsonl$/ });
  });

  test.each([
    ["OpenAI", (id: string) => JSON.parse(chatLine(id, { model })) as object],
    [
      "Anthropic",
      (id: string) => ({
        custom_id: id,
        params: { model, max_tokens: 100, messages: [{ role: "user", content: "Hello!" }] },
      }),
    ],
  ])("take requests in %s's form inside the create", async (_, request) => {
    matrix.proves(provider, "`batches.create` of inline `requests`");
    const ignored = await uploadLines(client, linesFor(provider, 1), at(provider));
    for (const inputFileId of ["", ignored.id]) {
      const created = await createBatch(client, inputFileId, {
        provider,
        requests: [request("first"), request("second")],
      });
      const ended = await waitForEnd(client, created.id);
      expect(ended).toMatchObject({ status: "completed", request_counts: { total: 2 } });
      const lines = await readLines(client, ended.output_file_id);
      expect(lines.map((line) => line.custom_id).sort()).toEqual(["first", "second"]);
      for (const { response } of lines) {
        expect(response?.body).toMatchObject({ object: "chat.completion" });
      }
      const listed = await client.files.list({ limit: 10_000 }, { query: at(provider) });
      expect(listed.data.map(({ filename }) => filename)).not.toContain("requests.jsonl");
    }
  });

  test("are listed, by their model too", async () => {
    matrix.proves(provider, "`batches.list`");
    const file = await uploadLines(client, linesFor(provider, 2), at(provider));
    const { id } = await createBatch(client, file.id, { provider });
    await waitForEnd(client, id);
    const idsOf = async (query: Readonly<Record<string, string>>) =>
      (await client.batches.list({ limit: 100 }, { query })).data.map((batch) => batch.id);
    for (const query of [{}, { provider }, { provider, model }, { model }]) {
      expect(await idsOf(query)).toContain(id);
    }
    expect(await idsOf({ provider, model: "another" })).toEqual([]);
    const other = provider === "openai" ? "gemini" : "openai";
    expect(await idsOf({ provider: other })).not.toContain(id);
  });

  test("are cancelled, and say of each line how it ended", async () => {
    matrix.proves(provider, "`batches.cancel`");
    const { control } = world.emulators[provider];
    control.setSpeed(0);
    try {
      const file = await uploadLines(client, linesFor(provider, 120), at(provider));
      const { id } = await createBatch(client, file.id, { provider });
      const asked = await client.batches.cancel(id, { body: { provider } });
      expect(asked.status).toBe("cancelling");
      control.setSpeed("instant");
      const ended = await waitForEnd(client, id);
      expect(ended).toMatchObject({ status: "cancelled", request_counts: { total: 120 } });
      const lines = [
        ...(await readLines(client, ended.output_file_id)),
        ...(await readLines(client, ended.error_file_id)),
      ];
      expect(new Set(lines.map((line) => line.custom_id)).size).toBe(120);
    } finally {
      control.setSpeed("instant");
    }
  });

  test("have a file of the lines that failed", async () => {
    matrix.proves(provider, "results: `error_file_id`");
    const { control } = world.emulators[provider];
    control.failLine("line-2", { status: 400 });
    try {
      const file = await uploadLines(client, linesFor(provider, 120), at(provider));
      const created = await createBatch(client, file.id, { provider });
      const ended = await waitForEnd(client, created.id);
      expect(ended).toMatchObject({
        status: "completed",
        request_counts: { total: 120, completed: 119, failed: 1 },
      });
      expect(await readLines(client, ended.output_file_id)).toHaveLength(119);
      const errors = await readLines(client, ended.error_file_id);
      expect(errors).toMatchObject([{ custom_id: "line-2" }]);
      expect(errors[0]?.error ?? errors[0]?.response?.body["error"]).toMatchObject({
        message: expect.stringMatching(/./),
      });
    } finally {
      control.clearLines();
    }
  });
});

matrix.checkReadme();
