import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { idsOf, readRows, waitUntilEnded } from "../../support/anthropic-batches.ts";
import { uploadLines } from "../../support/batches.ts";
import { specProblem } from "../../support/specs.ts";
import { startWorld, type World } from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ minimumLines: 1 });
});
afterAll(() => world.close());

type Endpoint = "/v1/responses" | "/v1/embeddings" | "/v1/completions" | "/v1/moderations";

/** A batch of OpenAI's SDK, and its results as Anthropic's reads them. */
async function readThroughAnthropic(
  provider: string,
  { endpoint, body }: { readonly endpoint: Endpoint; readonly body: object },
) {
  const client = world.openai();
  const lines = ["one", "two"].map((custom_id) =>
    JSON.stringify({ custom_id, method: "POST", url: endpoint, body }),
  );
  const file = await uploadLines(client, lines.join("\n"), { provider });
  const named = { headers: { "x-model-provider": provider } };
  const made = await client.batches.create(
    { input_file_id: file.id, endpoint, completion_window: "24h" },
    named,
  );
  const { batches } = world.anthropic().messages;
  const batch = await waitUntilEnded(batches, made.id);
  const rows = await readRows(batches, made.id);
  expect(idsOf(rows)).toEqual(["one", "two"]);
  for (const row of rows) {
    expect(specProblem("anthropic", "MessageBatchIndividualResponse", row)).toBeNull();
  }
  return { batch, rows };
}

describe.each(["openai", "anthropic", "gemini"])("at %s", (provider) => {
  test("answers of /v1/responses are Messages", async () => {
    const model = {
      openai: "gpt-4o-mini",
      anthropic: "claude-3-sonnet-20240229",
      gemini: "gemini-1.5-flash",
    }[provider];
    const body = { model, input: "What is 2+2?", max_output_tokens: 100 };
    const { batch, rows } = await readThroughAnthropic(provider, {
      endpoint: "/v1/responses",
      body,
    });
    expect(batch.request_counts).toMatchObject({ succeeded: 2 });
    for (const { result } of rows) {
      expect(result).toMatchObject({
        type: "succeeded",
        message: {
          content: [{ type: "text", text: expect.stringMatching(/./) }],
          stop_reason: "end_turn",
          usage: { output_tokens: expect.any(Number) },
        },
      });
    }
  });
});

test.each([
  {
    provider: "openai",
    endpoint: "/v1/embeddings",
    body: { model: "text-embedding-3-small", input: "a" },
  },
  {
    provider: "gemini",
    endpoint: "/v1/embeddings",
    body: { model: "gemini-embedding-001", input: "a" },
  },
  {
    provider: "bedrock",
    endpoint: "/v1/embeddings",
    body: { model: "amazon.titan-embed-text-v2:0", input: "a" },
  },
  {
    provider: "openai",
    endpoint: "/v1/moderations",
    body: { model: "omni-moderation-latest", input: "a" },
  },
] as const)(
  "what Anthropic has no words for, $endpoint at $provider, is errored and says so",
  async ({ provider, endpoint, body }) => {
    const { batch, rows } = await readThroughAnthropic(provider, { endpoint, body });
    // What was paid for counts as it is, whoever reads it.
    expect(batch.request_counts).toMatchObject({ processing: 0, succeeded: 2 });
    for (const { result } of rows) {
      expect(result).toMatchObject({
        type: "errored",
        error: {
          type: "error",
          error: { message: expect.stringMatching(/embedding|moderation|no equivalent|can't/i) },
        },
      });
    }
  },
);
