import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  lastJob,
  messageRequest,
  messageRequests,
  readRows,
  waitUntilEnded,
} from "../../support/anthropic-batches.ts";
import { chatLines, createBatch, uploadLines, waitForEnd } from "../../support/batches.ts";
import { MODELS, startWorld, type World } from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

function clientWith(headers: Readonly<Record<string, string>>): Anthropic {
  return new Anthropic({
    baseURL: `${world.url}/anthropic`,
    apiKey: "any",
    maxRetries: 0,
    defaultHeaders: headers,
  });
}

/** What the calls of a kind said to Anthropic, one for each call. */
function sent(kind: "create" | "retrieve" | "results" | "cancel", job: string) {
  const paths = {
    create: "POST /v1/messages/batches",
    retrieve: `GET /v1/messages/batches/${job}`,
    results: `GET /v1/messages/batches/${job}/results`,
    cancel: `POST /v1/messages/batches/${job}/cancel`,
  };
  return world.emulators.anthropic.control
    .journal()
    .filter(({ method, path }) => `${method} ${path}` === paths[kind])
    .map(({ headers }) => [headers["anthropic-version"], headers["anthropic-beta"]]);
}

const BETAS = "output-300k-2026-03-24,context-1m-2025-08-07";

test.each([
  { version: "2026-10-21", beta: BETAS },
  { version: "2026-10-21", beta: undefined },
  { version: "2023-06-01", beta: BETAS },
  { version: "2023-06-01", beta: undefined },
])(
  "version $version and betas $beta travel with the create and with the engine's own calls, after a restart too",
  async ({ version, beta }) => {
    const { control } = world.emulators.anthropic;
    control.clearJournal();
    control.setSpeed(0);
    const headers = {
      "anthropic-version": version,
      ...(beta === undefined ? {} : { "anthropic-beta": beta }),
    };
    const { batches } = clientWith(headers).messages;
    const made = await batches.create({ requests: messageRequests(2, MODELS.anthropic) });
    await world.restart();
    control.setSpeed("instant");
    // Someone else looks after it: the headers are the batch's own.
    const other = new Anthropic({ baseURL: `${world.url}/anthropic`, apiKey: "any" }).messages;
    await waitUntilEnded(other.batches, made.id);
    expect(await readRows(other.batches, made.id)).toHaveLength(2);
    for (const kind of ["create", "retrieve", "results"] as const) {
      const calls = sent(kind, lastJob(world.emulators.anthropic));
      expect([kind, calls]).not.toEqual([kind, []]);
      for (const call of calls) expect([kind, call]).toEqual([kind, [version, beta]]);
    }
  },
);

test("both namespaces say their betas of the request", async () => {
  const { control } = world.emulators.anthropic;
  control.clearJournal();
  const { batches } = world.anthropic().beta.messages;
  const requests = messageRequests(1, MODELS.anthropic);
  const made = await batches.create({ requests, betas: ["interleaved-thinking-2025-05-14"] });
  await waitUntilEnded(world.anthropic().messages.batches, made.id);
  for (const kind of ["create", "results"] as const) {
    expect(sent(kind, made.id)).toEqual([
      ["2026-10-21", expect.stringContaining("interleaved-thinking-2025-05-14")],
    ]);
  }
});

test.each([
  { version: "2023-06-01", type: "succeeded" },
  { version: "2026-10-21", type: "errored" },
])("a temperature under version $version has $type", async ({ version, type }) => {
  const { batches } = clientWith({ "anthropic-version": version }).messages;
  const request = messageRequest("hot", MODELS.anthropic, { temperature: 0.5 });
  const made = await batches.create({ requests: [request] });
  await waitUntilEnded(batches, made.id);
  expect(await readRows(batches, made.id)).toMatchObject([{ custom_id: "hot", result: { type } }]);
});

test.each(["2027-01-01", "banana"])("version %s is refused", async (version) => {
  await expect(
    clientWith({ "anthropic-version": version }).messages.batches.list(),
  ).rejects.toMatchObject({
    status: 400,
    type: "invalid_request_error",
    apiMessage: expect.stringContaining(`"${version}" is not a valid version`),
  });
});

test("batches of OpenAI's SDK stay with the version that their translation is made for", async () => {
  const { control } = world.emulators.anthropic;
  control.clearJournal();
  const client = world.openai();
  const file = await uploadLines(client, chatLines(2, MODELS.anthropic), { provider: "anthropic" });
  const made = await createBatch(client, file.id, { provider: "anthropic" });
  expect(await waitForEnd(client, made.id)).toMatchObject({ status: "completed" });
  expect(sent("create", "")).toEqual([["2023-06-01", undefined]]);
});
