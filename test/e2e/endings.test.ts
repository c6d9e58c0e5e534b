import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { BadRequestError, NotFoundError } from "openai";
import { describe, expect, test } from "vitest";
import type { RunningGateway } from "../support/gateway.ts";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { CLIENT_KEY } from "../support/secrets.ts";
import { blobsOf, rowsOf } from "../support/stored.ts";

/** Refuses the next create of a batch for good. */
function refuseNext(gateway: RunningGateway): void {
  gateway.emulator.control.inject({
    kind: "status",
    status: 400,
    method: "POST",
    path: "/batches$",
  });
}

/** Cancels a batch, and waits until its provider has heard of it: one that hears too late changes nothing. */
async function cancelThere(gateway: RunningGateway, id: string): Promise<void> {
  await gateway.openai({ apiKey: CLIENT_KEY }).batches.cancel(id);
  const paths = () => gateway.emulator.control.journal().map(({ path }) => path);
  await expect.poll(paths).toContainEqual(expect.stringMatching(/\/cancel$/));
}

describe("a refused create", () => {
  test("leaves no batch, no inline lines, no index, and no key of the client's", async () => {
    await using gateway = await startGateway({ withKey: false });
    const client = gateway.openai({ apiKey: CLIENT_KEY });
    refuseNext(gateway);
    const requests = chatLines(3)
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    await expect(createBatch(client, "", { requests })).rejects.toThrow(BadRequestError);
    await expect.poll(() => blobsOf(gateway.dataDir)).toEqual([]);
    for (const table of ["batches", "parts", "files", "aliases", "account_keys"] as const) {
      expect([table, await rowsOf(gateway.dataDir, table)]).toEqual([table, []]);
    }
  });

  test("leaves the file that it named", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(2));
    const before = await blobsOf(gateway.dataDir);
    refuseNext(gateway);
    await expect(createBatch(client, file.id)).rejects.toThrow(BadRequestError);
    await expect.poll(() => blobsOf(gateway.dataDir)).toEqual(before);
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    expect(batch.status).toBe("completed");
  });
});

describe("a batch whose input is deleted while it runs", () => {
  test.each(["completed", "cancelled", "failed"] as const)(
    "is %s all the same, and then the bytes of its input are gone",
    async (outcome) => {
      await using gateway = await startGateway({ withKey: false });
      const client = gateway.openai({ apiKey: CLIENT_KEY });
      gateway.emulator.control.setSpeed(0);
      const lines = outcome === "failed" ? "not JSON" : chatLines(4);
      const file = await uploadLines(client, lines);
      const created = await createBatch(client, file.id);
      await gateway.emulator.control.advance(created.id);
      expect(await client.files.delete(file.id)).toMatchObject({ deleted: true });
      await expect(client.files.delete(file.id)).rejects.toThrow(NotFoundError);
      await expect(client.files.retrieve(file.id)).rejects.toThrow(NotFoundError);
      if (outcome === "cancelled") await cancelThere(gateway, created.id);
      gateway.emulator.control.setSpeed("instant");
      const batch = await waitForEnd(client, created.id);
      expect(batch).toMatchObject({ status: outcome, input_file_id: file.id });
      const results = [
        ...(await readLines(client, batch.output_file_id)),
        ...(await readLines(client, batch.error_file_id)),
      ];
      expect(results).toHaveLength(outcome === "failed" ? 0 : 4);
      const ofResults = (await rowsOf(gateway.dataDir, "files")).map((row) =>
        String(row["blob"]).replaceAll("/", "+"),
      );
      await expect
        .poll(async () =>
          (await blobsOf(gateway.dataDir)).filter((blob) => !blob.startsWith("results")),
        )
        .toEqual([]);
      expect(await blobsOf(gateway.dataDir)).toEqual(expect.arrayContaining(ofResults));
      expect(await rowsOf(gateway.dataDir, "account_keys")).toEqual([]);
    },
  );
});

test("a running batch whose index of ids isn't there, as an older gateway leaves it, has its results all the same", async () => {
  await using gateway = await startGateway();
  const client = gateway.openai();
  gateway.emulator.control.setSpeed(0);
  const file = await uploadLines(client, chatLines(5));
  const created = await createBatch(client, file.id);
  const blobs = join(gateway.dataDir, "blobs");
  const indexes = (await blobsOf(gateway.dataDir)).filter((blob) => blob.startsWith("ids"));
  expect(indexes).toHaveLength(1);
  for (const entry of await readdir(blobs, { recursive: true })) {
    if (indexes.includes(basename(entry))) await rm(join(blobs, entry));
  }
  gateway.emulator.control.setSpeed("instant");
  const batch = await waitForEnd(client, created.id);
  expect(batch).toMatchObject({ status: "completed", request_counts: { completed: 5 } });
  expect(await readLines(client, batch.output_file_id)).toHaveLength(5);
});

describe("a batch of a file that nobody knows", () => {
  test("is validating first, then failed with OpenAI's error, and keeps no key", async () => {
    await using gateway = await startGateway({ withKey: false });
    const client = gateway.openai({ apiKey: CLIENT_KEY });
    const created = await createBatch(client, "file-nobodyknowsthis1");
    expect(created).toMatchObject({
      status: "validating",
      input_file_id: "file-nobodyknowsthis1",
      errors: null,
      failed_at: null,
    });
    const batch = await waitForEnd(client, created.id);
    expect(batch).toMatchObject({
      id: created.id,
      status: "failed",
      input_file_id: "file-nobodyknowsthis1",
      output_file_id: null,
      error_file_id: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
      failed_at: expect.any(Number),
    });
    expect(batch.errors).toEqual({
      object: "list",
      data: [
        { code: "invalid_request", message: expect.any(String), param: "file_id", line: null },
      ],
    });
    expect(await rowsOf(gateway.dataDir, "account_keys")).toEqual([]);
  });
});
