import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../../src/core/storage.ts";
import { executorOf, openPostgres } from "../../../src/storage/database/connection.ts";
import { openDatabase } from "../../../src/storage/database/database.ts";
import { canRun, type Cluster, isInstalled, startOwnCluster } from "../../support/postgres.ts";
import { aFile } from "./samples.ts";

const ANN = ["ann"];

describe.skipIf(!canRun(isInstalled(), "the database while PostgreSQL fails"))(
  "when PostgreSQL fails",
  () => {
    let cluster: Cluster;
    let database: Database;

    beforeAll(async () => {
      const started = await startOwnCluster();
      if (started === null) throw new Error("PostgreSQL isn't installed");
      cluster = started;
      database = await openDatabase(await openPostgres(cluster.url));
    });

    beforeEach(async () => {
      await database.ping(new AbortController().signal);
    });

    afterAll(async () => {
      await database?.close();
      await cluster?.destroy();
    });

    test("a stopped server is storage_unavailable, and works again by itself once it is back", async () => {
      const file = aFile();
      await database.files.insert(file);
      await cluster.stop("immediate");
      for (const attempt of [
        () => database.files.get(file.id, ANN),
        () => database.ping(new AbortController().signal),
        () => database.transaction(async ({ files }) => files.insert(aFile())),
      ]) {
        await expect(attempt()).rejects.toMatchObject({
          code: "storage_unavailable",
          retryable: true,
          message: "The database can't be reached; try again.",
        });
      }
      await cluster.start();
      expect(await database.files.get(file.id, ANN)).toEqual(file);
    });

    test("a restart while nothing runs goes unnoticed a moment later", async () => {
      await Promise.all(Array.from({ length: 5 }, () => database.files.get("f1", ANN)));
      await cluster.restart();
      await until(async () => isAnswering());
      await Promise.all(Array.from({ length: 5 }, () => database.files.insert(aFile())));
      expect(await isAnswering()).toBe(true);
    });

    test("a restart between two statements of a transaction fails it, and nothing of it is there", async () => {
      const file = aFile();
      const attempt = database.transaction(async ({ files }) => {
        await files.insert(file);
        await cluster.restart();
        await sleep(50);
        await files.update(file, { lines: 1 });
      });
      await expect(attempt).rejects.toMatchObject({ code: "storage_unavailable" });
      expect(await database.files.get(file.id, ANN)).toBeNull();
    });

    test("a connection that the server ends in the middle of a query is replaced", async () => {
      const executor = executorOf(database);
      const sleeping = sql`select pg_sleep(60)`.execute(executor);
      const outcome = sleeping.catch((error: unknown) => error);
      await until(async () => {
        const { rows } = await sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where query like '%pg_sleep%' and pid <> pg_backend_pid()`.execute(executor);
        return rows.length > 0;
      });
      expect(await outcome).toMatchObject({ code: "storage_unavailable" });
      await database.files.insert(aFile());
    });

    test("a statement that takes too long is storage_unavailable", async () => {
      const attempt = database.transaction(async (tables) => {
        const executor = executorOf(tables);
        await sql`set local statement_timeout = 20`.execute(executor);
        await sql`select pg_sleep(60)`.execute(executor);
      });
      await expect(attempt).rejects.toMatchObject({ code: "storage_unavailable" });
    });

    test("of two transactions that lock each other out both commit, one of them run again", async () => {
      const [left, right] = [aFile(), aFile()];
      await database.files.insert(left);
      await database.files.insert(right);
      let runs = 0;
      const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
      const lock = (one: string, other: string, index: 0 | 1) =>
        database.transaction(async (tables) => {
          runs += 1;
          const touch = (id: string) =>
            executorOf(tables)
              .updateTable("files")
              .set((eb) => ({ version: eb("version", "+", 1) }))
              .where("id", "=", id)
              .execute();
          await touch(one);
          both[index].resolve();
          await Promise.all(both.map(({ promise }) => promise));
          await touch(other);
        });
      await Promise.all([lock(left.id, right.id, 0), lock(right.id, left.id, 1)]);
      expect(runs).toBeGreaterThan(2);
      expect((await database.files.get(left.id, ANN))?.version).toBe(3);
      expect((await database.files.get(right.id, ANN))?.version).toBe(3);
    });

    test("a failure that the work of a transaction swallowed still fails it", async () => {
      const file = aFile();
      await database.files.insert(file);
      const other = aFile();
      const attempt = database.transaction(async ({ files }) => {
        await files.insert(other);
        await files.insert(file).catch(() => {});
      });
      await expect(attempt).rejects.toThrow(/rolled back/);
      expect(await database.files.get(other.id, ANN)).toBeNull();
    });

    test.each([
      ["53100", "storage_full"],
      ["53300", "storage_unavailable"],
      ["57P03", "storage_unavailable"],
      ["25006", "storage_unavailable"],
    ])("the server's error %s is %s", async (state, code) => {
      const raise = sql.raw(`do $$ begin raise exception using errcode = '${state}'; end $$`);
      await expect(raise.execute(executorOf(database))).rejects.toMatchObject({ code });
    });

    test("a NUL character is invalid_request, and the connection stays in use", async () => {
      await expect(database.files.get("file-\u0000", ANN)).rejects.toMatchObject({
        code: "invalid_request",
      });
    });

    test("a server that isn't there is storage_unavailable at start, without its password", async () => {
      await cluster.stop();
      const address = new URL(cluster.url);
      address.password = "s3cret";
      const connection = await openPostgres(address.href);
      const error: unknown = await openDatabase(connection).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "storage_unavailable" });
      expect(String(error)).not.toContain("s3cret");
      await connection.close();
      await cluster.start();
    });

    function isAnswering(): Promise<boolean> {
      return database.ping(new AbortController().signal).then(
        () => true,
        () => false,
      );
    }
  },
);

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}
