import { expect, test } from "vitest";
import { retry, type RetryOptions } from "../../src/lib/retry.ts";

const policy = {
  attempts: 4,
  firstDelayMilliseconds: 4,
  maxDelayMilliseconds: 10,
  totalMilliseconds: 60_000,
};

async function run(failures: number, changes: Partial<RetryOptions> = {}) {
  const delays: number[] = [];
  let attempts = 0;
  const work = async () => {
    attempts += 1;
    if (attempts <= failures) throw new Error(`failure ${attempts}`);
    return "done";
  };
  const options: RetryOptions = {
    policy,
    signal: new AbortController().signal,
    now: Date.now,
    random: () => 1,
    delayAfter: () => 0,
    onRetry: (_, delay) => void delays.push(delay),
    ...changes,
  };
  const outcome = await retry(work, options).catch((error: unknown) => String(error));
  return { outcome, attempts, delays };
}

test("work that succeeds runs once", async () => {
  expect(await run(0)).toEqual({ outcome: "done", attempts: 1, delays: [] });
});

test("waits grow up to their maximum", async () => {
  expect(await run(3)).toEqual({ outcome: "done", attempts: 4, delays: [4, 8, 10] });
});

test("jitter takes at most half of a wait away", async () => {
  expect((await run(3, { random: () => 0 })).delays).toEqual([2, 4, 5]);
});

test("after the last attempt its error stands", async () => {
  expect(await run(9)).toMatchObject({ outcome: "Error: failure 4", attempts: 4 });
});

test("a final error isn't tried again", async () => {
  expect(await run(9, { delayAfter: () => null })).toMatchObject({ attempts: 1 });
});

test("a wait that was asked for is kept", async () => {
  expect((await run(1, { delayAfter: () => 25 })).delays).toEqual([25]);
});

test("no attempt begins after the total time", async () => {
  const limited = { ...policy, totalMilliseconds: 20 };
  expect(await run(9, { policy: limited, delayAfter: () => 21 })).toMatchObject({
    outcome: "Error: failure 1",
    attempts: 1,
  });
});

test("an abort ends a wait with its reason", async () => {
  const controller = new AbortController();
  const outcome = await run(9, {
    signal: controller.signal,
    delayAfter: () => 50_000,
    onRetry: () => controller.abort(new Error("gone")),
  });
  expect(outcome).toMatchObject({ outcome: "Error: gone", attempts: 1 });
});

test("nothing runs once aborted", async () => {
  const signal = AbortSignal.abort(new Error("gone"));
  expect(await run(0, { signal })).toMatchObject({ outcome: "Error: gone", attempts: 0 });
});
