import { APIConnectionError, APIError } from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { sendCommand } from "../../../src/emulators/control-routes.ts";
import { batchRequest, batchRequests, KEY, readRows, startStage } from "./stage.ts";

const BATCHES = "^/v1/messages/batches";

async function endedRows(options: { readonly seed: number }) {
  await using stage = await startStage(options);
  const created = await stage.client.messages.batches.create({ requests: batchRequests(50) });
  await stage.control.complete(created.id);
  return (await readRows(stage, created.id)).map(({ custom_id: id, result }) =>
    JSON.stringify([id, result.type === "succeeded" ? result.message.content : null]),
  );
}

test("the same seed gives the same results in the same order, another one another order", async () => {
  const first = await endedRows({ seed: 7 });
  expect(await endedRows({ seed: 7 })).toEqual(first);
  const other = await endedRows({ seed: 8 });
  expect(other).not.toEqual(first);
  expect(other.toSorted()).toEqual(first.toSorted());
});

test("lines can be failed, left out and doubled", async () => {
  await using stage = await startStage();
  const { control } = stage;
  control.failLine("r1", { status: 529 });
  control.failLine(2, {
    status: 400,
    body: { type: "error", error: { type: "x_error", message: "own" } },
  });
  control.omitLine("r3");
  control.duplicateLine(4);
  const created = await stage.client.messages.batches.create({ requests: batchRequests(5) });
  await control.complete(created.id);
  const rows = new Map<string, unknown[]>();
  const { text } = await stage.call("GET", `/v1/messages/batches/${created.id}/results`);
  for (const line of text.trimEnd().split("\n")) {
    const { custom_id: id, result }: { custom_id: string; result: unknown } = JSON.parse(line);
    rows.set(id, [...(rows.get(id) ?? []), result]);
  }
  expect(rows.get("r1")).toEqual([
    {
      type: "errored",
      error: {
        type: "error",
        error: { type: "overloaded_error", message: "Overloaded" },
        request_id: null,
      },
    },
  ]);
  expect(rows.get("r2")).toMatchObject([{ error: { error: { type: "x_error", message: "own" } } }]);
  expect(rows.has("r3")).toBe(false);
  expect(rows.get("r4")).toHaveLength(2);
  expect(rows.get("r5")).toMatchObject([{ type: "succeeded" }]);
  const { request_counts: counts } = await stage.client.messages.batches.retrieve(created.id);
  expect(counts).toMatchObject({ succeeded: 3, errored: 2 });
  control.clearLines();
  const next = await stage.client.messages.batches.create({ requests: batchRequests(5) });
  await control.complete(next.id);
  expect((await readRows(stage, next.id)).map((row) => row.result.type)).toEqual(
    Array.from({ length: 5 }, () => "succeeded"),
  );
});

test.each([
  [400, "invalid_request_error"],
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [429, "rate_limit_error"],
  [500, "api_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
])("a %i is worded as Anthropic does, and heard by the client", async (status, type) => {
  await using stage = await startStage();
  stage.control.inject({ kind: "status", status, path: BATCHES, retryAfterSeconds: 3 });
  const failure: unknown = await stage.client.messages.batches.list().catch((error) => error);
  expect(failure).toBeInstanceOf(APIError);
  expect(failure).toMatchObject({
    status,
    error: { type: "error", error: { type }, request_id: expect.stringMatching(/^req_/) },
  });
  expect((await stage.client.messages.batches.list()).data).toEqual([]);
});

test("a create whose answer is lost is there all the same", async () => {
  await using stage = await startStage();
  stage.control.inject({ kind: "lostReply", method: "POST", path: BATCHES });
  const requests = batchRequests(2);
  await expect(stage.client.messages.batches.create({ requests })).rejects.toBeInstanceOf(
    APIConnectionError,
  );
  const { data } = await stage.client.messages.batches.list();
  expect(data.map(({ id }) => id)).toEqual(stage.control.batches().map(({ id }) => id));
  expect(data).toHaveLength(1);
});

test("a create that is cut off in the middle leaves nothing", async () => {
  await using stage = await startStage();
  stage.control.inject({ kind: "reset", afterBytes: 100, method: "POST", path: BATCHES });
  await expect(
    stage.client.messages.batches.create({ requests: batchRequests(500) }),
  ).rejects.toBeInstanceOf(APIConnectionError);
  expect(stage.control.batches()).toEqual([]);
});

test("results may end too early", async () => {
  await using stage = await startStage();
  const created = await stage.client.messages.batches.create({ requests: batchRequests(200) });
  await stage.control.complete(created.id);
  stage.control.inject({ kind: "cutOff", afterBytes: 20_000, path: "/results$" });
  await expect(readRows(stage, created.id)).rejects.toThrow(/terminated|JSON|aborted/);
  expect(await readRows(stage, created.id)).toHaveLength(200);
});

test("everything can be steered from another process", async () => {
  await using stage = await startStage();
  const command = async (name: string, ...input: readonly unknown[]) =>
    sendCommand(stage.emulator.controlUrl, name, ...input);
  const file = await stage.client.files.upload({ file: new File(["x"], "x.txt") });
  await command("makeDownloadable", file.id);
  expect(await command("files")).toMatchObject([{ id: file.id, downloadable: true }]);
  const { id } = await stage.client.messages.batches.create({ requests: batchRequests(3) });
  expect(await command("run", id, 1)).toBe("in_progress");
  expect(await command("advance", id)).toBe("ended");
  expect(await command("batches")).toEqual([{ id, state: "ended", lines: 3, metadata: null }]);
  await command("setSpeed", "instant");
  const next = await stage.client.messages.batches.create({ requests: batchRequests(3) });
  await expect
    .poll(async () => (await stage.client.messages.batches.retrieve(next.id)).processing_status)
    .toBe("ended");
});

test("the journal shows what came, and of keys only a digest", async () => {
  await using stage = await startStage();
  await stage.client.messages.batches.create({ requests: [batchRequest("only")] });
  const [entry] = stage.control.journal();
  expect(entry).toMatchObject({ method: "POST", path: "/v1/messages/batches", status: 200 });
  expect(entry?.body).toContain('"custom_id":"only"');
  expect(JSON.stringify(entry)).not.toContain(KEY);
});
