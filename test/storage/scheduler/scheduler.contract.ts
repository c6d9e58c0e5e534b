import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import type { SchedulerBed } from "./scheduler.bed.ts";
import { createJournal, startWorker } from "./worker.ts";

const HOUR = 3_600_000;
/** For what takes as long as it takes. */
export const patience = { timeout: 25_000, interval: 10 };

/** What every scheduler promises. */
export function describeScheduler(name: string, createBed: () => Promise<SchedulerBed>): void {
  describe(`${name} scheduler`, { timeout: 60_000 }, () => {
    test("wakes a key at its time, and not before", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const handled = new Map<string, number>();
      await scheduler.work(async (key) => void handled.set(key, Date.now()));
      const now = Date.now();
      const wakes = { past: now - HOUR, now, soon: now + 300, later: now + 700 };
      for (const [key, at] of Object.entries(wakes)) await scheduler.wake(key, at);
      await scheduler.wake("far", now + HOUR);
      await vi.waitFor(() => expect(handled.size).toBe(4), patience);
      const early = Object.entries(wakes).filter(([key, at]) => (handled.get(key) ?? 0) < at);
      expect(early).toEqual([]);
      await vi.waitFor(
        async () => expect(await bed.wakes()).toEqual([{ key: "far", due_at: now + HOUR }]),
        patience,
      );
    });

    test("handles every one of many wakes, each at its own time", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const handled: string[] = [];
      await scheduler.work(async (key) => void handled.push(key));
      const keys = Array.from({ length: 60 }, (_, number) => `key-${number}`);
      await Promise.all(keys.map((key) => scheduler.wake(key, Date.now() + Math.random() * 2_000)));
      await vi.waitFor(() => expect(handled.toSorted()).toEqual(keys.toSorted()), patience);
    });

    test("handles what was due before it began to work", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      await scheduler.wake("early", Date.now());
      const handled: string[] = [];
      await scheduler.work(async (key) => void handled.push(key));
      await vi.waitFor(() => expect(handled).toEqual(["early"]), patience);
    });

    test.each([
      { order: "first", offsets: [0, HOUR] },
      { order: "last", offsets: [HOUR, 0] },
      { order: "between", offsets: [HOUR, 0, 2 * HOUR] },
    ])("keeps only the earliest wake of a key when it comes $order", async ({ offsets }) => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const now = Date.now();
      for (const offset of offsets) await scheduler.wake("key", now + offset);
      const handled: string[] = [];
      await scheduler.work(async (key) => void handled.push(key));
      await untilQuiet(bed);
      expect(handled).toEqual(["key"]);
    });

    test("a wake moved to an earlier time is handled then", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const handled: string[] = [];
      await scheduler.work(async (key) => void handled.push(key));
      await scheduler.wake("key", Date.now() + HOUR);
      await scheduler.wake("key", Date.now() + 100);
      await vi.waitFor(() => expect(handled).toEqual(["key"]), patience);
    });

    test("any number of wakes during handling make the handler run once more", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const started = Promise.withResolvers<void>();
      const mayEnd = Promise.withResolvers<void>();
      let runs = 0;
      let inside = 0;
      await scheduler.work(async () => {
        runs += 1;
        inside += 1;
        expect(inside).toBe(1);
        started.resolve();
        await mayEnd.promise;
        inside -= 1;
      });
      await scheduler.wake("key", Date.now());
      await started.promise;
      for (let count = 0; count < 5; count += 1) await scheduler.wake("key", Date.now());
      await sleep(100);
      expect(runs).toBe(1);
      mayEnd.resolve();
      await untilQuiet(bed);
      expect(runs).toBe(2);
    });

    test("a handler wakes its own key again, now or later", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const delays = [0, 150, 0, 150];
      const due: number[] = [];
      const handledAt: number[] = [];
      await scheduler.work(async (key) => {
        handledAt.push(Date.now());
        const delay = delays.shift();
        if (delay === undefined) return;
        due.push(Date.now() + delay);
        await scheduler.wake(key, Date.now() + delay);
      });
      await scheduler.wake("key", Date.now());
      await vi.waitFor(() => expect(handledAt).toHaveLength(5), patience);
      for (const [index, at] of due.entries()) {
        expect(handledAt[index + 1]).toBeGreaterThanOrEqual(at);
      }
      await untilQuiet(bed);
    });

    test("one handler per key at a time, and no wake lost, under 500 random wakes of 20 keys", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const inside = new Set<string>();
      const lastStart = new Map<string, number>();
      let overlaps = 0;
      let moment = 0;
      await scheduler.work(async (key) => {
        if (inside.has(key)) overlaps += 1;
        inside.add(key);
        lastStart.set(key, (moment += 1));
        await sleep(Math.random() * 20);
        inside.delete(key);
      });
      const lastWake = new Map<string, number>();
      await Promise.all(
        Array.from({ length: 500 }, async () => {
          await sleep(Math.random() * 1_500);
          const key = `key-${Math.floor(Math.random() * 20)}`;
          lastWake.set(key, (moment += 1));
          await scheduler.wake(key, Date.now() + Math.random() * 200);
        }),
      );
      await untilQuiet(bed);
      expect(overlaps).toBe(0);
      expect(lastWake.size).toBe(20);
      const lost = [...lastWake].filter(([key, wokenAt]) => (lastStart.get(key) ?? 0) < wokenAt);
      expect(lost).toEqual([]);
    });

    test("different keys are handled at once, as many as are allowed", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler({ concurrency: 3 });
      const three = Promise.withResolvers<void>();
      let inside = 0;
      let most = 0;
      let ended = 0;
      await scheduler.work(async () => {
        inside += 1;
        most = Math.max(most, inside);
        if (inside === 3) three.resolve();
        await three.promise;
        await sleep(10);
        inside -= 1;
        ended += 1;
      });
      for (let key = 0; key < 10; key += 1) await scheduler.wake(`key-${key}`, Date.now());
      await vi.waitFor(() => expect(ended).toBe(10), patience);
      expect(most).toBe(3);
    });

    test("a handler that throws is run again until it doesn't", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const handledAt: number[] = [];
      await scheduler.work(async () => {
        handledAt.push(Date.now());
        if (handledAt.length < 5) throw new Error("not yet");
      });
      await scheduler.wake("key", Date.now());
      await untilQuiet(bed);
      expect(handledAt).toHaveLength(5);
      for (const [index, least] of [20, 40, 80, 160].entries()) {
        const waited = (handledAt[index + 1] ?? 0) - (handledAt[index] ?? 0);
        expect(waited).toBeGreaterThanOrEqual(least);
      }
    });

    test("a wake is earlier than the back-off of a handler that threw", async () => {
      await using bed = await createBed();
      const backOff = { firstMilliseconds: HOUR, longestMilliseconds: HOUR, random: () => 1 };
      const scheduler = await bed.createScheduler({ backOff });
      let runs = 0;
      await scheduler.work(async () => {
        runs += 1;
        if (runs === 1) throw new Error("not yet");
      });
      await scheduler.wake("key", Date.now());
      await vi.waitFor(async () => {
        const [wake] = await bed.wakes();
        expect(wake?.due_at).toBeGreaterThan(Date.now());
      }, patience);
      await scheduler.wake("key", Date.now());
      await untilQuiet(bed);
      expect(runs).toBe(2);
    });

    test("a wake in a transaction exists if and only if that commits", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const handled: string[] = [];
      await scheduler.work(async (key) => void handled.push(key));
      const rolledBack = bed.database.transaction(async (tables) => {
        await scheduler.wake("rolled back", Date.now(), tables);
        throw new Error("no");
      });
      await expect(rolledBack).rejects.toThrow("no");
      await bed.database.transaction(async (tables) => {
        await scheduler.wake("committed", Date.now(), tables);
        await scheduler.wake("committed too", Date.now() + 100, tables);
        await sleep(700);
        expect(handled).toEqual([]);
      });
      await untilQuiet(bed);
      expect(handled.toSorted()).toEqual(["committed", "committed too"]);
    });

    test("a handler may wake in a transaction of its own", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const handled: string[] = [];
      await scheduler.work(async (key) => {
        handled.push(key);
        if (handled.length < 4) {
          await bed.database.transaction((tables) => scheduler.wake(key, Date.now(), tables));
        }
      });
      await scheduler.wake("key", Date.now());
      await untilQuiet(bed);
      expect(handled).toEqual(["key", "key", "key", "key"]);
    });

    test("stopping takes no new work and waits for what runs", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler({ concurrency: 1 });
      const started = Promise.withResolvers<void>();
      const ended: string[] = [];
      await scheduler.work(async (key, signal) => {
        started.resolve();
        await sleep(300);
        expect(signal.aborted).toBe(false);
        ended.push(key);
      });
      await scheduler.wake("first", Date.now());
      await started.promise;
      await scheduler.wake("second", Date.now());
      await scheduler.stop(20_000);
      expect(ended).toEqual(["first"]);
      expect(await bed.wakes()).toMatchObject([{ key: "second" }]);
    });

    test("stopping aborts what still runs after the grace; the next scheduler handles it again", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      const started = Promise.withResolvers<void>();
      let aborted = false;
      await scheduler.work(async (_key, signal) => {
        started.resolve();
        await sleep(HOUR, undefined, { signal }).finally(() => {
          aborted = signal.aborted;
        });
      });
      await scheduler.wake("key", Date.now());
      await started.promise;
      await scheduler.stop(50);
      expect(aborted).toBe(true);

      const next = await bed.createScheduler();
      const handled: string[] = [];
      await next.work(async (key) => void handled.push(key));
      await untilQuiet(bed);
      expect(handled).toEqual(["key"]);
    });

    test("says how late the oldest due wake is", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      expect(await scheduler.oldestDueSeconds()).toBe(0);
      await scheduler.wake("future", Date.now() + HOUR);
      expect(await scheduler.oldestDueSeconds()).toBe(0);
      await scheduler.wake("late", Date.now() - 60_000);
      await scheduler.wake("later", Date.now() - 5_000);
      expect(await scheduler.oldestDueSeconds()).toBeGreaterThanOrEqual(60);
      await scheduler.work(async () => {});
      await vi.waitFor(async () => expect(await scheduler.oldestDueSeconds()).toBe(0), patience);
    });

    test("is told to work once only", async () => {
      await using bed = await createBed();
      const scheduler = await bed.createScheduler();
      await scheduler.work(async () => {});
      await expect(scheduler.work(async () => {})).rejects.toThrow("once");
    });

    test("after kill -9 in the middle of handlers every key is handled to its end", async () => {
      await using bed = await createBed();
      await using journal = await createJournal();
      const scheduler = await bed.createScheduler();
      const keys = Array.from({ length: 20 }, (_, number) => `key-${number}`);
      for (const key of keys) await scheduler.wake(key, Date.now());

      await using first = startWorker({ address: bed.address, journal, holdMilliseconds: HOUR });
      await vi.waitFor(async () => {
        expect((await journal.lines("start")).length).toBeGreaterThanOrEqual(16);
      }, patience);
      // Waits while the killed handler is run again, for its own time hasn't come.
      const later = Date.now() + HOUR;
      const running = (await journal.lines("start"))[0]?.key ?? "";
      await scheduler.wake(running, later);
      await first.kill();

      await using second = startWorker({ address: bed.address, journal, holdMilliseconds: 0 });
      await vi.waitFor(async () => {
        const ended = await journal.lines("end");
        expect(ended.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
        expect(ended.every(({ pid }) => pid === second.pid)).toBe(true);
      }, patience);
      await vi.waitFor(
        async () => expect(await bed.wakes()).toEqual([{ key: running, due_at: later }]),
        patience,
      );
    });
  });
}

/** Until nothing waits and nothing is being handled. */
export async function untilQuiet(bed: SchedulerBed): Promise<void> {
  await vi.waitFor(async () => expect(await bed.wakes()).toEqual([]), patience);
}
