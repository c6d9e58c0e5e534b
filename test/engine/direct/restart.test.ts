import { expect, test } from "vitest";
import type { BlobStore } from "../../../src/core/blobs.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { SynchronousCalls } from "../../../src/core/provider.ts";
import { idsOf, lineIds, type Once, startDirectStage } from "./direct-stage.ts";

const LINES = 24;
const CONCURRENCY = 3;
/** Calls under way, and results that wait for their write. */
const MOST_REPEATED = 3 * CONCURRENCY;

const PATH = "/chat/completions$";

interface Mortal {
  readonly blobs: BlobStore;
  readonly isDead: () => boolean;
}

/** A process that dies: from its nth use on the store fails, that one having taken effect or not. */
function dieAt(store: BlobStore, use: number, isDone: boolean): Mortal {
  let uses = 0;
  const live = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    uses += 1;
    if (uses < use) return work();
    if (uses === use && isDone) await work();
    throw new GatewayError("storage_unavailable", "Dead.");
  };
  const blobs: BlobStore = {
    ...store,
    put: (key, content, signal) => live(() => store.put(key, content, signal)),
    open: (key, signal, range) => live(() => store.open(key, signal, range)),
    stat: (key, signal) => live(() => store.stat(key, signal)),
    delete: (key, signal) => live(() => store.delete(key, signal)),
    async *list(prefix, signal) {
      await live(async () => null);
      yield* store.list(prefix, signal);
    },
  };
  return { blobs, isDead: () => uses >= use };
}

test.each([
  ["before it takes effect", false],
  ["after it took effect", true],
])("killed at any use of the store, %s, each line has one result in the end", async (_, isDone) => {
  let deaths = 0;
  for (let use = 1; ; use += 1) {
    await using stage = await startDirectStage(LINES, CONCURRENCY);
    stage.control.inject({ kind: "status", status: 500, path: PATH, skip: 5, times: 2 });
    const mortal = dieAt(stage.blobs, use, isDone);
    const first = await stage.run({ blobs: mortal.blobs }).catch((error: unknown) => error);
    if (!mortal.isDead()) break;
    deaths += 1;
    expect(first).toBeInstanceOf(GatewayError);
    const end = await stage.run();
    expect(end).toMatchObject({
      outcome: "completed",
      counts: { total: LINES, completed: LINES, failed: 0 },
      output: { lines: LINES },
    });
    expect(idsOf(await stage.results())).toEqual(lineIds(LINES));
    expect(await stage.keys()).toEqual(["results/part1/raw-output"]);
    expect(stage.control.journal().length).toBeLessThanOrEqual(LINES + 2 + MOST_REPEATED);
  }
  expect(deaths).toBeGreaterThan(20);
});

test("shut down in the middle it keeps what was answered, and repeats only the calls it broke off", async () => {
  await using stage = await startDirectStage(100, CONCURRENCY);
  stage.control.inject({ kind: "slow", milliseconds: 5, path: PATH, times: 1_000 });
  const stopping = new AbortController();
  let answered = 0;
  const calls: SynchronousCalls = {
    ...stage.calls,
    async send(request, signal) {
      const answer = await stage.calls.send(request, signal);
      answered += 1;
      if (answered === 40) stopping.abort(new Error("the gateway shuts down"));
      return answer;
    },
  };
  const options: Once = { calls, signal: stopping.signal };
  await expect(stage.once(options)).rejects.toThrow("the gateway shuts down");
  const end = await stage.run();
  expect(end.counts).toEqual({ total: 100, completed: 100, failed: 0 });
  expect(idsOf(await stage.results())).toEqual(lineIds(100));
  expect(stage.control.journal().length).toBeLessThanOrEqual(100 + CONCURRENCY);
});

test("a process that lost its turn and runs on beside the next spoils nothing", async () => {
  await using stage = await startDirectStage(60, CONCURRENCY);
  stage.control.inject({ kind: "slow", milliseconds: 3, path: PATH, times: 1_000 });
  const ends = await Promise.all([stage.run().catch(String), stage.run().catch(String)]);
  expect(ends).toHaveLength(2);
  const end = await stage.run();
  expect(end).toMatchObject({ outcome: "completed", output: { lines: 60 } });
  expect(idsOf(await stage.results())).toEqual(lineIds(60));
});

test("a failure of what it tells its progress ends the step, and the results stay", async () => {
  await using stage = await startDirectStage(60, CONCURRENCY);
  stage.control.inject({ kind: "slow", milliseconds: 5, path: PATH, times: 1_000 });
  const stale = new GatewayError("stale", "Somebody else has the batch.");
  const onProgress = async () => Promise.reject(stale);
  await expect(stage.once({ run: { onProgress } })).rejects.toBe(stale);
  const sent = stage.control.journal().length;
  expect(sent).toBeLessThan(60);
  await stage.run();
  expect(idsOf(await stage.results())).toEqual(lineIds(60));
  expect(stage.control.journal().length).toBeLessThanOrEqual(60 + CONCURRENCY);
});
