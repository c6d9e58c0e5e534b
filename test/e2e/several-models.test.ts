import { expect, test } from "vitest";
import { chatLine, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { MODELS, startWorld } from "../support/world.ts";

const OTHERS = {
  openai: "gpt-4o",
  gemini: "gemini-2.5-flash",
  bedrock: "amazon.nova-lite-v1:0",
} as const;
const providers = ["openai", "gemini", "bedrock"] as const;

const LINES = 12;

function mixedLines(models: readonly string[], lines = LINES): string {
  return Array.from({ length: lines }, (_, at) =>
    chatLine(`line-${at + 1}`, { model: models[at % models.length], max_tokens: 20 }),
  ).join("\n");
}

const inOrder = Array.from({ length: LINES }, (_, at) => `line-${at + 1}`);

function crossbatchOf(batch: object) {
  return (batch as { crossbatch: { mode: string; warnings: readonly { code: string }[] } })
    .crossbatch;
}

test.each(providers)("lines of two models are two jobs of %s and one batch", async (provider) => {
  await using world = await startWorld({ minimumLines: 3 });
  const client = world.openai();
  const file = await uploadLines(client, mixedLines([MODELS[provider], OTHERS[provider]]));
  const { id } = await createBatch(client, file.id, { provider });
  const batch = await waitForEnd(client, id);
  expect(batch).toMatchObject({
    id,
    status: "completed",
    request_counts: { total: LINES, completed: LINES, failed: 0 },
  });
  const jobs = world.emulators[provider].control.batches();
  expect(jobs.map(({ lines }) => lines)).toEqual([LINES / 2, LINES / 2]);
  const results = await readLines(client, batch.output_file_id);
  expect(results.map(({ custom_id }) => custom_id)).toEqual(inOrder);
});

test("a model with too few lines for a job is run directly, the others as a job", async () => {
  await using world = await startWorld({ minimumLines: 4 });
  const client = world.openai();
  const { bedrock } = MODELS;
  const models = [bedrock, bedrock, bedrock, OTHERS.bedrock];
  const file = await uploadLines(client, mixedLines(models));
  const created = await createBatch(client, file.id, { provider: "bedrock" });
  const batch = await waitForEnd(client, created.id);
  expect(world.emulators.bedrock.control.batches().map(({ lines }) => lines)).toEqual([9]);
  expect(crossbatchOf(batch).warnings.map(({ code }) => code)).toContain("direct_run");
  const results = await readLines(client, batch.output_file_id);
  expect(results.map(({ custom_id }) => custom_id)).toEqual(inOrder);
});

test.each([
  {
    what: "a model that the client named for the batch",
    model: "gpt-4o-mini",
    lines: mixedLines(["gpt-4o-mini", "gpt-4o"]),
    code: "mismatched_model",
    line: 2,
  },
  {
    what: "a line without any",
    model: undefined,
    lines: `${mixedLines(["gpt-4o-mini", "gpt-4o"])}\n${chatLine("none", { model: undefined })}`,
    code: "invalid_request",
    line: LINES + 1,
  },
  {
    what: "an id that two models' lines share",
    model: undefined,
    lines: `${mixedLines(["gpt-4o-mini", "gpt-4o"])}\n${chatLine("line-2")}`,
    code: "duplicate_custom_id",
    line: LINES + 1,
  },
])("several models are refused with $what", async ({ model, lines, code, line }) => {
  await using gateway = await startGateway();
  const client = gateway.openai();
  const file = await uploadLines(client, lines);
  const batch = await waitForEnd(client, (await createBatch(client, file.id, { model })).id);
  expect(batch).toMatchObject({ status: "failed", errors: { data: [{ code, line }] } });
  expect(gateway.emulator.control.batches()).toEqual([]);
});

test("a cancel is one of all Parts, and each line has its result in the input's order", async () => {
  await using gateway = await startGateway();
  const { control } = gateway.emulator;
  control.setSpeed(0);
  const client = gateway.openai();
  const file = await uploadLines(client, mixedLines(["gpt-4o-mini", "gpt-4o"]));
  const { id } = await createBatch(client, file.id);
  await expect.poll(() => control.batches().length).toBe(2);
  for (const job of control.batches()) await control.run(job.id, 2);
  await client.batches.cancel(id);
  control.setSpeed("instant");
  const batch = await waitForEnd(client, id);
  expect(batch.status).toBe("cancelled");
  const done = await readLines(client, batch.output_file_id);
  const failed = await readLines(client, batch.error_file_id);
  const number = ({ custom_id }: { readonly custom_id: string }) => Number(custom_id.slice(5));
  for (const lines of [done, failed]) {
    expect(lines.map(number)).toEqual(lines.map(number).toSorted((one, other) => one - other));
  }
  expect([...done, ...failed].map(number).sort((one, other) => one - other)).toEqual(
    inOrder.map((_, at) => at + 1),
  );
});
