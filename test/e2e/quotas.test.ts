import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  chatLines,
  createBatch,
  readLines,
  uploadLines,
  waitFor,
  waitForEnd,
} from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { MODELS, PROVIDERS, startWorld } from "../support/world.ts";

function warningsOf(batch: object): readonly string[] {
  const { crossbatch } = batch as { crossbatch: { warnings: readonly { code: string }[] } };
  return crossbatch.warnings.map(({ code }) => code);
}

test("a batch whose job failed because of enqueued tokens is submitted again once there is room", async () => {
  // Four characters are a token, about: there is room for one batch of the two.
  const enqueuedTokens = (chatLines(30).length / 4) * 1.3;
  await using gateway = await startGateway({ emulator: { limits: { enqueuedTokens } } });
  const { control } = gateway.emulator;
  control.setSpeed(3);
  const client = gateway.openai();
  const create = async (lines: number) => {
    const file = await uploadLines(client, chatLines(lines));
    return createBatch(client, file.id, { metadata: { of: "quota" } });
  };
  const first = await create(30);
  await waitFor(client, first.id, ({ status }) => status === "in_progress");
  const second = await create(20);
  const waiting = await waitFor(client, second.id, (batch) =>
    warningsOf(batch).includes("waiting_for_quota"),
  );
  expect(waiting).toMatchObject({ id: second.id, status: "validating", errors: null });
  control.setSpeed("instant");
  expect(await waitForEnd(client, first.id)).toMatchObject({ status: "completed" });
  const batch = await waitForEnd(client, second.id);
  expect(batch).toMatchObject({ id: second.id, status: "completed", metadata: { of: "quota" } });
  expect(warningsOf(batch)).toEqual([]);
  expect(await readLines(client, batch.output_file_id)).toHaveLength(20);
  const states = control.batches().map(({ state }) => state);
  expect(states.filter((state) => state === "completed")).toHaveLength(2);
  expect(states.filter((state) => state === "failed").length).toBeGreaterThan(0);
}, 90_000);

test.each(PROVIDERS)("a batch that %s has no room for waits and says so", async (provider) => {
  await using world = await startWorld({
    minimumLines: 2,
    config: { limits: { handOverSeconds: 0.1 } },
  });
  const { control } = world.emulators[provider];
  const creates = {
    openai: "/batches$",
    anthropic: "/batches$",
    gemini: "batchGenerateContent$",
    bedrock: "model-invocation-job$",
  };
  const path = creates[provider];
  const status = provider === "bedrock" ? 400 : 429;
  const quota = { __type: "ServiceQuotaExceededException", message: "Too many jobs." };
  control.inject({
    kind: "status",
    status,
    method: "POST",
    path,
    // What is answered 429 is first repeated by the call itself.
    times: provider === "bedrock" ? 2 : 6,
    ...(provider === "bedrock"
      ? { body: quota, headers: { "x-amzn-errortype": "ServiceQuotaExceededException" } }
      : {}),
  });
  const client = world.openai();
  const file = await uploadLines(client, chatLines(3, MODELS[provider]));
  const { id } = await createBatch(client, file.id, { provider });
  await waitFor(client, id, (batch) => warningsOf(batch).includes("waiting_for_quota"));
  const batch = await waitForEnd(client, id);
  expect(batch.request_counts).toEqual({ total: 3, completed: 3, failed: 0 });
  expect(warningsOf(batch)).not.toContain("waiting_for_quota");
  expect(control.batches()).toHaveLength(1);
});

test("a batch that waits for its quota is cancelled at once, and expires with its window", async () => {
  let late = 0;
  await using gateway = await startGateway({
    now: () => Date.now() + late,
    config: { limits: { handOverSeconds: 0.2 } },
  });
  const { control } = gateway.emulator;
  control.inject({ kind: "status", status: 429, method: "POST", path: "/batches$", times: 1_000 });
  const client = gateway.openai();
  const ids = [];
  for (const lines of [2, 3]) {
    const file = await uploadLines(client, chatLines(lines));
    ids.push(createBatch(client, file.id));
  }
  const [one, other] = await Promise.all(ids);
  await client.batches.cancel(String(one?.id));
  expect(await waitForEnd(client, String(one?.id))).toMatchObject({ status: "cancelled" });
  await sleep(100);
  late = 26 * 3_600_000;
  expect(await waitForEnd(client, String(other?.id))).toMatchObject({
    status: "expired",
    request_counts: { total: 3, completed: 0, failed: 3 },
  });
  expect(control.batches()).toEqual([]);
});
