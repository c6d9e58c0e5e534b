import { Agent, request } from "undici";
import { describe, expect, test } from "vitest";
import { chatLines, createBatch, uploadLines, waitFor, waitForEnd } from "../support/batches.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";

function pollsOf(gateway: RunningGateway, id: string): number {
  return gateway.emulator.control
    .journal()
    .filter((entry) => entry.method === "GET" && entry.path.endsWith(`/batches/${id}`)).length;
}

async function startRunning(gateway: RunningGateway): Promise<string> {
  const client = gateway.openai();
  gateway.emulator.control.setSpeed(0);
  const file = await uploadLines(client, chatLines(5));
  const { id } = await createBatch(client, file.id);
  await gateway.emulator.control.run(id, 2);
  await waitFor(client, id, (batch) => batch.request_counts?.completed === 2);
  return id;
}

describe("while its provider", () => {
  test.each([
    { what: "is down", fault: { kind: "status", status: 503, times: 1_000 } },
    { what: "resets every connection", fault: { kind: "reset", times: 1_000 } },
    { what: "refuses the key", fault: { kind: "status", status: 401, times: 1_000 } },
    {
      what: "asks for a pause",
      fault: { kind: "status", status: 429, retryAfterSeconds: 60, times: 1_000 },
    },
    { what: "answers nonsense", fault: { kind: "status", status: 200, body: "{}", times: 1_000 } },
  ] as const)(
    "$what, a batch is as it was last seen, and the provider isn't asked for each client",
    async ({ fault }) => {
      await using gateway = await startGateway({ config: { pollSeconds: 1 } });
      const client = gateway.openai();
      const id = await startRunning(gateway);
      const seen = await client.batches.retrieve(id);
      gateway.emulator.control.inject({ ...fault, method: "GET", path: "/batches/" });
      gateway.emulator.control.clearJournal();
      for (let round = 0; round < 30; round += 1) {
        const batches = await Promise.all(
          Array.from({ length: 10 }, () => client.batches.retrieve(id)),
        );
        for (const batch of batches) expect(batch).toEqual(seen);
      }
      expect(pollsOf(gateway, id)).toBeLessThan(15);
      gateway.emulator.control.clearFaults();
      gateway.emulator.control.setSpeed("instant");
      expect((await waitForEnd(client, id)).status).toBe("completed");
    },
  );

  test("can't be reached, what is here already is served all the same", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(5));
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    gateway.emulator.control.outageFor(60_000);
    expect(await client.batches.retrieve(batch.id)).toEqual(batch);
    expect((await client.batches.list()).data).toEqual([batch]);
    expect((await client.files.list()).data).toHaveLength(2);
    for (const id of [file.id, String(batch.output_file_id)]) {
      const { bytes } = await client.files.retrieve(id);
      expect((await (await client.files.content(id)).arrayBuffer()).byteLength).toBe(bytes);
    }
  });
});

test("a thousand clients that poll at the same time are all answered", async () => {
  await using gateway = await startGateway({ config: { pollSeconds: 1, log: { level: "warn" } } });
  const id = await startRunning(gateway);
  gateway.emulator.control.clearJournal();
  const agent = new Agent({ connections: 1_000, pipelining: 1 });
  const rounds = 5;
  const statuses = new Map<string, number>();
  await Promise.all(
    Array.from({ length: 1_000 }, async () => {
      for (let round = 0; round < rounds; round += 1) {
        const { statusCode, body } = await request(`${gateway.url}/v1/batches/${id}`, {
          dispatcher: agent,
        });
        const { status } = (await body.json()) as { readonly status: string };
        const answer = `${statusCode} ${status}`;
        statuses.set(answer, (statuses.get(answer) ?? 0) + 1);
      }
    }),
  );
  await agent.close();
  expect(Object.fromEntries(statuses)).toEqual({ "200 in_progress": 1_000 * rounds });
  expect(pollsOf(gateway, id)).toBeLessThan(100);
});
