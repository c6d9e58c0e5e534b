import { createHash, randomBytes } from "node:crypto";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chatLines, createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";

let gateway: RunningGateway;
let client: OpenAI;
let direct: OpenAI;

beforeAll(async () => {
  gateway = await startGateway();
  client = gateway.openai();
  direct = new OpenAI({ baseURL: gateway.emulator.url, apiKey: PROVIDER_KEY, maxRetries: 0 });
});
afterAll(() => gateway.close());

describe("a file", () => {
  test.each(["/openai", "/openai/v1", "/v1"])(
    "lives under %s: upload, retrieve, content, delete",
    async (prefix) => {
      const sdk = gateway.openai({ prefix });
      const text = chatLines(3);
      const file = await uploadLines(sdk, text, {
        expires_after: { anchor: "created_at", seconds: 7_200 },
      });
      expect(file).toMatchObject({
        object: "file",
        bytes: Buffer.byteLength(text),
        filename: "input.jsonl",
        purpose: "batch",
        status: "processed",
        expires_at: file.created_at + 7_200,
      });
      expect(await sdk.files.retrieve(file.id)).toEqual(file);
      expect(await direct.files.retrieve(file.id)).toMatchObject({
        id: file.id,
        bytes: file.bytes,
        filename: "input.jsonl",
      });
      expect(await (await sdk.files.content(file.id)).text()).toBe(text);
      expect(await sdk.files.delete(file.id)).toEqual({
        id: file.id,
        object: "file",
        deleted: true,
      });
      expect((await refusalOf(sdk.files.retrieve(file.id))).status).toBe(404);
      expect((await refusalOf(direct.files.retrieve(file.id))).status).toBe(404);
    },
  );

  test("of any bytes and purpose comes back as it went in, also where the provider itself wouldn't give it", async () => {
    const bytes = randomBytes(3_000_000);
    const digest = createHash("sha256").update(bytes).digest("hex");
    const file = await client.files.create({
      file: await toFile(bytes, "scan — größe.pdf"),
      purpose: "user_data",
    });
    expect(file).toMatchObject({
      filename: "scan — größe.pdf",
      purpose: "user_data",
      bytes: bytes.length,
    });
    const content = Buffer.from(await (await client.files.content(file.id)).arrayBuffer());
    expect(createHash("sha256").update(content).digest("hex")).toBe(digest);
    expect(await direct.files.retrieve(file.id)).toMatchObject({
      bytes: bytes.length,
      filename: "scan — größe.pdf",
    });
  });

  test.each([
    { range: "bytes=0-9", status: 206, start: 0, end: 10 },
    { range: "bytes=10-", status: 206, start: 10, end: undefined },
    { range: "bytes=-7", status: 206, start: -7, end: undefined },
  ])("is served in part for $range", async ({ range, status, start, end }) => {
    const text = chatLines(2);
    const file = await uploadLines(client, text);
    const response = await fetch(`${gateway.url}/v1/files/${file.id}/content`, {
      headers: { range },
    });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-range")).toMatch(new RegExp(`/${text.length}$`));
    expect(await response.text()).toBe(text.slice(start, end));
  });

  test("refuses a range beyond its end with 416 and its size", async () => {
    const file = await uploadLines(client, chatLines(1));
    const response = await fetch(`${gateway.url}/v1/files/${file.id}/content`, {
      headers: { range: "bytes=99999-" },
    });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe(`bytes */${file.bytes}`);
  });

  test.each([
    { name: "401", fault: { kind: "status", status: 401 }, status: 401 },
    { name: "404", fault: { kind: "status", status: 404 }, status: 404 },
    { name: "409", fault: { kind: "status", status: 409 }, status: 409 },
    {
      name: "429",
      fault: { kind: "status", status: 429, retryAfterSeconds: 1, times: 9 },
      status: 429,
    },
    { name: "500", fault: { kind: "status", status: 500 }, status: 502 },
    { name: "resets", fault: { kind: "reset", times: 9 }, status: 502 },
  ] as const)(
    "that meets $name upstream is refused, and nothing is left behind",
    async ({ fault, status }) => {
      const before = (await client.files.list()).data.map((file) => file.id);
      gateway.emulator.control.inject({ ...fault, method: "POST", path: "/files$" });
      const error = await refusalOf(uploadLines(client, chatLines(2)));
      gateway.emulator.control.clearFaults();
      expect(error.status).toBe(status);
      expect(error.error).toEqual({
        message: expect.any(String),
        type: expect.any(String),
        param: error.param ?? null,
        code: error.code ?? null,
      });
      expect((await client.files.list()).data.map((file) => file.id)).toEqual(before);
    },
  );
});

describe("an upload in parts", () => {
  test("becomes a file that a batch can run", async () => {
    const text = chatLines(20);
    const half = Math.floor(text.length / 2);
    const upload = await client.uploads.create({
      filename: "parts.jsonl",
      purpose: "batch",
      bytes: Buffer.byteLength(text),
      mime_type: "application/jsonl",
    });
    expect(upload).toMatchObject({ object: "upload", status: "pending", bytes: text.length });
    const second = await client.uploads.parts.create(upload.id, {
      data: await toFile(Buffer.from(text.slice(half)), "2"),
    });
    const first = await client.uploads.parts.create(upload.id, {
      data: await toFile(Buffer.from(text.slice(0, half)), "1"),
    });
    const md5 = createHash("md5").update(text).digest("hex");
    const completed = await client.uploads.complete(upload.id, {
      part_ids: [first.id, second.id],
      md5,
    });
    expect(completed).toMatchObject({
      id: upload.id,
      status: "completed",
      file: { purpose: "batch", bytes: text.length },
    });
    expect(
      await client.uploads.complete(upload.id, { part_ids: [first.id, second.id] }),
    ).toMatchObject({ file: { id: completed.file?.id } });
    const fileId = String(completed.file?.id);
    expect(await (await client.files.content(fileId)).text()).toBe(text);
    const batch = await waitForEnd(client, (await createBatch(client, fileId)).id);
    expect(batch.request_counts?.completed).toBe(20);
  });

  test("is refused when the parts don't add up, a part is unknown, or the digest differs", async () => {
    const upload = await client.uploads.create({
      filename: "a.jsonl",
      purpose: "batch",
      bytes: 4,
      mime_type: "text/plain",
    });
    const part = await client.uploads.parts.create(upload.id, {
      data: await toFile(Buffer.from("abc"), "p"),
    });
    const complete = (part_ids: string[], md5?: string) =>
      refusalOf(
        client.uploads.complete(upload.id, { part_ids, ...(md5 === undefined ? {} : { md5 }) }),
      );
    expect((await complete([part.id])).message).toContain(
      "3 bytes together, but the upload was created for 4",
    );
    expect((await complete(["part_unknown"])).message).toContain("isn't one of this upload");
    const rest = await client.uploads.parts.create(upload.id, {
      data: await toFile(Buffer.from("d"), "p"),
    });
    expect((await complete([part.id, rest.id], "0".repeat(32))).message).toContain("MD5");
    expect(await client.uploads.cancel(upload.id)).toMatchObject({
      id: upload.id,
      status: "cancelled",
    });
    expect((await complete([part.id, rest.id])).message).toContain("cancelled");
  });
});

describe("lists", () => {
  test("page through 250 files and 250 batches with the SDK's iterators, no one missing and no one twice", async () => {
    await using full = await startGateway();
    const sdk = full.openai();
    const ids: string[] = [];
    for (let round = 0; round < 25; round += 1) {
      const files = await Promise.all(
        Array.from({ length: 10 }, () => uploadLines(sdk, chatLines(1))),
      );
      ids.push(...files.map((file) => file.id));
    }
    const collect = async (query: object) => {
      const seen: string[] = [];
      for await (const file of sdk.files.list({ limit: 40, ...query })) seen.push(file.id);
      return seen;
    };
    for (const query of [
      {},
      { provider: "openai" },
      { order: "asc" },
      { order: "asc", provider: "openai" },
      { purpose: "batch" },
    ]) {
      const seen = await collect(query);
      expect(seen).toHaveLength(250);
      expect(new Set(seen)).toEqual(new Set(ids));
    }
    expect(await collect({ purpose: "user_data" })).toEqual([]);

    const batches = new Set<string>();
    for (const id of ids) batches.add((await createBatch(sdk, id)).id);
    for (const query of [{}, { provider: "openai" }]) {
      const seen: string[] = [];
      for await (const batch of sdk.batches.list({ limit: 30, ...query })) seen.push(batch.id);
      expect(seen).toHaveLength(250);
      expect(new Set(seen)).toEqual(batches);
    }
  }, 120_000);

  test("show what was made elsewhere once the provider is named, and then it works like any other", async () => {
    await using shared = await startGateway();
    const sdk = shared.openai();
    const elsewhere = new OpenAI({
      baseURL: shared.emulator.url,
      apiKey: PROVIDER_KEY,
      maxRetries: 0,
    });
    const file = await uploadLines(elsewhere, chatLines(2));
    const made = await waitForEnd(elsewhere, (await createBatch(elsewhere, file.id)).id);
    expect((await sdk.files.list()).data).toEqual([]);
    const query = { provider: "openai" };
    expect((await sdk.files.list(query as object)).data.map((each) => each.id)).toEqual(
      expect.arrayContaining([file.id, String(made.output_file_id)]),
    );
    expect((await sdk.batches.list(query as object)).data).toMatchObject([
      { id: made.id, status: "completed", input_file_id: file.id },
    ]);
    expect(await (await sdk.files.content(String(made.output_file_id))).text()).toBe(
      await (await elsewhere.files.content(String(made.output_file_id))).text(),
    );
    const batch = await waitForEnd(sdk, (await createBatch(sdk, file.id)).id);
    expect(batch.request_counts).toEqual({ total: 2, completed: 2, failed: 0 });
  });

  test("aren't needed to use a provider's own id of something made elsewhere", async () => {
    await using shared = await startGateway();
    const sdk = shared.openai();
    const elsewhere = new OpenAI({
      baseURL: shared.emulator.url,
      apiKey: PROVIDER_KEY,
      maxRetries: 0,
    });
    shared.emulator.control.setSpeed(0);
    const file = await uploadLines(elsewhere, chatLines(2));
    const made = await createBatch(elsewhere, file.id);
    expect(await sdk.files.retrieve(file.id)).toMatchObject({ id: file.id, bytes: file.bytes });
    expect(await sdk.batches.retrieve(made.id)).toMatchObject({
      id: made.id,
      input_file_id: file.id,
    });
    expect(await sdk.batches.cancel(made.id)).toMatchObject({
      id: made.id,
      status: expect.stringMatching(/^cancel/),
    });
  });
});

test("a file that has expired is nowhere any more, in no list and under no id", async () => {
  let offset = 0;
  await using gateway = await startGateway({ now: () => Date.now() + offset });
  const sdk = gateway.openai();
  const file = await uploadLines(sdk, chatLines(1), {
    expires_after: { anchor: "created_at", seconds: 3_600 },
  });
  const kept = await uploadLines(sdk, chatLines(1));
  offset = 3_700_000;
  gateway.emulator.control.advanceClock(offset);
  expect((await sdk.files.list()).data.map((each) => each.id)).toEqual([kept.id]);
  expect((await refusalOf(sdk.files.retrieve(file.id))).status).toBe(404);
  expect((await refusalOf(sdk.files.content(file.id))).status).toBe(404);
});
