import { expect, test } from "vitest";
import { batchRequest, batchRequests, KEY, OLD_VERSION, readRows, startStage } from "./stage.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const PATH = "/v1/messages/batches";

test("a batch is in progress with everything processing until it has ended", async () => {
  await using stage = await startStage({ now: () => NOW });
  const { batches } = stage.client.messages;
  const requests = [batchRequest("a"), batchRequest("b", { max_tokens: 0 })];
  const created = await batches.create({ requests });
  const fresh = {
    id: expect.stringMatching(/^msgbatch_01[A-Za-z0-9]{22}$/),
    type: "message_batch",
    processing_status: "in_progress",
    request_counts: { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    created_at: "2026-01-01T00:00:00.000Z",
    expires_at: "2026-01-02T00:00:00.000Z",
    ended_at: null,
    cancel_initiated_at: null,
    archived_at: null,
    results_url: null,
  };
  expect(created).toEqual(fresh);
  expect(await stage.control.run(created.id, 1)).toBe("in_progress");
  expect(await batches.retrieve(created.id)).toEqual(fresh);
  stage.control.advanceClock(60_000);
  expect(await stage.control.advance(created.id)).toBe("ended");
  expect(await batches.retrieve(created.id)).toEqual({
    ...fresh,
    processing_status: "ended",
    request_counts: { processing: 0, succeeded: 1, errored: 1, canceled: 0, expired: 0 },
    ended_at: "2026-01-01T00:01:00.000Z",
    results_url: `${stage.url}${PATH}/${created.id}/results`,
  });
  const rows = await readRows(stage, created.id);
  expect(rows.find((row) => row.custom_id === "a")?.result).toMatchObject({
    type: "succeeded",
    message: { stop_reason: "end_turn", usage: { service_tier: "batch" } },
  });
  expect(rows.find((row) => row.custom_id === "b")?.result).toEqual({
    type: "errored",
    error: {
      type: "error",
      error: {
        type: "invalid_request_error",
        message: "max_tokens: must be greater than or equal to 1",
      },
      request_id: null,
    },
  });
  expect(rows).toHaveLength(2);
  expect(stage.checkedReplies()).toBeGreaterThan(3);
});

test("an unfinished batch says when to ask again, and every answer has its request's id", async () => {
  await using stage = await startStage();
  const { data, response, request_id } = await stage.client.messages.batches
    .create({ requests: batchRequests(1) })
    .withResponse();
  expect(response.headers.get("retry-after")).toBe("10");
  expect(request_id).toMatch(/^req_01/);
  await stage.control.complete(data.id);
  const later = await stage.client.messages.batches.retrieve(data.id).withResponse();
  expect(later.response.headers.get("retry-after")).toBeNull();
  expect(later.request_id).not.toBe(request_id);
});

test("by itself a batch ends, with results in another order than its requests", async () => {
  await using stage = await startStage({ speed: "instant" });
  const created = await stage.client.messages.batches.create({ requests: batchRequests(200) });
  await expect
    .poll(async () => (await stage.client.messages.batches.retrieve(created.id)).processing_status)
    .toBe("ended");
  const ids = (await readRows(stage, created.id)).map((row) => row.custom_id);
  expect(ids).not.toEqual(batchRequests(200).map((request) => request.custom_id));
  expect(new Set(ids).size).toBe(200);
});

test("a canceled batch keeps what was done and cancels the rest", async () => {
  await using stage = await startStage({ now: () => NOW });
  const { batches } = stage.client.messages;
  const created = await batches.create({ requests: batchRequests(5) });
  await stage.control.run(created.id, 2);
  stage.control.advanceClock(1_000);
  const canceling = await batches.cancel(created.id);
  expect(canceling).toMatchObject({
    processing_status: "canceling",
    cancel_initiated_at: "2026-01-01T00:00:01.000Z",
    request_counts: { processing: 5 },
    results_url: null,
  });
  expect(await batches.cancel(created.id)).toEqual(canceling);
  await stage.control.complete(created.id);
  const ended = await batches.retrieve(created.id);
  expect(ended.request_counts).toEqual({
    processing: 0,
    succeeded: 2,
    errored: 0,
    canceled: 3,
    expired: 0,
  });
  const types = (await readRows(stage, created.id)).map((row) => row.result.type);
  expect(types.toSorted()).toEqual(["canceled", "canceled", "canceled", "succeeded", "succeeded"]);
  await expect(batches.cancel(created.id)).rejects.toMatchObject({ status: 400 });
});

test("after a day what was not done has expired", async () => {
  await using stage = await startStage({ now: () => NOW });
  const { batches } = stage.client.messages;
  const created = await batches.create({ requests: batchRequests(3) });
  await stage.control.run(created.id, 1);
  stage.control.advanceClock(DAY - 1);
  expect((await batches.retrieve(created.id)).processing_status).toBe("in_progress");
  stage.control.advanceClock(1);
  expect(await batches.retrieve(created.id)).toMatchObject({
    processing_status: "ended",
    request_counts: { processing: 0, succeeded: 1, expired: 2 },
  });
  const types = (await readRows(stage, created.id)).map((row) => row.result.type);
  expect(types.toSorted()).toEqual(["expired", "expired", "succeeded"]);
});

test("29 days after it was made a batch is archived and its results are gone", async () => {
  await using stage = await startStage({ now: () => NOW });
  const { batches } = stage.client.messages;
  const created = await batches.create({ requests: batchRequests(1) });
  await stage.control.complete(created.id);
  stage.control.advanceClock(29 * DAY - 1);
  expect(await readRows(stage, created.id)).toHaveLength(1);
  stage.control.advanceClock(1);
  expect((await batches.retrieve(created.id)).archived_at).toBe("2026-01-30T00:00:00.000Z");
  await expect(readRows(stage, created.id)).rejects.toMatchObject({ status: 404 });
});

test("a batch can be deleted once it has ended, and is gone then", async () => {
  await using stage = await startStage();
  const { batches } = stage.client.messages;
  const created = await batches.create({ requests: batchRequests(1) });
  await expect(batches.delete(created.id)).rejects.toMatchObject({
    status: 400,
    error: {
      error: {
        message: "In progress batches cannot be deleted. Consider canceling the batch instead.",
      },
    },
  });
  await stage.control.complete(created.id);
  expect(await batches.delete(created.id)).toEqual({
    id: created.id,
    type: "message_batch_deleted",
  });
  await expect(batches.retrieve(created.id)).rejects.toMatchObject({ status: 404 });
  expect((await batches.list()).data).toEqual([]);
});

test("results before the end and unknown batches are not found", async () => {
  await using stage = await startStage();
  const created = await stage.client.messages.batches.create({ requests: batchRequests(1) });
  const early = await stage.call("GET", `${PATH}/${created.id}/results`);
  expect(early.json()).toEqual({
    type: "error",
    error: {
      type: "not_found_error",
      message: `Message Batch ${created.id} has no available results.`,
    },
    request_id: early.headers.get("request-id"),
  });
  expect(early.status).toBe(404);
  await expect(stage.client.messages.batches.retrieve("msgbatch_none")).rejects.toMatchObject({
    status: 404,
    error: {
      error: { type: "not_found_error", message: "Message Batch msgbatch_none not found." },
    },
  });
});

test("results are one line a row, without a blank one", async () => {
  await using stage = await startStage();
  const created = await stage.client.messages.batches.create({ requests: batchRequests(3) });
  await stage.control.complete(created.id);
  const { text, headers } = await stage.call("GET", `${PATH}/${created.id}/results`);
  expect(headers.get("content-type")).toBe("application/x-jsonl");
  expect(text.split("\n").map((line) => line === "")).toEqual([false, false, false, true]);
});

test("the list pages through all batches, newest first, in both directions", async () => {
  await using stage = await startStage();
  const { batches } = stage.client.messages;
  const made: string[] = [];
  for (let count = 0; count < 250; count += 1) {
    made.push((await batches.create({ requests: batchRequests(1) })).id);
  }
  const newestFirst = made.toReversed();
  expect((await batches.list()).data.map(({ id }) => id)).toEqual(newestFirst.slice(0, 20));
  const forward: string[] = [];
  for await (const { id } of batches.list({ limit: 100 })) forward.push(id);
  expect(forward).toEqual(newestFirst);
  const [oldest = ""] = made;
  const before = await batches.list({ limit: 100, before_id: oldest });
  expect(before.data.map(({ id }) => id)).toEqual(newestFirst.slice(149, 249));
  expect(before).toMatchObject({
    has_more: true,
    first_id: newestFirst[149],
    last_id: newestFirst[248],
  });
  const backward = new Set<string>();
  for await (const { id } of batches.list({ limit: 100, before_id: oldest })) backward.add(id);
  expect(backward.size).toBe(249);
  expect((await batches.list({ limit: 1_000 })).data).toHaveLength(250);
});

test.each([
  ["limit=0", "limit: Input should be greater than or equal to 1"],
  ["limit=1001", "limit: Input should be less than or equal to 1000"],
  ["limit=x", "limit: Input should be a valid integer, unable to parse string as an integer"],
  ["after_id=a&before_id=b", "Only one of `before_id` and `after_id` may be set."],
  ["after_id=msgbatch_none", "after_id: Invalid cursor 'msgbatch_none'"],
])("a list with %s is refused", async (query, message) => {
  await using stage = await startStage();
  const reply = await stage.call("GET", `${PATH}?${query}`);
  expect(reply.status).toBe(400);
  expect(reply.json()).toMatchObject({ error: { type: "invalid_request_error", message } });
});

test("batches of another workspace are not found", async () => {
  const other = "sk-ant-other";
  await using stage = await startStage({ apiKeys: [KEY, { key: other, workspace: "w2" }] });
  const created = await stage.client.messages.batches.create({ requests: batchRequests(1) });
  const headers = { "x-api-key": other, ...OLD_VERSION };
  expect((await stage.call("GET", `${PATH}/${created.id}`, { headers })).status).toBe(404);
  expect((await stage.call("GET", PATH, { headers })).json()).toEqual({
    data: [],
    has_more: false,
    first_id: null,
    last_id: null,
  });
});
