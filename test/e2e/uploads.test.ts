import { createHash, randomBytes } from "node:crypto";
import type OpenAI from "openai";
import { toFile } from "openai";
import { describe, expect, test } from "vitest";
import { chatLines } from "../support/batches.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";
import { blobsOf, rowsOf } from "../support/stored.ts";

function createUpload(client: OpenAI, bytes: number): Promise<OpenAI.Uploads.Upload> {
  return client.uploads.create({
    filename: "parts.jsonl",
    purpose: "batch",
    bytes,
    mime_type: "application/jsonl",
  });
}

async function addPart(client: OpenAI, id: string, data: Buffer | string): Promise<string> {
  const part = await client.uploads.parts.create(id, {
    data: await toFile(Buffer.from(data), "p"),
  });
  return part.id;
}

/** The files that there are: here, at the provider, and their bytes. */
async function filesOf(gateway: RunningGateway) {
  return {
    here: (await gateway.openai().files.list()).data.map(({ id }) => id),
    upstream: gateway.emulator.control.files().map(({ id }) => id),
    blobs: (await blobsOf(gateway.dataDir)).length,
    parts: (await rowsOf(gateway.dataDir, "upload_parts")).length,
  };
}

describe("an upload in parts", () => {
  test("takes its parts at the same time, and in any order", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const bytes = randomBytes(3_000_000);
    const upload = await createUpload(client, bytes.length);
    const slices = Array.from({ length: 12 }, (_, number) =>
      bytes.subarray(number * 250_000, (number + 1) * 250_000),
    );
    const ids = await Promise.all(slices.map((slice) => addPart(client, upload.id, slice)));
    const { file } = await client.uploads.complete(upload.id, { part_ids: ids });
    const content = await (await client.files.content(String(file?.id))).arrayBuffer();
    const digest = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");
    expect(digest(Buffer.from(content))).toBe(digest(bytes));
    expect(await filesOf(gateway)).toEqual({
      here: [file?.id],
      upstream: [file?.id],
      blobs: 1,
      parts: 0,
    });
  });

  test("that is completed twice at once becomes one file", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const text = chatLines(3);
    const upload = await createUpload(client, text.length);
    const part_ids = [await addPart(client, upload.id, text)];
    const completed = await Promise.all(
      Array.from({ length: 4 }, () => client.uploads.complete(upload.id, { part_ids })),
    );
    const ids = new Set(completed.map(({ file }) => file?.id));
    expect(ids.size).toBe(1);
    expect(await filesOf(gateway)).toEqual({
      here: [...ids],
      upstream: [...ids],
      blobs: 1,
      parts: 0,
    });
  });

  test("whose completion the provider refuses can be completed later", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const upload = await createUpload(client, 3);
    const part_ids = [await addPart(client, upload.id, "abc")];
    gateway.emulator.control.inject({
      kind: "status",
      status: 400,
      method: "POST",
      path: "/files$",
    });
    expect((await refusalOf(client.uploads.complete(upload.id, { part_ids }))).status).toBe(400);
    expect(await filesOf(gateway)).toEqual({ here: [], upstream: [], blobs: 1, parts: 1 });
    const { file } = await client.uploads.complete(upload.id, { part_ids });
    expect(await (await client.files.content(String(file?.id))).text()).toBe("abc");
  });

  test("takes nothing more once it is completed or cancelled", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const done = await createUpload(client, 1);
    const part_ids = [await addPart(client, done.id, "a")];
    const { file } = await client.uploads.complete(done.id, { part_ids });
    const dropped = await createUpload(client, 1);
    await addPart(client, dropped.id, "b");
    expect(await client.uploads.cancel(dropped.id)).toMatchObject({ status: "cancelled" });
    for (const { id, state } of [
      { id: done.id, state: "completed" },
      { id: dropped.id, state: "cancelled" },
    ]) {
      const refused = [
        await refusalOf(addPart(client, id, "c")),
        await refusalOf(client.uploads.cancel(id)),
      ];
      if (state === "cancelled")
        refused.push(await refusalOf(client.uploads.complete(id, { part_ids })));
      for (const error of refused) {
        expect(error).toMatchObject({ status: 400, param: "upload_id" });
        expect(error.message).toContain(`This upload is ${state}.`);
      }
    }
    expect(await filesOf(gateway)).toEqual({
      here: [file?.id],
      upstream: [file?.id],
      blobs: 1,
      parts: 0,
    });
  });

  test("doesn't take a part of another", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const [one, other] = [await createUpload(client, 1), await createUpload(client, 1)];
    const part = await addPart(client, other.id, "a");
    const error = await refusalOf(client.uploads.complete(one.id, { part_ids: [part] }));
    expect(error).toMatchObject({ status: 404, param: "part_ids" });
    expect(error.message).toContain("isn't one of this upload");
  });

  test("expires after its hour, and says so, before it is swept and after", async () => {
    let offset = 0;
    await using gateway = await startGateway({ now: () => Date.now() + offset });
    let client = gateway.openai();
    const upload = await createUpload(client, 1);
    expect(upload.expires_at).toBe(upload.created_at + 3_600);
    const part_ids = [await addPart(client, upload.id, "a")];
    offset = 3_600_000 + 1_000;
    const isRefused = async () => {
      for (const call of [
        () => client.uploads.complete(upload.id, { part_ids }),
        () => client.uploads.cancel(upload.id),
        () => addPart(client, upload.id, "b"),
      ]) {
        const error = await refusalOf(call());
        expect(error).toMatchObject({ status: 400, param: "upload_id" });
        expect(error.message).toContain("This upload is expired.");
      }
    };
    await isRefused();
    offset = 3 * 3_600_000;
    // A start sweeps at once.
    await gateway.restart();
    client = gateway.openai();
    await expect
      .poll(() => filesOf(gateway), { timeout: 10_000 })
      .toMatchObject({ blobs: 0, parts: 0 });
    await isRefused();
  });

  test("that nobody made isn't found", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    for (const call of [
      () => addPart(client, "upload_nope", "a"),
      () => client.uploads.complete("upload_nope", { part_ids: ["part_x"] }),
      () => client.uploads.cancel("upload_nope"),
    ]) {
      expect(await refusalOf(call())).toMatchObject({ status: 404, param: "upload_id" });
    }
    expect(await filesOf(gateway)).toMatchObject({ blobs: 0 });
  });
});
