import { request } from "undici";
import { expect, test } from "vitest";
import { chatLines, createBatch, uploadLines, waitFor, waitForEnd } from "../support/batches.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";

/** The samples of ours, by name and labels: `crossbatch_batches{provider="openai",state="completed"}`. */
async function samplesOf(gateway: RunningGateway): Promise<ReadonlyMap<string, number>> {
  const { statusCode, headers, body } = await request(`${gateway.url}/metrics`);
  expect(statusCode).toBe(200);
  expect(headers["content-type"]).toMatch(/^text\/plain/);
  const lines = (await body.text()).split("\n").filter((line) => line.startsWith("crossbatch_"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

test("the metrics count what happened: requests, calls, states, lines and bytes", async () => {
  await using gateway = await startGateway();
  const client = gateway.openai();
  const text = chatLines(8);
  const file = await uploadLines(client, text);
  gateway.emulator.control.setSpeed(0);
  const created = await createBatch(client, file.id);
  await gateway.emulator.control.run(created.id, 2);
  await waitFor(client, created.id, (batch) => batch.status === "in_progress");
  gateway.emulator.control.setSpeed("instant");
  const batch = await waitForEnd(client, created.id);
  const requests = chatLines(2)
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  gateway.emulator.control.setSpeed(0);
  const inline = await createBatch(client, "", { requests });
  await client.batches.cancel(inline.id);
  const inlineBytes = (await client.files.retrieve(inline.input_file_id)).bytes;

  const output = await (await client.files.content(String(batch.output_file_id))).text();
  const range = { headers: { range: "bytes=0-9" } };
  await request(`${gateway.url}/v1/files/${file.id}/content`, range).then(({ body }) =>
    body.dump(),
  );
  await client.files.retrieve("file-nope").catch(() => undefined);

  const samples = await samplesOf(gateway);
  const states = (state: string) =>
    samples.get(`crossbatch_batches{provider="openai",state="${state}"}`);
  const reached = (state: string) =>
    samples.get(`crossbatch_batch_states_total{provider="openai",state="${state}"}`);
  expect(states("completed")).toBe(1);
  expect(states("cancelling")).toBe(1);
  expect(states("in_progress")).toBeUndefined();
  expect(
    ["validating", "in_progress", "finalizing", "completed", "cancelling"].map(reached),
  ).toEqual([2, 1, 1, 1, 1]);
  const moved = (what: string) => samples.get(`crossbatch_${what}`);
  expect(moved('bytes_total{direction="in"}')).toBe(text.length + inlineBytes);
  expect(moved('lines_total{direction="in"}')).toBe(8 + 2);
  expect(moved('bytes_total{direction="out"}')).toBe(Buffer.byteLength(output) + 10);
  expect(moved('lines_total{direction="out"}')).toBe(8);
  const calls = (operation: string) =>
    samples.get(
      `crossbatch_upstream_calls_total{provider="openai",operation="${operation}",status="200"}`,
    );
  expect([calls("files.create"), calls("batches.create"), calls("files.content")]).toEqual([
    2, 2, 1,
  ]);
  expect(calls("batches.retrieve")).toBeGreaterThan(1);
  const served = (method: string, route: string, status: number) =>
    samples.get(
      `crossbatch_http_requests_total{method="${method}",route="${route}",status="${status}"}`,
    );
  expect(served("POST", "/openai/files", 200)).toBe(1);
  expect(served("POST", "/openai/batches", 200)).toBe(2);
  expect(served("GET", "/v1/files/:id/content", 206)).toBe(1);
  expect(served("GET", "/openai/files/:id", 404)).toBe(1);
  expect(samples.get("crossbatch_queue_age_seconds")).toBeLessThan(5);
});

test("a download that its client gave up isn't counted as handed out", async () => {
  await using gateway = await startGateway();
  const file = await gateway.openai().files.create({
    file: new File([Buffer.alloc(30_000_000)], "big.bin"),
    purpose: "user_data",
  });
  const { body } = await request(`${gateway.url}/v1/files/${file.id}/content`);
  for await (const _chunk of body) break;
  await expect.poll(() => gateway.log.text()).toContain('"status":499');
  const samples = await samplesOf(gateway);
  expect(samples.get('crossbatch_bytes_total{direction="out"}') ?? 0).toBe(0);
});
