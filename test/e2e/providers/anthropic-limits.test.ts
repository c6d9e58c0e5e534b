import { BadRequestError } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  idsOf,
  messageRequest,
  messageRequests,
  readRows,
  waitUntilEnded,
} from "../../support/anthropic-batches.ts";
import { send } from "../../support/anthropic-requests.ts";
import { exchange } from "../../support/raw-http.ts";
import { blobsOf } from "../../support/stored.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../../support/world.ts";

const BATCH_BYTES = 16 * 1024 * 1024;

let world: World;
beforeAll(async () => {
  world = await startWorld({ minimumLines: 1, config: { limits: { batchBytes: BATCH_BYTES } } });
});
afterAll(() => world.close());

const LONGEST = "Ab0_-".repeat(13).slice(0, 64);
const IDS = ["a", "_", "-", "0", "A", LONGEST, LONGEST.toLowerCase()].sort();

test.each(PROVIDERS)(
  "every custom_id that Anthropic takes comes back from %s",
  async (provider) => {
    const { batches } = world.anthropic({ provider }).messages;
    const requests = IDS.map((id) => messageRequest(id, MODELS[provider]));
    const made = await batches.create({ requests });
    expect(await waitUntilEnded(batches, made.id)).toMatchObject({
      request_counts: { succeeded: IDS.length },
    });
    expect(idsOf(await readRows(batches, made.id))).toEqual(IDS);
  },
);

describe.each(PROVIDERS)("for %s as for every other provider", (provider) => {
  const create = (requests: ReturnType<typeof messageRequests>) =>
    world.anthropic({ provider }).messages.batches.create({ requests });

  test.each([
    { what: "none", ids: [], says: "requests: List should have at least 1 item" },
    {
      what: "one id twice",
      ids: ["a", "b", "a"],
      says: "requests: custom_id's must be unique within a batch. Duplicate custom_id found: a",
    },
    {
      what: "an id with a space",
      ids: ["a", "b c"],
      says: "requests.1.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
    },
    {
      what: "an id of 65 characters",
      ids: [`${LONGEST}x`],
      says: "requests.0.custom_id: String should have at most 64 characters",
    },
  ])("requests with $what are refused, and nothing is kept", async ({ ids, says }) => {
    // Those of batches that ended a moment ago may still go.
    const before = new Set(await blobsOf(world.dataDir));
    const added = async () => (await blobsOf(world.dataDir)).filter((blob) => !before.has(blob));
    const jobs = world.emulators[provider].control.batches().length;
    await expect(
      create(ids.map((id) => messageRequest(id, MODELS[provider]))),
    ).rejects.toMatchObject({
      constructor: BadRequestError,
      apiMessage: expect.stringContaining(says),
    });
    await expect.poll(added).toEqual([]);
    expect(world.emulators[provider].control.batches()).toHaveLength(jobs);
  });
});

test("more than 100,000 requests are refused", async () => {
  const item = '{"custom_id":"i","params":{}}';
  const items = Array.from({ length: 100_001 }, (_, number) => item.replace('i"', `${number}"`));
  const { status, body } = await send(world.url, {
    path: "/v1/messages/batches",
    body: `{"requests":[${items.join(",")}]}`,
  });
  expect([status, body]).toMatchObject([
    400,
    {
      error: {
        type: "invalid_request_error",
        message: "requests: List should have at most 100000 items after validation, not 100001",
      },
    },
  ]);
});

test("a create larger than the limit is refused, and one just below it isn't", async () => {
  const request = messageRequest("a", MODELS.anthropic);
  const large = (bytes: number) => {
    const bare = JSON.stringify({ requests: [request] });
    return bare.replace("Say a.", "x".repeat(bytes - bare.length + "Say a.".length));
  };
  const { status, body } = await send(world.url, {
    path: "/v1/messages/batches",
    body: large(BATCH_BYTES + 1),
  });
  expect([status, body]).toMatchObject([413, { error: { type: "request_too_large" } }]);
  const taken = await send(world.url, { path: "/v1/messages/batches", body: large(BATCH_BYTES) });
  expect([taken.status, taken.body]).toMatchObject([200, { request_counts: { processing: 1 } }]);
});

test.each(["/v1/messages/batches", "/v1/files"])(
  "a provider that nobody knows is refused before the body of %s has arrived",
  async (path) => {
    const type = path.endsWith("files") ? "multipart/form-data; boundary=x" : "application/json";
    const { status, body } = await exchange(
      world.url,
      Buffer.from(
        `POST /anthropic${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: any\r\nanthropic-version: 2023-06-01\r\nx-model-provider: banana\r\ncontent-type: ${type}\r\ncontent-length: 1000000\r\n\r\n`,
      ),
    );
    expect([status, JSON.parse(body.toString())]).toMatchObject([
      400,
      {
        type: "error",
        error: { type: "invalid_request_error", message: expect.stringContaining("'banana'") },
      },
    ]);
  },
);
