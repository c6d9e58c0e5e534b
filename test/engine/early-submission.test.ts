import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { EarlySubmission } from "../../src/engine/early-submission.ts";

const never = new AbortController().signal;
const part = { partId: "part", begunAt: 1 };
const chunk = (text: string) => Buffer.from(text);

/** A provider that takes the body to its end, or until it is told to do otherwise. */
function provider({
  takes = 100,
  answer = "job",
}: { takes?: number; answer?: "job" | "none" } = {}) {
  const seen: string[] = [];
  const state = { isWhole: false, error: null as unknown };
  const submit = async (
    open: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>,
    signal: AbortSignal,
  ) => {
    try {
      for await (const each of await open(signal)) {
        seen.push(Buffer.from(each).toString());
        if (seen.length === takes) throw new Error("cut off");
      }
      state.isWhole = true;
      if (answer === "none") throw new Error("no answer");
      return { id: "job", data: {} };
    } catch (error) {
      state.error = error;
      throw error;
    }
  };
  return { seen, state, submit };
}

test("the body ends when the submission is finished, and not before", async () => {
  const there = provider();
  const early = new EarlySubmission(part, there.submit, never);
  await early.send(chunk("one"));
  await early.send(chunk("two"));
  await setImmediate();
  expect([there.seen, there.state.isWhole]).toEqual([["one", "two"], false]);
  expect(await early.finish()).toEqual({ id: "job", data: {} });
  expect([there.state.isWhole, early.hasFailed, early.hasty]).toEqual([true, false, null]);
});

test("one that is finished before its last chunk was taken loses nothing", async () => {
  const there = provider();
  const early = new EarlySubmission(part, there.submit, never);
  const sent = early.send(chunk("last"));
  const job = early.finish();
  await sent;
  expect(await job).toMatchObject({ id: "job" });
  expect(there.seen).toEqual(["last"]);
});

test("the body of one that is given up breaks off", async () => {
  const there = provider();
  const early = new EarlySubmission(part, there.submit, never);
  await early.send(chunk("one"));
  const waiting = early.send(chunk("two"));
  early.abandon();
  await waiting;
  await early.send(chunk("three"));
  await setImmediate();
  expect(there.state).toMatchObject({ isWhole: false, error: expect.any(Error) });
  expect(early.hasFailed).toBe(true);
});

test("the request of one that is given up is aborted", async () => {
  let aborted: AbortSignal | null = null;
  const early = new EarlySubmission(
    part,
    (_open, signal) => {
      aborted = signal;
      return new Promise(() => undefined);
    },
    never,
  );
  early.abandon();
  expect(aborted).toMatchObject({ aborted: true });
});

test("one whose request is cut off takes chunks without waiting, and says so", async () => {
  const there = provider({ takes: 2 });
  const early = new EarlySubmission(part, there.submit, never);
  for (const text of ["one", "two", "three", "four"]) await early.send(chunk(text));
  expect(early.hasFailed).toBe(true);
  expect(there.seen).toEqual(["one", "two"]);
});

test("one whose request never takes anything waits until that ends", async () => {
  const refused = Promise.withResolvers<never>();
  const early = new EarlySubmission(part, () => refused.promise, never);
  let isSent = false;
  const sent = early.send(chunk("one")).then(() => (isSent = true));
  await setImmediate();
  expect(isSent).toBe(false);
  refused.reject(new Error("refused"));
  await sent;
  expect(early.hasFailed).toBe(true);
});

test("what goes wrong after the end is told to whoever finished it", async () => {
  const there = provider({ answer: "none" });
  const early = new EarlySubmission(part, there.submit, never);
  await early.send(chunk("one"));
  await expect(early.finish()).rejects.toThrow("no answer");
  expect(there.state.isWhole).toBe(true);
});

test("a job that is made before the end isn't lost", async () => {
  const early = new EarlySubmission(part, async () => ({ id: "hasty", data: {} }), never);
  await early.send(chunk("one"));
  await early.send(chunk("two"));
  expect(early.hasFailed).toBe(false);
  expect(early.hasty).toMatchObject({ id: "hasty" });
  expect(await early.finish()).toMatchObject({ id: "hasty" });
});
