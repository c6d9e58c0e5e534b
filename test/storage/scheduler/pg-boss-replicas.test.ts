import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { canRun, createTestDatabase } from "../../support/postgres.ts";
import { createPostgresBed } from "./scheduler.bed.ts";
import { patience, untilQuiet } from "./scheduler.contract.ts";
import { createJournal, startWorker } from "./worker.ts";

const HOUR = 3_600_000;
const probe = await createTestDatabase();
await probe?.drop();

describe.runIf(canRun(probe !== null, "replicas of the scheduler"))(
  "replicas of the pg-boss scheduler",
  { timeout: 60_000 },
  () => {
    test("four start at once on an empty database and share the work", async () => {
      await using bed = await createPostgresBed();
      const options = { concurrency: 1 };
      const replicas = await Promise.all([1, 2, 3, 4].map(() => bed.createReplica(options)));
      const four = Promise.withResolvers<void>();
      const inside = new Set<number>();
      for (const [number, replica] of replicas.entries()) {
        await replica.work(async () => {
          inside.add(number);
          if (inside.size === 4) four.resolve();
          await four.promise;
        });
      }
      for (const key of ["a", "b", "c", "d"]) await replicas[0]?.wake(key, Date.now());
      await untilQuiet(bed);
      expect(inside.size).toBe(4);
    });

    test("one handler per key at a time, and no wake lost, over three replicas", async () => {
      await using bed = await createPostgresBed();
      const replicas = await Promise.all([1, 2, 3].map(() => bed.createReplica()));
      const inside = new Set<string>();
      const lastStart = new Map<string, number>();
      let overlaps = 0;
      let moment = 0;
      for (const replica of replicas) {
        await replica.work(async (key) => {
          if (inside.has(key)) overlaps += 1;
          inside.add(key);
          lastStart.set(key, (moment += 1));
          await sleep(Math.random() * 20);
          inside.delete(key);
        });
      }
      const lastWake = new Map<string, number>();
      await Promise.all(
        Array.from({ length: 500 }, async (_, number) => {
          await sleep(Math.random() * 1_500);
          const key = `key-${Math.floor(Math.random() * 20)}`;
          lastWake.set(key, (moment += 1));
          await replicas[number % 3]?.wake(key, Date.now() + Math.random() * 200);
        }),
      );
      await untilQuiet(bed);
      expect(overlaps).toBe(0);
      const lost = [...lastWake].filter(([key, wokenAt]) => (lastStart.get(key) ?? 0) < wokenAt);
      expect(lost).toEqual([]);
    });

    test("the key of a killed replica is handled by another", async () => {
      await using bed = await createPostgresBed();
      await using journal = await createJournal();
      const scheduler = await bed.createScheduler();
      await using first = startWorker({ address: bed.address, journal, holdMilliseconds: HOUR });
      await scheduler.wake("key", Date.now());
      await vi.waitFor(async () => expect(await journal.lines("start")).toHaveLength(1), patience);

      await using second = startWorker({ address: bed.address, journal, holdMilliseconds: 0 });
      await vi.waitFor(async () => expect(await journal.lines("ready")).toHaveLength(2), patience);
      await first.kill();
      await vi.waitFor(
        async () => expect(await journal.lines("end")).toEqual([{ key: "key", pid: second.pid }]),
        patience,
      );
      await untilQuiet(bed);
    });

    test("a later wake doesn't put off the key of a killed replica", async () => {
      await using bed = await createPostgresBed();
      await using journal = await createJournal();
      const scheduler = await bed.createScheduler();
      await using first = startWorker({ address: bed.address, journal, holdMilliseconds: HOUR });
      await scheduler.wake("key", Date.now());
      await vi.waitFor(async () => expect(await journal.lines("start")).toHaveLength(1), patience);
      await first.kill();
      await vi.waitFor(async () => expect(await bed.jobStates()).toEqual(["retry"]), patience);

      const later = Date.now() + HOUR;
      await scheduler.wake("key", later);
      await using second = startWorker({ address: bed.address, journal, holdMilliseconds: 0 });
      await vi.waitFor(
        async () => expect(await journal.lines("end")).toEqual([{ key: "key", pid: second.pid }]),
        patience,
      );
      await vi.waitFor(async () => expect(await bed.jobStates()).toEqual(["created"]), patience);
      expect(await bed.wakes()).toEqual([{ key: "key", due_at: later }]);
    });

    test("a paused replica loses its key, learns of it, and ends nothing of the other's", async () => {
      await using bed = await createPostgresBed();
      await using journal = await createJournal();
      const scheduler = await bed.createScheduler();
      await using first = startWorker({ address: bed.address, journal, holdMilliseconds: HOUR });
      await scheduler.wake("key", Date.now());
      await vi.waitFor(async () => expect(await journal.lines("start")).toHaveLength(1), patience);

      first.pause();
      await using second = startWorker({ address: bed.address, journal, holdMilliseconds: 4_000 });
      await vi.waitFor(async () => expect(await journal.lines("start")).toHaveLength(2), patience);
      first.resume();
      await vi.waitFor(
        async () =>
          expect(await journal.lines("aborted")).toEqual([{ key: "key", pid: first.pid }]),
        patience,
      );
      await vi.waitFor(
        async () => expect(await journal.lines("end")).toEqual([{ key: "key", pid: second.pid }]),
        patience,
      );
      await untilQuiet(bed);
      expect(await journal.lines("start")).toHaveLength(2);
    });

    test("wakes whose jobs were lost are delivered at the next start", async () => {
      await using bed = await createPostgresBed();
      const scheduler = await bed.createScheduler();
      for (const key of ["one", "two"]) await scheduler.wake(key, Date.now());
      await bed.emptyJobs();
      const next = await bed.createScheduler();
      const handled: string[] = [];
      await next.work(async (key) => void handled.push(key));
      await untilQuiet(bed);
      expect(handled.toSorted()).toEqual(["one", "two"]);
    });
  },
);
