import { NotFoundError } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  idsOf,
  messageRequests,
  readRows,
  untilCancelled,
  waitUntilEnded,
} from "../../support/anthropic-batches.ts";
import {
  chatLines,
  createBatch,
  readLines,
  uploadLines,
  waitForEnd,
} from "../../support/batches.ts";
import { specProblem } from "../../support/specs.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ minimumLines: 1, speed: 0 });
});
afterAll(() => world.close());
beforeEach(() => {
  for (const provider of PROVIDERS) {
    world.emulators[provider].control.clearLines();
    world.emulators[provider].control.setSpeed(0);
  }
});

const IDS = ["line-1", "line-2", "line-3"];

/** The gateway's own id of a batch, whichever SDK shows it. */
function ownId(batch: object): string {
  return (batch as { readonly crossbatch: { readonly id: string } }).crossbatch.id;
}

describe.each(PROVIDERS)("one batch at %s through both SDKs", (provider) => {
  const anthropic = () => world.anthropic({ provider }).messages.batches;
  const openai = () => world.openai();
  const named = { headers: { "x-model-provider": provider } };
  const steering = () => world.emulators[provider].control;

  test("made with Anthropic's, it is listed, read and its results downloaded with OpenAI's", async () => {
    steering().failLine("line-2", { status: 400 });
    const requests = messageRequests(3, MODELS[provider]);
    const made = await anthropic().create({ requests });
    // Both dresses of our own id, and whatever either SDK shows.
    const shown = await openai().batches.retrieve(made.id);
    expect(shown).toMatchObject({
      object: "batch",
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      input_file_id: expect.any(String),
    });
    expect(ownId(shown)).toBe(ownId(made));
    for (const id of [shown.id, `batch_${ownId(made)}`, `msgbatch_${ownId(made)}`, made.id]) {
      expect(await openai().batches.retrieve(id)).toMatchObject({ id: shown.id });
      expect(await anthropic().retrieve(id)).toMatchObject({ id: made.id });
    }
    for (const options of [{}, named]) {
      const { data } = await openai().batches.list({}, options);
      expect(data.filter((each) => ownId(each) === ownId(made))).toEqual([
        expect.objectContaining({ id: shown.id }),
      ]);
    }
    steering().setSpeed("instant");
    const ended = await waitForEnd(openai(), shown.id);
    expect(specProblem("openai", "Batch", ended)).toBeNull();
    expect(ended).toMatchObject({
      status: "completed",
      request_counts: { total: 3, completed: 2, failed: 1 },
      output_file_id: expect.stringMatching(/^file-/),
      error_file_id: expect.stringMatching(/^file-/),
    });
    const output = await readLines(openai(), ended.output_file_id);
    const errors = await readLines(openai(), ended.error_file_id);
    expect(idsOf([...output, ...errors])).toEqual(IDS);
    for (const line of output) {
      expect(line).toMatchObject({
        response: {
          status_code: 200,
          body: { object: "chat.completion", choices: [{ index: 0 }] },
        },
        error: null,
      });
    }
    expect(errors).toMatchObject([
      {
        custom_id: "line-2",
        response: { status_code: 400, body: { error: { message: expect.any(String) } } },
      },
    ]);
    const input = await (await openai().files.content(ended.input_file_id)).text();
    expect(input).toBe(requests.map((each) => `${JSON.stringify(each)}\n`).join(""));
    expect(idsOf(await readRows(anthropic(), shown.id))).toEqual(IDS);
  });

  test("made with OpenAI's, it is listed, read and its results streamed with Anthropic's", async () => {
    steering().failLine("line-3", { status: 429 });
    const file = await uploadLines(openai(), chatLines(3, MODELS[provider]), { provider });
    const made = await createBatch(openai(), file.id, { provider });
    const shown = await anthropic().retrieve(made.id);
    expect(specProblem("anthropic", "MessageBatch", shown)).toBeNull();
    expect(shown).toMatchObject({
      processing_status: "in_progress",
      request_counts: { processing: 3, succeeded: 0 },
      results_url: null,
    });
    for (const id of [shown.id, made.id, `batch_${ownId(made)}`, `msgbatch_${ownId(made)}`]) {
      expect(await anthropic().retrieve(id)).toMatchObject({ id: shown.id });
      expect(await openai().batches.retrieve(id)).toMatchObject({ id: made.id });
    }
    for (const list of [anthropic().list(), world.anthropic().messages.batches.list()]) {
      const found = (await list).data.filter((each) => ownId(each) === ownId(made));
      expect(found).toEqual([expect.objectContaining({ id: shown.id })]);
    }
    steering().setSpeed("instant");
    const ended = await waitUntilEnded(anthropic(), made.id);
    expect(ended.request_counts).toMatchObject({ processing: 0, succeeded: 2, errored: 1 });
    const rows = await readRows(anthropic(), ended.id);
    expect(idsOf(rows)).toEqual(IDS);
    for (const row of rows) {
      expect(specProblem("anthropic", "MessageBatchIndividualResponse", row)).toBeNull();
      expect(row.result.type).toBe(row.custom_id === "line-3" ? "errored" : "succeeded");
    }
    expect(rows.find(({ custom_id }) => custom_id === "line-3")?.result).toMatchObject({
      error: { type: "error", error: { type: "rate_limit_error" } },
    });
  });

  test("cancelled in one it is cancelled in the other, and deleted in one it is gone in the other", async () => {
    const listedIds = async () => (await openai().batches.list({}, named)).data.map(({ id }) => id);
    const before = await listedIds();
    const requests = messageRequests(3, MODELS[provider]);
    const byAnthropic = await anthropic().create({ requests });
    steering().clearJournal();
    const cancelling = await openai().batches.cancel(byAnthropic.id);
    expect(cancelling.status).toBe("cancelling");
    expect(await anthropic().retrieve(byAnthropic.id)).toMatchObject({
      processing_status: "canceling",
    });
    const file = await uploadLines(openai(), chatLines(3, MODELS[provider]), { provider });
    const byOpenAI = await createBatch(openai(), file.id, { provider });
    expect(await anthropic().cancel(byOpenAI.id)).toMatchObject({
      processing_status: "canceling",
    });
    await untilCancelled({ control: steering() }, 2);
    steering().setSpeed("instant");
    for (const { id } of [byAnthropic, byOpenAI]) {
      const ended = await waitForEnd(openai(), id);
      expect(ended).toMatchObject({ status: "cancelled", request_counts: { total: 3 } });
      const errors = await readLines(openai(), ended.error_file_id);
      expect(errors.map(({ error }) => error?.code)).toEqual(IDS.map(() => "batch_cancelled"));
      const rows = await readRows(anthropic(), id);
      expect(rows.map(({ result }) => result.type)).toEqual(IDS.map(() => "canceled"));
      await anthropic().delete(id);
      for (const again of [id, ended.id, `msgbatch_${ownId(ended)}`, `batch_${ownId(ended)}`]) {
        await expect(anthropic().retrieve(again)).rejects.toThrow(NotFoundError);
        await expect(openai().batches.retrieve(again)).rejects.toMatchObject({ status: 404 });
      }
      for (const options of [{}, named]) {
        const { data } = await openai().batches.list({}, options);
        expect(data.map((each) => each.id)).not.toContain(ended.id);
        expect(data.map(ownId)).not.toContain(ownId(ended));
      }
      await expect(openai().files.content(ended.error_file_id ?? "")).rejects.toMatchObject({
        status: 404,
      });
    }
    expect(await (await openai().files.content(file.id)).text()).toBe(
      chatLines(3, MODELS[provider]),
    );
    expect(await listedIds()).toEqual(before);
  });
});
