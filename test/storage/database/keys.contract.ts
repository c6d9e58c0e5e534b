import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../../src/core/storage.ts";
import { executorOf } from "../../../src/storage/database/connection.ts";
import { openDatabase } from "../../../src/storage/database/database.ts";
import type { Place } from "./database.contract.ts";
import { aBatch } from "./samples.ts";

const TERMS = {
  name: "search",
  owner: "ann",
  providers: ["openai"],
  models: null,
  s3: ["s3://bucket/ann"],
  expiresAt: 1_790_000_000_123,
  limits: {
    requestsPerMinute: 5,
    linesPerDay: null,
    bytesPerDay: 5_000_000_000,
    concurrentBatches: 1,
  },
} as const;
const KEY = { id: "k1", hash: "h1", hint: "cb-1234", terms: TERMS, createdAt: 5, revokedAt: null };

/** What every database must do with virtual keys. */
export function keysContract(createPlace: () => Promise<Place>): void {
  describe("virtual keys", () => {
    let place: Place;
    let database: Database;

    beforeAll(async () => {
      place = await createPlace();
      database = await openDatabase(await place.open());
    });

    beforeEach(async () => {
      for (const table of ["key_batches", "key_uses", "virtual_keys"] as const) {
        await executorOf(database).deleteFrom(table).execute();
      }
    });

    afterAll(async () => {
      await database?.close();
      await place?.remove();
    });

    test("a key comes back as it was, by hash, by name and in the list", async () => {
      expect(await database.keys.any()).toBe(false);
      await database.keys.insert(KEY);
      expect(await database.keys.any()).toBe(true);
      expect(await database.keys.byHash("h1")).toEqual(KEY);
      expect(await database.keys.byName("search")).toEqual(KEY);
      expect(await database.keys.list()).toEqual([KEY]);
      expect(await database.keys.byHash("h2")).toBeNull();
    });

    test("no two keys have one name", async () => {
      await database.keys.insert(KEY);
      const again = database.keys.insert({ ...KEY, id: "k2", hash: "h2" });
      await expect(again).rejects.toMatchObject({ code: "conflict" });
    });

    test("a key gets another hash, and is revoked", async () => {
      await database.keys.insert(KEY);
      await database.keys.update("k1", { hash: "h2", hint: "cb-5678" });
      await database.keys.update("k1", { revokedAt: 7 });
      expect(await database.keys.byHash("h1")).toBeNull();
      expect(await database.keys.byHash("h2")).toMatchObject({ hint: "cb-5678", revokedAt: 7 });
    });

    test("what a key uses on a day is added up, also by many at once", async () => {
      const more = { lines: 1, bytes: 2 ** 31 };
      await Promise.all(
        Array.from({ length: 8 }, () =>
          database.transaction(({ keys }) => keys.use("k1", 20_000, more)),
        ),
      );
      const nothing = { lines: 0, bytes: 0 };
      expect(await database.keys.use("k1", 20_000, nothing)).toEqual({ lines: 8, bytes: 2 ** 34 });
      expect(await database.keys.use("k1", 20_001, nothing)).toEqual(nothing);
      expect(await database.keys.use("k2", 20_000, nothing)).toEqual(nothing);
    });

    test("a key's batches are counted while they are unfinished", async () => {
      for (const state of ["in_progress", "cancelling", "completed"] as const) {
        const batch = aBatch({ state });
        await database.batches.insert(batch);
        await database.keys.saveBatch("k1", batch.id);
      }
      expect(await database.keys.unfinishedBatches("k1")).toBe(2);
      expect(await database.keys.unfinishedBatches("k2")).toBe(0);
    });
  });
}
