import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  chatLine,
  chatLines,
  createBatch,
  readLines,
  uploadLines,
  waitFor,
  waitForEnd,
} from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";
import { rowsOf } from "../support/stored.ts";

const HOUR = 3_600_000;

/** A clock that a test sets forward. */
function createClock() {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    forward: (milliseconds: number) => {
      offset += milliseconds;
    },
  };
}

const noCreate = { method: "POST", path: "/batches$" } as const;

describe("a line longer than is taken", () => {
  test("in the input fails the batch with its number", async () => {
    await using gateway = await startGateway({ config: { limits: { lineBytes: 2_000 } } });
    const client = gateway.openai();
    const long = chatLine("long", { user: "x".repeat(3_000) });
    const file = await uploadLines(client, `${chatLines(2)}\n${long}\n`);
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    expect(batch).toMatchObject({
      status: "failed",
      errors: {
        data: [{ code: "invalid_request", message: expect.stringContaining("2000"), line: 3 }],
      },
    });
    expect(gateway.emulator.control.batches()).toEqual([]);
  });

  test("in the results is a result like any other", async () => {
    await using gateway = await startGateway({ config: { limits: { lineBytes: 1_024 } } });
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(2));
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    expect(batch.request_counts).toEqual({ total: 2, completed: 2, failed: 0 });
    const text = await (await client.files.content(String(batch.output_file_id))).text();
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeGreaterThan(512);
  });
});

test("a batch whose input vanished between create and plan fails, and isn't tried for ever", async () => {
  await using gateway = await startGateway();
  const client = gateway.openai();
  const file = await uploadLines(client, chatLines(2));
  await rm(join(gateway.dataDir, "blobs", "objects"), { recursive: true });
  const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
  expect(batch).toMatchObject({
    status: "failed",
    errors: { data: [{ code: "invalid_request", param: "file_id", line: null }] },
  });
});

test("a batch that waits for its provider runs though its file was deleted meanwhile", async () => {
  await using gateway = await startGateway({ config: { limits: { handOverSeconds: 0.2 } } });
  const client = gateway.openai();
  const file = await uploadLines(client, chatLines(3));
  gateway.emulator.control.inject({ ...noCreate, kind: "status", status: 429, times: 3 });
  const created = await createBatch(client, file.id);
  expect(created.status).toBe("validating");
  await client.files.delete(file.id);
  const batch = await waitForEnd(client, created.id);
  expect(batch).toMatchObject({ status: "completed", input_file_id: file.id });
  expect(await readLines(client, batch.output_file_id)).toHaveLength(3);
});

describe("a batch that is cancelled before its provider has it", () => {
  test("while the provider refuses it for now is never sent", async () => {
    await using gateway = await startGateway({ config: { limits: { handOverSeconds: 0.2 } } });
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(2));
    gateway.emulator.control.inject({ ...noCreate, kind: "status", status: 429, times: 100 });
    const created = await createBatch(client, file.id);
    expect(await client.batches.cancel(created.id)).toMatchObject({ status: "cancelling" });
    const batch = await waitForEnd(client, created.id);
    expect(batch.status).toBe("cancelled");
    const errors = await readLines(client, batch.error_file_id);
    expect(errors.map((line) => [line.custom_id, line.error?.code])).toEqual([
      ["line-1", "batch_cancelled"],
      ["line-2", "batch_cancelled"],
    ]);
    expect(gateway.emulator.control.batches()).toEqual([]);
  });

  test("and after its call was lost isn't sent again", async () => {
    await using gateway = await startGateway({
      config: { limits: { handOverSeconds: 0.1, settleSeconds: 1 } },
    });
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(2));
    gateway.emulator.control.inject({ ...noCreate, kind: "reset" });
    const created = await createBatch(client, file.id);
    await client.batches.cancel(created.id);
    const batch = await waitForEnd(client, created.id);
    expect(batch.status).toBe("cancelled");
    expect(await readLines(client, batch.error_file_id)).toHaveLength(2);
    expect(gateway.emulator.control.batches()).toEqual([]);
  });
});

describe("a batch whose provider is gone for good", () => {
  test("expires an hour after its window if it was never sent", async () => {
    const clock = createClock();
    await using gateway = await startGateway({
      now: clock.now,
      config: { limits: { handOverSeconds: 0.2 } },
    });
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(2));
    gateway.emulator.control.inject({ ...noCreate, kind: "status", status: 503, times: 100 });
    const created = await createBatch(client, file.id);
    clock.forward(25.1 * HOUR);
    const batch = await waitForEnd(client, created.id);
    expect(batch).toMatchObject({ status: "expired", request_counts: { total: 2, failed: 2 } });
    const errors = await readLines(client, batch.error_file_id);
    expect(errors.map((line) => line.error?.code)).toEqual(["batch_expired", "batch_expired"]);
  });

  test("expires days later if it was sent, for its results may come back with its provider", async () => {
    const clock = createClock();
    await using gateway = await startGateway({ now: clock.now });
    const client = gateway.openai();
    gateway.emulator.control.setSpeed(0);
    const file = await uploadLines(client, chatLines(2));
    const created = await createBatch(client, file.id);
    await gateway.emulator.control.advance(created.id);
    await waitFor(client, created.id, (batch) => batch.status === "in_progress");
    gateway.emulator.control.outageFor(60_000);
    clock.forward(72 * HOUR);
    await gateway.restart();
    expect((await gateway.openai().batches.retrieve(created.id)).status).toBe("in_progress");
    clock.forward(7 * 24 * HOUR);
    const batch = await waitForEnd(gateway.openai(), created.id);
    expect(batch.status).toBe("expired");
    expect(await readLines(gateway.openai(), batch.error_file_id)).toHaveLength(2);
    // The batch is seen as ended before its last wake is: leftovers are removed between the two.
    await expect
      .poll(() => rowsOf(gateway.dataDir, "wakes"))
      .toEqual([expect.objectContaining({ key: "sweep" })]);
  });
});

test("a large batch that never ran has a line for each of its requests, in their order", async () => {
  await using gateway = await startGateway({ config: { limits: { handOverSeconds: 0.1 } } });
  const client = gateway.openai();
  const file = await uploadLines(client, chatLines(20_000));
  gateway.emulator.control.inject({ ...noCreate, kind: "status", status: 429, times: 100 });
  const created = await createBatch(client, file.id);
  await client.batches.cancel(created.id);
  const batch = await waitForEnd(client, created.id);
  expect(batch).toMatchObject({ status: "cancelled", output_file_id: null });
  const errors = await readLines(client, batch.error_file_id);
  expect(errors.map((line) => line.custom_id)).toEqual(
    Array.from({ length: 20_000 }, (_, number) => `line-${number + 1}`),
  );
});

test("metadata of sixteen pairs goes along with a file that was made elsewhere", async () => {
  await using gateway = await startGateway();
  const client = gateway.openai();
  const direct = gateway
    .openai()
    .withOptions({ baseURL: gateway.emulator.url, apiKey: PROVIDER_KEY });
  const file = await uploadLines(direct, chatLines(2));
  const metadata = Object.fromEntries(
    Array.from({ length: 16 }, (_, number) => [`key-${number}`, `value ${number}`]),
  );
  const batch = await waitForEnd(client, (await createBatch(client, file.id, { metadata })).id);
  expect(batch).toMatchObject({ status: "completed", metadata, input_file_id: file.id });
});

test("a create that its provider refuses leaves the requests of an earlier one alone", async () => {
  await using gateway = await startGateway({ emulator: { speed: "instant" } });
  const client = gateway.openai();
  const requests = [JSON.parse(chatLine("a"))];
  const { id, input_file_id: input } = await createBatch(client, "", { requests });
  await waitForEnd(client, id);
  const { control } = gateway.emulator;
  control.inject({ kind: "status", status: 403, method: "POST", path: "/batches$" });
  expect((await refusalOf(createBatch(client, input))).status).toBe(403);
  expect(await (await client.files.content(input)).text()).toContain('"custom_id":"a"');
});
