import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../../src/core/storage.ts";
import { executorOf } from "../../../src/storage/database/connection.ts";
import { openDatabase } from "../../../src/storage/database/database.ts";
import { migrate } from "../../../src/storage/database/migrations.ts";
import type { Place } from "./database.contract.ts";
import { aBatch, aFile, anAlias, anUpload, aPart, newId } from "./samples.ts";

const ANN = ["ann"];

/** What holds when several do something at once, or something goes wrong. */
export function transactionsContract(createPlace: () => Promise<Place>): void {
  let place: Place;
  let database: Database;

  beforeAll(async () => {
    place = await createPlace();
    database = await openDatabase(await place.open());
  });

  afterAll(async () => {
    await database?.close();
    await place?.remove();
  });

  describe("versions", () => {
    test("of ten updates at one version exactly one wins, the others are stale", async () => {
      const file = aFile();
      await database.files.insert(file);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, (_, lines) => database.files.update(file, { lines })),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const refusals = outcomes.flatMap((outcome) =>
        outcome.status === "rejected" ? [outcome.reason] : [],
      );
      expect(refusals).toEqual(Array(9).fill(expect.objectContaining({ code: "stale" })));
      expect((await database.files.get(file.id, ANN))?.version).toBe(2);
    });

    test("updates of rows that are gone or newer are stale, in every table", async () => {
      const [file, upload, batch] = [aFile(), anUpload(), aBatch()];
      const part = aPart({ batchId: batch.id });
      await database.files.insert(file);
      await database.uploads.insert(upload);
      await database.batches.insert(batch);
      await database.batches.insertPart(part);
      for (const version of [0, 2]) {
        for (const attempt of [
          () => database.files.update({ id: file.id, version }, { purpose: "x" }),
          () => database.uploads.update({ id: upload.id, version }, { state: "cancelled" }),
          () => database.batches.update({ id: batch.id, version }, { state: "failed" }),
          () => database.batches.updatePart({ id: part.id, version }, { phase: "failed" }),
          () => database.files.update({ id: "gone", version }, { purpose: "x" }),
        ]) {
          await expect(attempt()).rejects.toMatchObject({ code: "stale", retryable: true });
        }
      }
      expect(await database.files.get(file.id, ANN)).toEqual(file);
      expect(await database.batches.get(batch.id, ANN)).toEqual(batch);
    });
  });

  describe("transactions", () => {
    test("all of it is there afterwards, and the result is handed on", async () => {
      const file = aFile();
      const result = await database.transaction(async (tables) => {
        await tables.files.insert(file);
        await tables.aliases.insert(anAlias({ id: file.id, objectId: file.id }));
        return tables.files.update(file, { lines: 7 });
      });
      expect(result).toEqual({ ...file, lines: 7, version: 2 });
      expect(await database.files.get(file.id, ANN)).toEqual(result);
      expect(await database.aliases.find("file", file.id, ANN)).toHaveLength(1);
    });

    test("nothing of it is there if its work throws, and the error is handed on", async () => {
      const [file, old] = [aFile(), aFile()];
      await database.files.insert(old);
      const error = new Error("changed my mind");
      const attempt = database.transaction(async (tables) => {
        await tables.files.insert(file);
        await tables.files.delete(old.id, "every");
        throw error;
      });
      await expect(attempt).rejects.toBe(error);
      expect(await database.files.get(file.id, ANN)).toBeNull();
      expect(await database.files.get(old.id, ANN)).toEqual(old);
    });

    test("nothing of it is there if one of its updates is stale", async () => {
      const file = aFile();
      const attempt = database.transaction(async (tables) => {
        await tables.files.insert(file);
        await tables.files.update({ id: file.id, version: 9 }, { lines: 1 });
      });
      await expect(attempt).rejects.toMatchObject({ code: "stale" });
      expect(await database.files.get(file.id, ANN)).toBeNull();
    });

    test("what is written isn't seen outside before it is all there", async () => {
      const file = aFile();
      const written = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const running = database.transaction(async (tables) => {
        await tables.files.insert(file);
        written.resolve();
        await goOn.promise;
        throw new Error("rolled back");
      });
      await written.promise;
      const reading = database.files.get(file.id, ANN);
      const writing = database.files.insert(aFile({ id: `${file.id}-2` }));
      await new Promise((resolve) => setTimeout(resolve, 50));
      goOn.resolve();
      await expect(running).rejects.toThrow("rolled back");
      expect(await reading).toBeNull();
      await writing;
      expect(await database.files.get(`${file.id}-2`, ANN)).not.toBeNull();
    });

    test("twenty at once each write all their rows", async () => {
      const prefix = newId();
      await Promise.all(
        Array.from({ length: 20 }, (_, number) =>
          database.transaction(async (tables) => {
            for (let row = 0; row < 5; row += 1) {
              await tables.files.insert(aFile({ id: `${prefix}-${number}-${row}` }));
              await new Promise((resolve) => setImmediate(resolve));
            }
            if (number % 4 === 0) throw new Error("rolled back");
          }),
        ).map((transaction) => transaction.catch(() => {})),
      );
      const all = await database.files.list({ owners: ANN, order: "asc", limit: 1000 });
      expect(all.filter(({ id }) => id.startsWith(prefix))).toHaveLength(15 * 5);
    });

    test("using the database instead of the given tables is an error, not a wait for ever", async () => {
      const attempt = database.transaction(async () => {
        await database.files.get("f1", ANN);
      });
      await expect(attempt).rejects.toThrow(/only the tables that its callback was given/);
      const nested = database.transaction(() => database.transaction(async () => {}));
      await expect(nested).rejects.toThrow(/only the tables that its callback was given/);
      expect(await database.files.get("f1", ANN)).toBeNull();
    });

    test("work that was started inside may use the database once it has ended", async () => {
      const ended = Promise.withResolvers<void>();
      const { later } = await database.transaction(async () => ({
        later: ended.promise.then(() => database.files.get("f1", ANN)),
      }));
      ended.resolve();
      expect(await later).toBeNull();
    });

    test("what a scheduler writes on the executor of the tables is in their transaction", async () => {
      const account = newId();
      const row = { account, provider: "openai", sealed: "s", created_at: 1 };
      const attempt = database.transaction(async (tables) => {
        await executorOf(tables).insertInto("account_keys").values(row).execute();
        throw new Error("rolled back");
      });
      await expect(attempt).rejects.toThrow("rolled back");
      expect(await database.accountKeys.get(account)).toBeNull();
      await database.transaction(async (tables) => {
        await executorOf(tables).insertInto("account_keys").values(row).execute();
      });
      expect(await database.accountKeys.get(account)).toBe("s");
    });
  });

  describe("opening", () => {
    test("four that open a fresh database at once all find their tables", async () => {
      const fresh = await createPlace();
      try {
        const databases = await Promise.all(
          Array.from({ length: 4 }, async () => openDatabase(await fresh.open())),
        );
        const files = databases.map(() => aFile());
        await Promise.all(
          databases.map((each, index) => each.files.insert(files[index] ?? aFile())),
        );
        for (const each of databases) {
          const listed = await each.files.list({ owners: ANN, order: "asc", limit: 9 });
          expect(listed.map(({ id }) => id)).toEqual(files.map(({ id }) => id).sort());
          await each.close();
        }
      } finally {
        await fresh.remove();
      }
    });

    test("what was written is there after closing and opening again", async () => {
      const fresh = await createPlace();
      try {
        const file = aFile();
        const first = await openDatabase(await fresh.open());
        await first.files.insert(file);
        await first.close();
        const second = await openDatabase(await fresh.open());
        expect(await second.files.get(file.id, ANN)).toEqual(file);
        await second.close();
      } finally {
        await fresh.remove();
      }
    });

    test("a migration that fails leaves nothing half done, and can be run again", async () => {
      const fresh = await createPlace();
      const connection = await fresh.open();
      try {
        const create = sql.raw("create table half (id text)");
        const failing = {
          "0001": {
            async up(kysely: Kysely<unknown>) {
              await create.execute(kysely);
              throw new Error("out of luck");
            },
          },
        };
        await expect(migrate(connection, failing)).rejects.toThrow("out of luck");
        await migrate(connection, {
          "0001": {
            async up(kysely: Kysely<unknown>) {
              await create.execute(kysely);
            },
          },
        });
        const { rows } = await sql`select count(*) as count from half`.execute(connection.kysely);
        expect(rows).toEqual([{ count: 0 }]);
      } finally {
        await connection.close();
        await fresh.remove();
      }
    });

    test("a database of a newer version is refused with a sentence that says so", async () => {
      const fresh = await createPlace();
      try {
        const first = await openDatabase(await fresh.open());
        await executorOf(first)
          .withTables<{ kysely_migration: { name: string; timestamp: string } }>()
          .insertInto("kysely_migration")
          .values({ name: "9999-later", timestamp: new Date().toISOString() })
          .execute();
        await first.close();
        const connection = await fresh.open();
        await expect(openDatabase(connection)).rejects.toThrow(/made by a newer version/);
        await connection.close();
      } finally {
        await fresh.remove();
      }
    });

    test("a close waits for what was asked before, and a second one does nothing", async () => {
      const fresh = await createPlace();
      try {
        const closing = await openDatabase(await fresh.open());
        const running = closing.transaction(async (tables) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          await tables.files.insert(aFile({ id: "last" }));
        });
        await new Promise((resolve) => setTimeout(resolve, 5));
        await Promise.all([closing.close(), closing.close(), running]);
        const again = await openDatabase(await fresh.open());
        expect(await again.files.get("last", ANN)).not.toBeNull();
        await again.close();
      } finally {
        await fresh.remove();
      }
    });
  });

  test("a ping answers, and an aborted one is rejected", async () => {
    await database.ping(new AbortController().signal);
    await expect(database.ping(AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
  });
}
