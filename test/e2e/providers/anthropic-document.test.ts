import { NotFoundError, toFile } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  idsOf,
  type MessageRequest,
  NAMESPACES,
  readRows,
  untilCancelled,
  waitUntilEnded,
} from "../../support/anthropic-batches.ts";
import { readLines, waitForEnd } from "../../support/batches.ts";
import { createMatrix } from "../../support/matrix.ts";
import { specProblem } from "../../support/specs.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const FILES = "`files`: upload, list, retrieveMetadata, download, delete";
const BATCHES = "`messages.batches`: create, list, retrieve, results, delete";
const CANCEL = "`messages.batches`: cancel";
const BOTH = "one batch, both SDKs";
const matrix = createMatrix("anthropic", [FILES, BATCHES, CANCEL, BOTH]);

const TEXT = Buffer.from("This is a test file for Files API integration.");
const JSONL = Buffer.from(
  `{"custom_id": "request-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 100}}
{"custom_id": "request-2", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "How are you?"}], "max_tokens": 100}}`,
);

function questions(model: string): MessageRequest[] {
  const ask = (custom_id: string, content: string) => ({
    custom_id,
    params: { model, max_tokens: 100, messages: [{ role: "user" as const, content }] },
  });
  return [ask("request-1", "What is 2+2?"), ask("request-2", "What is the capital of France?")];
}

describe.each(PROVIDERS)("the examples of the Anthropic SDK's document on %s", (provider) => {
  const client = () => world.anthropic({ provider });

  test.each([
    ["test_upload.txt", TEXT, "text/plain"],
    ["batch_input.jsonl", JSONL, "application/jsonl"],
  ] as const)("upload, list, download and delete %s", async (name, bytes, type) => {
    matrix.proves(provider, FILES);
    const { files } = client().beta;
    const file = await files.upload({ file: await toFile(bytes, name, { type }) });
    expect(file).toMatchObject({
      type: "file",
      filename: name,
      mime_type: type,
      size_bytes: bytes.length,
      size: bytes.length,
      downloadable: true,
      crossbatch: { provider },
    });
    expect(await files.retrieveMetadata(file.id)).toEqual(file);
    const listed = await files.list();
    expect(listed.data).toContainEqual(file);
    expect(Buffer.from(await (await files.download(file.id)).arrayBuffer())).toEqual(bytes);
    expect(await files.delete(file.id)).toEqual({ id: file.id, type: "file_deleted" });
    await expect(files.retrieveMetadata(file.id)).rejects.toThrow(NotFoundError);
    await expect(files.download(file.id)).rejects.toThrow(NotFoundError);
    expect((await files.list()).data.map(({ id }) => id)).not.toContain(file.id);
  });

  test.each(["stable", "beta"] as const)(
    "create, list, retrieve, poll, read and delete a batch in the %s namespace",
    async (namespace) => {
      matrix.proves(provider, BATCHES);
      const batches = NAMESPACES[namespace](client());
      const made = await batches.create({ requests: questions(MODELS[provider]) });
      expect(made).toMatchObject({
        processing_status: "in_progress",
        request_counts: { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
        results_url: null,
        crossbatch: { provider },
      });
      expect(specProblem("anthropic", "MessageBatch", made)).toBeNull();
      const listed = await batches.list({ limit: 10 });
      expect(listed.data.map(({ id }) => id)).toContain(made.id);
      const ended = await waitUntilEnded(batches, made.id);
      expect(ended).toMatchObject({
        id: made.id,
        request_counts: { processing: 0, succeeded: 2, errored: 0, canceled: 0, expired: 0 },
        results_url: `${world.url}/anthropic/v1/messages/batches/${made.id}/results`,
      });
      expect(specProblem("anthropic", "MessageBatch", ended)).toBeNull();
      const rows = await readRows(batches, made.id);
      expect(idsOf(rows)).toEqual(["request-1", "request-2"]);
      for (const { result } of rows) {
        expect(result).toMatchObject({
          type: "succeeded",
          message: {
            type: "message",
            role: "assistant",
            content: [{ type: "text", text: expect.stringMatching(/./) }],
            stop_reason: "end_turn",
            usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
          },
        });
        if (result.type !== "succeeded") continue;
        expect(specProblem("anthropic", "Message", result.message)).toBeNull();
      }
      expect(await batches.delete(made.id)).toEqual({
        id: made.id,
        type: "message_batch_deleted",
      });
      await expect(batches.retrieve(made.id)).rejects.toThrow(NotFoundError);
      await expect(batches.results(made.id)).rejects.toThrow(NotFoundError);
      expect((await batches.list()).data.map(({ id }) => id)).not.toContain(made.id);
    },
  );

  test("cancel a batch, whose remaining requests are canceled", async () => {
    matrix.proves(provider, CANCEL);
    const { batches } = client().beta.messages;
    const { control } = world.emulators[provider];
    control.setSpeed(0);
    try {
      const count = provider === "bedrock" ? 100 : 2;
      const [request] = questions(MODELS[provider]);
      const requests = Array.from({ length: count }, (_, number) => ({
        ...request,
        custom_id: `request-${number + 1}`,
      }));
      const made = await batches.create({ requests: requests as never });
      control.clearJournal();
      const canceling = await batches.cancel(made.id);
      expect(canceling).toMatchObject({
        processing_status: "canceling",
        cancel_initiated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/),
      });
      await untilCancelled({ control }, 1);
      control.setSpeed("instant");
      const ended = await waitUntilEnded(world.anthropic({ provider }).messages.batches, made.id);
      expect(ended.request_counts).toEqual({
        processing: 0,
        succeeded: 0,
        errored: 0,
        canceled: count,
        expired: 0,
      });
      const rows = await readRows(world.anthropic({ provider }).messages.batches, made.id);
      expect(idsOf(rows)).toEqual(requests.map((each) => each.custom_id).sort());
      expect(rows.every(({ result }) => result.type === "canceled")).toBe(true);
    } finally {
      control.setSpeed("instant");
    }
  });
});

test.each(PROVIDERS)("a batch at %s is read with OpenAI's SDK as well", async (provider) => {
  matrix.proves(provider, BOTH);
  const { batches } = world.anthropic({ provider }).messages;
  const made = await batches.create({ requests: questions(MODELS[provider]) });
  const ended = await waitForEnd(world.openai(), made.id);
  expect(ended).toMatchObject({ status: "completed", request_counts: { total: 2, completed: 2 } });
  const lines = await readLines(world.openai(), ended.output_file_id);
  expect(idsOf(lines)).toEqual(["request-1", "request-2"]);
  for (const { response } of lines) {
    expect(response?.body).toMatchObject({ object: "chat.completion" });
  }
});

test("files for OpenAI lie in OpenAI's own storage: lines with purpose batch, others as user_data", async () => {
  const { files } = world.anthropic({ provider: "openai" }).beta;
  const lines = await files.upload({ file: await toFile(JSONL, "batch_input.jsonl") });
  const text = await files.upload({ file: await toFile(TEXT, "notes.txt") });
  const kept = world.emulator.control.files();
  expect(kept).toContainEqual({
    id: (lines as unknown as { crossbatch: { native_id: string } }).crossbatch.native_id,
    filename: "batch_input.jsonl",
    purpose: "batch",
    bytes: JSONL.length,
  });
  expect(kept).toContainEqual(
    expect.objectContaining({ filename: "notes.txt", purpose: "user_data", bytes: TEXT.length }),
  );
  for (const { id } of [lines, text]) await files.delete(id);
  expect(world.emulator.control.files()).toEqual(
    expect.not.arrayContaining([expect.objectContaining({ filename: "notes.txt" })]),
  );
});

test("once a provider is named its files and batches are found without it", async () => {
  for (const provider of PROVIDERS) {
    const named = world.anthropic({ provider });
    const plain = world.anthropic();
    const file = await named.beta.files.upload({ file: await toFile(TEXT, `${provider}.txt`) });
    expect(await plain.beta.files.retrieveMetadata(file.id)).toEqual(file);
    expect(await (await plain.beta.files.download(file.id)).text()).toBe(TEXT.toString());
    const batch = await named.messages.batches.create({ requests: questions(MODELS[provider]) });
    await waitUntilEnded(plain.messages.batches, batch.id);
    expect(await readRows(plain.messages.batches, batch.id)).toHaveLength(2);
    await plain.messages.batches.delete(batch.id);
    await plain.beta.files.delete(file.id);
    await expect(named.messages.batches.retrieve(batch.id)).rejects.toThrow(NotFoundError);
  }
});

matrix.checkReadme();
