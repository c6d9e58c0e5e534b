import type Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import type { MessageRow } from "../../support/anthropic-batches.ts";
import { type LineHost, startLineHost } from "../../support/line-host.ts";
import { startWorld, type World } from "../../support/world.ts";

const NATIVE = {
  id: "msgbatch_01MadeElsewhere0000000001",
  type: "message_batch",
  processing_status: "ended",
  request_counts: { processing: 0, succeeded: 2, errored: 0, canceled: 0, expired: 0 },
  created_at: "2026-11-28T10:00:00Z",
  expires_at: "2026-11-29T10:00:00Z",
  ended_at: "2026-11-28T10:01:00Z",
  cancel_initiated_at: null,
  archived_at: null,
  results_url: "https://api.anthropic.com/v1/messages/batches/x/results",
};

const FOREIGN = {
  id: "batch_6a1f00000000000000000001",
  object: "batch",
  endpoint: "/v1/chat/completions",
  status: "completed",
  input_file_id: "file-input000000000000001",
  output_file_id: "file-output00000000000001",
  completion_window: "24h",
  created_at: 1_795_860_000,
  completed_at: 1_795_860_060,
  request_counts: { total: 2, completed: 2, failed: 0 },
};

/** Who has a batch that was made elsewhere: in the reader's own family, and in another. */
const HOSTS = {
  anthropic: {
    id: NATIVE.id,
    start: () =>
      startLineHost(
        { [`/v1/messages/batches/${NATIVE.id}`]: NATIVE },
        `/v1/messages/batches/${NATIVE.id}/results`,
      ),
    line: (customId: string) =>
      `{"custom_id":"${customId}","result":{"type":"succeeded","message":{"id":"msg_1"}}}\n`,
  },
  openai: {
    id: FOREIGN.id,
    start: () =>
      startLineHost(
        { [`/batches/${FOREIGN.id}`]: FOREIGN },
        `/files/${FOREIGN.output_file_id}/content`,
      ),
    line: (customId: string) => {
      const message = { role: "assistant", content: "Yes.", refusal: null };
      const body = {
        id: "chatcmpl-1",
        object: "chat.completion",
        created: 1_795_860_030,
        model: "gpt-4o-mini",
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      };
      const response = { status_code: 200, request_id: "r", body };
      return `${JSON.stringify({ id: "b", custom_id: customId, response, error: null })}\n`;
    },
  },
} as const;

type HostName = keyof typeof HOSTS;
const NAMES = Object.keys(HOSTS) as readonly HostName[];

function startWith(provider: HostName, { url }: LineHost): Promise<World> {
  // A client whose connection was cut opens a new one for later, which counts as busy until it is used.
  const shutdownGraceSeconds = 0.5;
  return startWorld({
    config: { shutdownGraceSeconds, providers: { [provider]: { baseUrl: url } } },
  });
}

async function open(world: World, provider: HostName) {
  const client: Anthropic = world.anthropic({ provider });
  const results = await client.messages.batches.results(HOSTS[provider].id);
  return { results, rows: results[Symbol.asyncIterator]() };
}

test.each(NAMES)(
  "a row from %s is with the client before the next has left its provider",
  async (provider) => {
    const { start, line } = HOSTS[provider];
    await using host = await start();
    await using world = await startWith(provider, host);
    const opening = open(world, provider);
    const source = await host.asked;
    source.write(line("first"));
    const { rows } = await opening;
    expect((await rows.next()).value).toMatchObject({
      custom_id: "first",
      result: { type: "succeeded" },
    });
    source.end(line("second"));
    expect((await rows.next()).value).toMatchObject({ custom_id: "second" });
    expect((await rows.next()).done).toBe(true);
  },
);

test.each(NAMES)("a client that leaves lets go of the results at %s", async (provider) => {
  const { start, line } = HOSTS[provider];
  await using host = await start();
  await using world = await startWith(provider, host);
  const opening = open(world, provider);
  const source = await host.asked;
  source.write(line("first"));
  const { results, rows } = await opening;
  await rows.next();
  results.controller.abort();
  await host.abandoned;
  await expect.poll(() => world.log.text()).toContain('"status":499');
  expect(world.log.text()).not.toContain('"level":"error"');
});

test.each(NAMES)("results of %s that break off don't look complete", async (provider) => {
  const { start, line } = HOSTS[provider];
  await using host = await start();
  await using world = await startWith(provider, host);
  const opening = open(world, provider);
  const source = await host.asked;
  source.write(line("first"));
  const { rows } = await opening;
  const read: MessageRow[] = [];
  await expect(async () => {
    for (;;) {
      const { done, value } = await rows.next();
      if (done === true) return;
      read.push(value);
      source.destroy();
    }
  }).rejects.toThrow(/terminated|other side closed|aborted/i);
  expect(read.map(({ custom_id }) => custom_id)).toEqual(["first"]);
});
