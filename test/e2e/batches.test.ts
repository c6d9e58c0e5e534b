import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  chatLine,
  chatLines,
  createBatch,
  readLines,
  uploadLines,
  waitFor,
  waitForEnd,
} from "../support/batches.ts";
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
afterEach(() => {
  gateway.emulator.control.clearLines();
  gateway.emulator.control.clearFaults();
  gateway.emulator.control.endOutage();
  gateway.emulator.control.setSpeed("instant");
});

const upstreamBatches = (token: string) =>
  gateway.emulator.control.batches().filter((batch) => batch.metadata?.["test"] === token);

describe("a batch", () => {
  test("goes from upload to results, with every custom_id once", async () => {
    const text = chatLines(40);
    const file = await uploadLines(client, text);
    const created = await createBatch(client, file.id, { metadata: { team: "blue" } });
    expect(created).toMatchObject({
      object: "batch",
      status: "validating",
      input_file_id: file.id,
      metadata: { team: "blue" },
    });
    expect(created.expires_at).toBe(created.created_at + 86_400);
    const batch = await waitForEnd(client, created.id);
    expect(batch).toMatchObject({
      id: created.id,
      status: "completed",
      request_counts: { total: 40, completed: 40, failed: 0 },
      error_file_id: null,
      errors: null,
      metadata: { team: "blue" },
    });
    expect(batch.usage?.total_tokens).toBeGreaterThan(0);
    const lines = await readLines(client, batch.output_file_id);
    expect(new Set(lines.map((line) => line.custom_id)).size).toBe(40);
    const output = await client.files.retrieve(String(batch.output_file_id));
    expect(output).toMatchObject({
      purpose: "batch_output",
      filename: `${batch.id}_output.jsonl`,
      status: "processed",
    });
  });

  test("has the provider's own ids and the provider's own bytes", async () => {
    const file = await uploadLines(client, chatLines(3));
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    const native = await direct.batches.retrieve(batch.id);
    expect(native).toMatchObject({ input_file_id: file.id, output_file_id: batch.output_file_id });
    const ours = await (await client.files.content(String(batch.output_file_id))).text();
    expect(ours).toBe(await (await direct.files.content(String(native.output_file_id))).text());
  });

  test("sends lines with errors to the error file, whatever the job's state says", async () => {
    gateway.emulator.control.failLine("line-2", { status: 400 });
    gateway.emulator.control.failLine("line-4", { status: 500 });
    const file = await uploadLines(client, chatLines(5));
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 5, completed: 3, failed: 2 },
    });
    const errors = await readLines(client, batch.error_file_id);
    expect(errors).toHaveLength(2);
    expect(
      new Map(errors.map((line) => [line.custom_id, [line.response?.status_code, line.error]])),
    ).toEqual(
      new Map([
        ["line-2", [400, null]],
        ["line-4", [500, null]],
      ]),
    );
  });

  test("whose lines all fail is completed without an output file", async () => {
    for (const id of ["line-1", "line-2"]) gateway.emulator.control.failLine(id, { status: 400 });
    const file = await uploadLines(client, chatLines(2));
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    expect(batch).toMatchObject({
      status: "completed",
      output_file_id: null,
      request_counts: { completed: 0, failed: 2 },
    });
    expect(await readLines(client, batch.error_file_id)).toHaveLength(2);
  });

  test("gets a line for each result that its provider lost, and one for each it gave twice", async () => {
    gateway.emulator.control.omitLine("line-3");
    gateway.emulator.control.duplicateLine("line-5");
    const file = await uploadLines(client, chatLines(6));
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    const output = await readLines(client, batch.output_file_id);
    const errors = await readLines(client, batch.error_file_id);
    expect(output.map((line) => line.custom_id).toSorted()).toEqual([
      "line-1",
      "line-2",
      "line-4",
      "line-5",
      "line-6",
    ]);
    expect(errors).toMatchObject([
      { custom_id: "line-3", response: null, error: { code: "batch_result_missing" } },
    ]);
    expect(batch.request_counts).toEqual({ total: 6, completed: 5, failed: 1 });
  });

  test("takes lines inside the create instead of a file", async () => {
    const requests = chatLines(4)
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    const created = await createBatch(client, "", { requests });
    const batch = await waitForEnd(client, created.id);
    expect(batch.request_counts).toEqual({ total: 4, completed: 4, failed: 0 });
    expect(await readLines(client, batch.output_file_id)).toHaveLength(4);
  });

  test("keeps bytes that a JSON parser would change", async () => {
    const line = chatLine("x").replace(
      '"body":{',
      '"body":{"seed":9007199254740993,"temperature":1.0,',
    );
    const file = await uploadLines(client, `${line}\r\n`);
    expect(await (await direct.files.content(file.id)).text()).toBe(`${line}\r\n`);
    await waitForEnd(client, (await createBatch(client, file.id)).id);
  });
});

describe("a create", () => {
  test.each([
    { name: "whose reply is lost", fault: { kind: "lostReply" } },
    { name: "whose connection is reset", fault: { kind: "reset" } },
    { name: "that meets a 500", fault: { kind: "status", status: 500 } },
    { name: "that meets a 503", fault: { kind: "status", status: 503 } },
    // SDKs try it again too: the conflict is with something that goes on.
    { name: "that meets a 409", fault: { kind: "status", status: 409 } },
    { name: "that meets a 429", fault: { kind: "status", status: 429, retryAfterSeconds: 0 } },
    { name: "whose reply is malformed", fault: { kind: "malformed" } },
    { name: "whose reply is cut off", fault: { kind: "cutOff" } },
    { name: "that is slow", fault: { kind: "slow", milliseconds: 700 } },
  ] as const)(
    "$name makes exactly one job, and its client never notices",
    async ({ name, fault }) => {
      const file = await uploadLines(client, chatLines(2));
      gateway.emulator.control.inject({ ...fault, method: "POST", path: "/batches$" });
      const created = await createBatch(client, file.id, { metadata: { test: name } });
      const batch = await waitForEnd(client, created.id);
      expect(batch).toMatchObject({
        status: "completed",
        request_counts: { completed: 2 },
        metadata: { test: name },
      });
      expect(upstreamBatches(name)).toHaveLength(1);
      expect((await direct.batches.retrieve(batch.id)).id).toBe(batch.id);
    },
  );

  test.each([
    { status: 401, expected: 401 },
    { status: 403, expected: 403 },
    { status: 404, expected: 404 },
  ])(
    "that the provider refuses with $status is refused, and leaves no batch behind",
    async ({ status, expected }) => {
      const file = await uploadLines(client, chatLines(2));
      const before = (await client.batches.list()).data.map((batch) => batch.id);
      gateway.emulator.control.inject({
        kind: "status",
        status,
        method: "POST",
        path: "/batches$",
      });
      const error = await refusalOf(createBatch(client, file.id));
      expect(error).toMatchObject({ status: expected, error: { message: expect.any(String) } });
      expect((await client.batches.list()).data.map((batch) => batch.id)).toEqual(before);
    },
  );

  test("while the provider is down is accepted under our own id, and runs when it is back", async () => {
    await using patient = await startGateway({ config: { limits: { handOverSeconds: 0.3 } } });
    const sdk = patient.openai();
    const file = await uploadLines(sdk, chatLines(3));
    patient.emulator.control.inject({
      kind: "status",
      status: 503,
      method: "POST",
      path: "/batches$",
      times: 3,
    });
    const created = await createBatch(sdk, file.id);
    expect(created).toMatchObject({ status: "validating" });
    expect(created.id).toMatch(/^batch_[a-z0-9]{26}$/);
    const batch = await waitForEnd(sdk, created.id);
    expect(batch).toMatchObject({ id: created.id, status: "completed" });
    const native = patient.emulator.control.batches();
    expect(native).toHaveLength(1);
    expect(await sdk.batches.retrieve(String(native[0]?.id))).toMatchObject({ id: created.id });
    expect((await sdk.batches.list()).data.map((each) => each.id)).toEqual([created.id]);
  });

  test("with sixteen pairs of metadata keeps them all, and a lost reply still makes one job", async () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 16 }, (_, number) => [`key-${number}`, `value ${number}`]),
    );
    const file = await uploadLines(client, chatLines(2));
    gateway.emulator.control.inject({ kind: "lostReply", method: "POST", path: "/batches$" });
    const known = gateway.emulator.control.batches().length;
    const batch = await waitForEnd(client, (await createBatch(client, file.id, { metadata })).id);
    expect(batch.metadata).toEqual(metadata);
    expect(gateway.emulator.control.batches()).toHaveLength(known + 1);
  });
});

describe("a cancel", () => {
  test("is answered at once, and ends the batch with a line for everything that didn't run", async () => {
    gateway.emulator.control.setSpeed(0);
    const file = await uploadLines(client, chatLines(6));
    const created = await createBatch(client, file.id);
    await gateway.emulator.control.advance(created.id);
    await waitFor(client, created.id, (batch) => batch.status === "in_progress");
    await gateway.emulator.control.run(created.id, 2);
    const cancelling = await client.batches.cancel(created.id);
    expect(cancelling).toMatchObject({
      id: created.id,
      status: "cancelling",
      cancelling_at: expect.any(Number),
    });
    expect(await client.batches.cancel(created.id)).toMatchObject({ id: created.id });
    gateway.emulator.control.setSpeed("instant");
    const batch = await waitForEnd(client, created.id);
    expect(batch.status).toBe("cancelled");
    const all = [
      ...(await readLines(client, batch.output_file_id)),
      ...(await readLines(client, batch.error_file_id)),
    ];
    expect(all.map((line) => line.custom_id).toSorted()).toEqual([
      "line-1",
      "line-2",
      "line-3",
      "line-4",
      "line-5",
      "line-6",
    ]);
  });

  test("of a batch that has ended is a 409 that isn't worth a retry", async () => {
    const file = await uploadLines(client, chatLines(1));
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    const error = await refusalOf(client.batches.cancel(batch.id));
    expect(error.status).toBe(409);
    expect(error.headers?.get("x-should-retry")).toBe("false");
    expect(error.error).toMatchObject({
      message: "Cannot cancel a batch with status 'completed'.",
      param: null,
      code: null,
    });
  });
});

describe("a restart", () => {
  test("goes on where the batch stood, whichever phase it was in", async () => {
    await using restarted = await startGateway();
    const sdk = () => restarted.openai();
    restarted.emulator.control.setSpeed(0);
    const file = await uploadLines(sdk(), chatLines(4));
    const created = await createBatch(sdk(), file.id);
    await restarted.restart();
    expect((await sdk().batches.retrieve(created.id)).status).toMatch(/validating|in_progress/);
    await restarted.emulator.control.run(created.id, 2);
    await restarted.restart();
    restarted.emulator.control.setSpeed("instant");
    const batch = await waitForEnd(sdk(), created.id);
    await restarted.restart();
    expect(await readLines(sdk(), batch.output_file_id)).toHaveLength(4);
    expect(restarted.emulator.control.batches()).toHaveLength(1);
  });
});

describe("the window", () => {
  test("ends a batch as expired, with a line for everything that didn't run", async () => {
    await using late = await startGateway();
    const sdk = late.openai();
    late.emulator.control.setSpeed(0);
    const file = await uploadLines(sdk, chatLines(3));
    const created = await createBatch(sdk, file.id);
    await late.emulator.control.advance(created.id);
    await waitFor(sdk, created.id, (batch) => batch.status === "in_progress");
    late.emulator.control.advanceClock(25 * 3_600_000);
    const batch = await waitForEnd(sdk, created.id);
    expect(batch).toMatchObject({ status: "expired", expired_at: expect.any(Number) });
    const errors = await readLines(sdk, batch.error_file_id);
    expect(errors.map((line) => line.custom_id).toSorted()).toEqual(["line-1", "line-2", "line-3"]);
    for (const line of errors)
      expect(line).toMatchObject({ response: null, error: { code: "batch_expired" } });
  });
});
