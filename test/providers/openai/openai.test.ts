import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { FileToSend, Submission, UpstreamFiles } from "../../../src/core/provider.ts";
import { failure, never } from "../http-host.ts";
import { type OpenAIStage, startOpenAIStage } from "./openai-stage.ts";

const KIB = 1024;

function fileOf(content: Buffer): FileToSend {
  return {
    filename: "in.jsonl",
    purpose: "batch",
    mimeType: "application/jsonl",
    bytes: content.length,
    expiresAfterSeconds: null,
    async open(_, range) {
      const part = range === undefined ? content : content.subarray(range.start, range.end + 1);
      return Readable.from(chunksOf(part), { objectMode: false });
    },
  };
}

function* chunksOf(content: Buffer): Generator<Buffer> {
  for (let start = 0; start < content.length; start += 64 * KIB) {
    yield content.subarray(start, start + 64 * KIB);
  }
}

function filesOf(stage: OpenAIStage): UpstreamFiles {
  const { files } = stage.provider.connect(stage.access, {});
  if (files === undefined) throw new Error("the provider has no files");
  return files;
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function calls(stage: OpenAIStage): readonly string[] {
  return stage.emulator.control.journal().map((entry) => `${entry.method} ${entry.path}`);
}

async function submissionOf(stage: OpenAIStage, changes: Partial<Submission>): Promise<Submission> {
  const content = Buffer.from(`${stage.line("a")}\n`);
  const { id } = await filesOf(stage).upload(fileOf(content), never);
  return {
    token: "part0001",
    endpoint: stage.endpoint,
    model: stage.model,
    variant: null,
    lines: 1,
    bytes: content.length,
    open: async () => Readable.from([content]),
    inputNativeId: id,
    ownInput: false,
    completionWindow: "24h",
    metadata: null,
    options: {},
    submittingAt: stage.now(),
    ...changes,
  };
}

describe("a file larger than one request may carry", () => {
  const limits = { fileBytes: 512 * KIB, uploadPartBytes: 64 * KIB };
  const provider = { uploads: { requestBytes: 512 * KIB, partBytes: 64 * KIB } };
  const content = Buffer.alloc(600 * KIB, "0123456789abcdef\n");

  test("arrives byte for byte through the Uploads API", async () => {
    await using stage = await startOpenAIStage({ limits, provider });
    const files = filesOf(stage);
    const sent = await files.upload(fileOf(content), never);
    expect(sent.bytes).toBe(content.length);
    expect(calls(stage).filter((call) => call.endsWith("/parts"))).toHaveLength(10);
    expect(sha256(await buffer(await files.open(sent.id, never)))).toBe(sha256(content));
  });

  test("arrives although parts were lost, slow or refused on the way", async () => {
    await using stage = await startOpenAIStage({ limits, provider });
    const { control } = stage.emulator;
    control.inject({ kind: "status", status: 429, path: "/parts$" });
    control.inject({ kind: "reset", path: "/parts$", skip: 2 });
    control.inject({ kind: "lostReply", path: "/parts$", skip: 4 });
    const files = filesOf(stage);
    const sent = await files.upload(fileOf(content), never);
    expect(sha256(await buffer(await files.open(sent.id, never)))).toBe(sha256(content));
  });

  test("is refused by the host in one request, which is why there are two ways", async () => {
    await using stage = await startOpenAIStage({ limits });
    const error = await failure(filesOf(stage).upload(fileOf(content), never));
    expect(error.code).toBe("upstream_too_large");
    expect(error.details.notSent).toBe(true);
  });
});

test("an upload whose answer is lost leaves one file, not two", async () => {
  await using stage = await startOpenAIStage();
  stage.emulator.control.inject({ kind: "lostReply", method: "POST", path: "/files$" });
  const files = filesOf(stage);
  const error = await failure(files.upload(fileOf(Buffer.from("{}\n")), never));
  expect(error.code).toBe("upstream_unavailable");
  expect(error.details.notSent).toBeUndefined();
  const { items } = await files.list({ after: null, limit: 10 }, never);
  expect(items).toHaveLength(1);
});

test("with 16 pairs of metadata a lost job is found by the Part's own input", async () => {
  await using stage = await startOpenAIStage();
  const pairs = Array.from({ length: 16 }, (_, index) => [`k${index}`, "v"]);
  const metadata = Object.fromEntries(pairs) as Record<string, string>;
  const upstream = stage.provider.connect(stage.access, {});
  const shared = await submissionOf(stage, { metadata });
  await upstream.submit(shared, never);
  const part = await submissionOf(stage, { metadata, ownInput: true });
  expect(await upstream.find(part, never)).toEqual({ kind: "absent" });
  stage.loseNextSubmit();
  await failure(upstream.submit(part, never));
  const found = await upstream.find(part, never);
  expect(found).toMatchObject({ kind: "found" });
  expect(await upstream.find(shared, never)).toEqual({ kind: "unknown" });
  expect(stage.emulator.control.batches().map((batch) => batch.metadata)).toEqual([
    metadata,
    metadata,
  ]);
});

test("a lost job is found behind hundreds of younger ones", async () => {
  await using stage = await startOpenAIStage();
  const upstream = stage.provider.connect(stage.access, {});
  const part = await submissionOf(stage, { metadata: { team: "a" } });
  stage.loseNextSubmit();
  await failure(upstream.submit(part, never));
  for (let count = 0; count < 230; count += 1) {
    await upstream.submit({ ...part, token: `other${count}` }, never);
  }
  const found = await upstream.find(part, never);
  expect(found).toMatchObject({
    kind: "found",
    job: { id: stage.emulator.control.batches()[0]?.id },
  });
});

test("reads get over resets, overload and slowness", async () => {
  await using stage = await startOpenAIStage();
  const { control } = stage.emulator;
  const upstream = stage.provider.connect(stage.access, {});
  const job = await upstream.submit(await submissionOf(stage, {}), never);
  control.inject({ kind: "reset", path: `/batches/${job.id}$` });
  control.inject({ kind: "status", status: 503, path: `/batches/${job.id}$`, skip: 1 });
  control.inject({ kind: "slow", milliseconds: 50, path: `/batches/${job.id}$` });
  expect(await upstream.poll(job, never)).toMatchObject({ state: "validating" });
  control.inject({ kind: "cutOff", path: `/batches/${job.id}$` });
  expect(await upstream.poll(job, never)).toMatchObject({ state: "validating" });
});

test("a key is in what is sent, and nowhere in what is told", async () => {
  await using stage = await startOpenAIStage();
  const key = "sk-proj-anotherkey0123456789";
  const client = stage.provider.connect({ ...stage.access, key, source: "client" }, {});
  const error = await failure(client.poll({ id: "batch_1", data: {} }, never));
  expect(error.code).toBe("upstream_unauthorized");
  expect(error.message).toContain("No key is configured for openai");
  expect(JSON.stringify(error)).not.toContain("anotherkey");
  expect(error.message).not.toContain("6789");
});
