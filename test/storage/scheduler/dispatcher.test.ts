import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import {
  createDispatcher,
  type Dispatcher,
  type Turn,
} from "../../../src/storage/scheduler/dispatcher.ts";
import { silentLog } from "./scheduler.bed.ts";

interface Source {
  readonly take: () => Promise<readonly Turn[]>;
  readonly untilNext?: () => Promise<number>;
  readonly pollMilliseconds?: number;
}

function dispatcherOf(source: Source): Dispatcher {
  return createDispatcher({
    untilNext: () => Promise.resolve(Number.POSITIVE_INFINITY),
    pollMilliseconds: 20,
    concurrency: 2,
    now: Date.now,
    backOff: { firstMilliseconds: 1, longestMilliseconds: 1, random: () => 1 },
    log: silentLog,
    ...source,
  });
}

/** Taken once. */
function onlyTurn(settle: () => Promise<void>): () => Promise<readonly Turn[]> {
  const claim = { key: "key", failures: 0 };
  const turns = [{ key: "key", lost: null, claim: () => Promise.resolve(claim), settle }];
  return () => Promise.resolve(turns.splice(0));
}

test("goes on looking after a timer that fired while it was looking", async () => {
  let looks = 0;
  const dispatcher = dispatcherOf({
    async take() {
      looks += 1;
      await sleep(10);
      return [];
    },
    untilNext: () => Promise.resolve(looks === 1 ? 2 : Number.POSITIVE_INFINITY),
  });
  dispatcher.start(async () => {});
  dispatcher.look();
  await vi.waitFor(() => expect(looks).toBeGreaterThan(10), 5_000);
  await dispatcher.stop(0);
});

test("goes on looking after a look that failed, until it is stopped", async () => {
  let looks = 0;
  const dispatcher = dispatcherOf({
    take() {
      looks += 1;
      return looks % 2 === 1 ? Promise.reject(new Error("away")) : Promise.resolve([]);
    },
  });
  dispatcher.start(async () => {});
  await vi.waitFor(() => expect(looks).toBeGreaterThan(10), 5_000);
  await dispatcher.stop(0);
  const atStop = looks;
  dispatcher.look();
  await sleep(100);
  expect(looks).toBe(atStop);
});

test("looks as soon as the next key is due, long before the poll", async () => {
  let looks = 0;
  const dispatcher = dispatcherOf({
    take() {
      looks += 1;
      return Promise.resolve([]);
    },
    untilNext: () => Promise.resolve(looks < 5 ? 5 : Number.POSITIVE_INFINITY),
    pollMilliseconds: 3_600_000,
  });
  dispatcher.start(async () => {});
  await vi.waitFor(() => expect(looks).toBe(5), 5_000);
  dispatcher.look(10);
  await vi.waitFor(() => expect(looks).toBe(6), 5_000);
  await dispatcher.stop(0);
});

test("handles what it took even if the next due time can't be read", async () => {
  let handled = 0;
  const dispatcher = dispatcherOf({
    take: onlyTurn(() => Promise.resolve()),
    untilNext: () => Promise.reject(new Error("away")),
  });
  dispatcher.start(async () => void (handled += 1));
  await vi.waitFor(() => expect(handled).toBe(1), 5_000);
  await dispatcher.stop(0);
});

test("saves the end of a handler again and again, without handling the key again", async () => {
  let settles = 0;
  let handled = 0;
  const dispatcher = dispatcherOf({
    take: onlyTurn(() => {
      settles += 1;
      return settles < 4 ? Promise.reject(new Error("away")) : Promise.resolve();
    }),
  });
  dispatcher.start(async () => void (handled += 1));
  await vi.waitFor(() => expect(settles).toBe(4), 5_000);
  await dispatcher.stop(0);
  expect(handled).toBe(1);
});
