import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { Kysely } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../../src/core/storage.ts";
import { openDatabase } from "../../../src/storage/database/database.ts";
import type { Schema } from "../../../src/storage/database/schema.ts";
import { createSqliteDialect } from "../../../src/storage/database/sqlite-dialect.ts";
import { aBatch, anAlias, anEvent, aPart } from "./samples.ts";

const ANN = ["ann"];

describe("the indexes", () => {
  let folder: string;
  let file: Sqlite.Database;
  let database: Database;
  const statements: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "crossbatch-database-"));
    const note = (statement: unknown): unknown => statements.push(String(statement));
    file = new Sqlite(join(folder, "crossbatch.sqlite"), { verbose: note });
    const kysely = new Kysely<Schema>({ dialect: createSqliteDialect(file) });
    database = await openDatabase({
      kind: "sqlite",
      kysely,
      withoutTimeLimits: (work) => work(kysely),
      close: () => kysely.destroy(),
    });
  });

  afterAll(async () => {
    await database.close();
    file.close();
    await rm(folder, { recursive: true });
  });

  const page = { owners: ANN, order: "desc", limit: 20 } as const;
  const after = { createdAt: 5, id: "x" };
  test.each<[string, (tables: Database) => Promise<unknown>]>([
    ["a file", ({ files }) => files.get("x", ANN)],
    ["a file of anyone's", ({ files }) => files.get("x", "every")],
    ["files", ({ files }) => files.list(page)],
    ["unexpired files", ({ files }) => files.list({ ...page, unexpiredAt: 5, after })],
    ["the next files", ({ files }) => files.list({ ...page, after })],
    ["the oldest files", ({ files }) => files.list({ ...page, order: "asc" })],
    ["everyone's files", ({ files }) => files.list({ ...page, owners: "every", after })],
    ["files of a provider", ({ files }) => files.list({ ...page, provider: "x", after })],
    ["files of a purpose", ({ files }) => files.list({ ...page, purpose: "x", after })],
    ["expired files", ({ files }) => files.expired(5, 10)],
    ["the blobs that files and parts name", ({ files }) => files.namedBlobs(["x", "y"])],
    ["copies", ({ copies }) => copies.find("x", "y", "z")],
    ["an upload", ({ uploads }) => uploads.get("x", ANN)],
    ["expired uploads", ({ uploads }) => uploads.expired(5, 10)],
    ["a batch", ({ batches }) => batches.get("x", ANN)],
    ["batches", ({ batches }) => batches.list({ ...page, after })],
    ["batches of a provider", ({ batches }) => batches.list({ ...page, provider: "x" })],
    ["everyone's batches", ({ batches }) => batches.list({ ...page, owners: "every" })],
    ["unfinished batches", ({ batches }) => batches.unfinished(null, 10)],
    ["the next unfinished batches", ({ batches }) => batches.unfinished("x", 10)],
    ["counts of states", ({ batches }) => batches.countByState()],
    ["accounts in use", ({ batches }) => batches.accountInUse("x")],
    ["inputs in use", ({ batches }) => batches.inputInUse("x")],
    ["uncertain parts", ({ batches }) => batches.uncertainParts(10)],
    ["counts of uncertain parts", ({ batches }) => batches.countUncertainParts()],
    ["parts that look alike", ({ batches }) => batches.hasLookalike(aPart())],
    ["the part of a job", ({ batches }) => batches.isJobTaken(aPart(), "x")],
    ["a create's key", ({ createKeys }) => createKeys.get("x", "y")],
    ["expired keys of creates", ({ createKeys }) => createKeys.deleteExpired(5)],
    ["parts", ({ batches }) => batches.parts("x")],
    ["a changed batch", ({ batches }) => batches.insert(aBatch({ id: "changed" }))],
    ["aliases", ({ aliases }) => aliases.find("file", "x", ANN)],
    ["a new alias", ({ aliases }) => aliases.insert(anAlias())],
    ["a deleted file", ({ files }) => files.delete("x", ANN)],
    ["events", ({ events }) => events.list({ owners: ANN, limit: 10 })],
    ["everyone's events", ({ events }) => events.list({ owners: "every", limit: 10, after: "x" })],
    ["a new event", ({ events }) => events.append(anEvent())],
  ])("find %s without reading or sorting a whole table", async (_name, query) => {
    statements.length = 0;
    await query(database);
    const queries = statements.filter((statement) =>
      /^\s*(select|update|delete|insert)/i.test(statement),
    );
    expect(queries).not.toEqual([]);
    for (const statement of queries) {
      const plan = file.prepare<[], { detail: string }>(`explain query plan ${statement}`).all();
      const slow = plan.filter(({ detail }) =>
        /TEMP B-TREE|SCAN (?!.*USING (COVERING )?INDEX)/.test(detail),
      );
      expect(slow).toEqual([]);
    }
  });
});
