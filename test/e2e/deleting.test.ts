import OpenAI, { NotFoundError } from "openai";
import { describe, expect, test } from "vitest";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";
import { blobsOf } from "../support/stored.ts";

describe("deleting", () => {
  test("a result file deletes the provider's too, and no list or id brings it back", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    gateway.emulator.control.failLine("line-2", { status: 400 });
    const file = await uploadLines(client, chatLines(3));
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    expect(gateway.emulator.control.files()).toHaveLength(3);
    for (const id of [batch.output_file_id, batch.error_file_id]) {
      expect(await client.files.delete(String(id))).toEqual({ id, object: "file", deleted: true });
      for (const call of [
        client.files.retrieve(String(id)),
        client.files.content(String(id)),
        client.files.delete(String(id)),
      ]) {
        await expect(call).rejects.toThrow(NotFoundError);
      }
    }
    expect(gateway.emulator.control.files().map((each) => each.id)).toEqual([file.id]);
    for (const query of [{}, { provider: "openai" }]) {
      const listed = await client.files.list(query as object);
      expect(listed.data.map((each) => each.id)).toEqual([file.id]);
    }
    expect(await client.batches.retrieve(batch.id)).toMatchObject({
      status: "completed",
      output_file_id: batch.output_file_id,
      error_file_id: batch.error_file_id,
    });
    await client.files.delete(file.id);
    // What only a running batch needs is removed after the batch is seen as ended.
    await expect.poll(() => blobsOf(gateway.dataDir)).toEqual([]);
  });

  test("a result file that was written anew leaves nothing of what it was made from", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    gateway.emulator.control.omitLine("line-2");
    const file = await uploadLines(client, chatLines(3));
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    expect(await readLines(client, batch.error_file_id)).toHaveLength(1);
    for (const id of [batch.output_file_id, batch.error_file_id, file.id])
      await client.files.delete(String(id));
    expect(gateway.emulator.control.files()).toEqual([]);
    await expect.poll(() => blobsOf(gateway.dataDir)).toEqual([]);
  });

  test("while the provider is down fails, and the file is still there to delete", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(3));
    gateway.emulator.control.inject({ kind: "status", status: 503, method: "DELETE", times: 9 });
    await expect(client.files.delete(file.id)).rejects.toMatchObject({ status: 502 });
    expect(await (await client.files.content(file.id)).text()).toBe(chatLines(3));
    gateway.emulator.control.clearFaults();
    expect(await client.files.delete(file.id)).toMatchObject({ deleted: true });
    expect(gateway.emulator.control.files()).toEqual([]);
  });

  test("at the provider's own console is no obstacle here", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const direct = new OpenAI({ baseURL: gateway.emulator.url, apiKey: PROVIDER_KEY });
    const file = await uploadLines(client, chatLines(1));
    await direct.files.delete(file.id);
    expect(await client.files.delete(file.id)).toMatchObject({ deleted: true });
    await expect(client.files.retrieve(file.id)).rejects.toThrow(NotFoundError);
  });
});
