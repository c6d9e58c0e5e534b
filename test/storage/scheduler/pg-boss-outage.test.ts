import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test, vi } from "vitest";
import { canRun, startOwnCluster } from "../../support/postgres.ts";
import { createBed } from "./scheduler.bed.ts";
import { patience, untilQuiet } from "./scheduler.contract.ts";

const HOUR = 3_600_000;
const cluster = await startOwnCluster();

afterAll(async () => {
  await cluster?.destroy();
});

describe.runIf(canRun(cluster !== null, "restarts of PostgreSQL under the scheduler"))(
  "the pg-boss scheduler when its database goes away and comes back",
  { timeout: 90_000 },
  () => {
    test.each(["fast", "immediate"] as const)("loses no wake when it stops (%s)", async (how) => {
      if (cluster === null) throw new Error("no cluster");
      await using bed = await createBed(cluster.url, async () => {});
      const scheduler = await bed.createScheduler();
      const started = Promise.withResolvers<void>();
      const mayEnd = Promise.withResolvers<void>();
      const handled: string[] = [];
      await scheduler.work(async (key) => {
        if (key === "across") {
          started.resolve();
          await mayEnd.promise;
        }
        handled.push(key);
      });
      await scheduler.wake("across", Date.now());
      await started.promise;
      await scheduler.wake("meanwhile", Date.now() + 1_500);
      await scheduler.wake("far", Date.now() + HOUR);

      await cluster.stop(how);
      await expect(scheduler.wake("refused", Date.now())).rejects.toMatchObject({
        code: "storage_unavailable",
      });
      await sleep(1_000);
      mayEnd.resolve();
      await sleep(2_000);
      expect(handled).toEqual(["across"]);
      await cluster.start();

      await vi.waitFor(() => expect(handled).toContain("meanwhile"), patience);
      await vi.waitFor(
        async () => expect(await bed.wakes()).toMatchObject([{ key: "far" }]),
        patience,
      );
      await scheduler.wake("afterwards", Date.now());
      await scheduler.wake("far", Date.now());
      await untilQuiet(bed);
      expect(new Set(handled)).toEqual(new Set(["across", "meanwhile", "afterwards", "far"]));
    });

    test("stops while the database is away; the next start handles what was left", async () => {
      if (cluster === null) throw new Error("no cluster");
      await using bed = await createBed(cluster.url, async () => {});
      const scheduler = await bed.createReplica();
      const started = Promise.withResolvers<void>();
      await scheduler.work(async (_key, signal) => {
        started.resolve();
        await sleep(HOUR, undefined, { signal });
      });
      await scheduler.wake("key", Date.now());
      await started.promise;
      await cluster.stop("immediate");
      await scheduler.stop(0);
      await cluster.start();

      const next = await bed.createReplica();
      const handled: string[] = [];
      await next.work(async (key) => void handled.push(key));
      await untilQuiet(bed);
      expect(handled).toEqual(["key"]);
    });
  },
);
