import { assert, asyncProperty, dictionary, jsonValue, string } from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BatchState } from "../../../src/core/batch.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import type { Database, EventTable, ListQuery } from "../../../src/core/storage.ts";
import { type Connection, executorOf } from "../../../src/storage/database/connection.ts";
import { openDatabase } from "../../../src/storage/database/database.ts";
import {
  aBatch,
  aCopy,
  aFile,
  anAlias,
  anEvent,
  anUpload,
  anUploadPart,
  aPart,
  EMPTY_BATCH,
  EMPTY_FILE,
  EMPTY_PART,
  EMPTY_UPLOAD,
} from "./samples.ts";

/** Where a database can be opened, by several at once. */
export interface Place {
  open(): Promise<Connection>;
  remove(): Promise<void>;
}

const TABLES = [
  "files",
  "file_copies",
  "uploads",
  "upload_parts",
  "batches",
  "parts",
  "aliases",
  "account_keys",
  "create_keys",
  "virtual_keys",
  "key_uses",
  "key_batches",
  "events",
  "wakes",
] as const;

const ANN = ["ann"];
const BEN = ["ben"];

/** What every database must do. `transactions.contract.ts` has what concerns several at once. */
export function databaseContract(createPlace: () => Promise<Place>): void {
  let place: Place;
  let database: Database;

  beforeAll(async () => {
    place = await createPlace();
    database = await openDatabase(await place.open());
  });

  beforeEach(async () => {
    for (const table of TABLES) await executorOf(database).deleteFrom(table).execute();
  });

  afterAll(async () => {
    await database?.close();
    await place?.remove();
  });

  describe("files", () => {
    test.each([
      ["full", {}],
      ["empty", EMPTY_FILE],
    ])("a file with %s fields comes back as it was", async (_name, fields) => {
      const file = aFile(fields);
      await database.files.insert(file);
      expect(await database.files.get(file.id, ANN)).toEqual(file);
    });

    test("a file is found by its owners and by everyone's engine only", async () => {
      const file = aFile();
      await database.files.insert(file);
      expect(await database.files.get(file.id, ["ben", "ann"])).toEqual(file);
      expect(await database.files.get(file.id, "every")).toEqual(file);
      expect(await database.files.get(file.id, BEN)).toBeNull();
      expect(await database.files.get(file.id, [])).toBeNull();
      expect(await database.files.get("unknown", "every")).toBeNull();
    });

    test("an update changes what it names, keeps the rest and counts the version", async () => {
      const file = aFile();
      await database.files.insert(file);
      const changed = await database.files.update(file, { lineIndex: null, purpose: "user_data" });
      expect(changed).toEqual({ ...file, lineIndex: null, purpose: "user_data", version: 2 });
      expect(await database.files.get(file.id, ANN)).toEqual(changed);
      const emptied = await database.files.update(changed, EMPTY_FILE);
      expect(emptied).toEqual({ ...changed, ...EMPTY_FILE, version: 3 });
    });

    test("deleting a file takes its aliases and copies along, and nobody else can", async () => {
      const [file, other] = [aFile(), aFile()];
      for (const { id } of [file, other]) {
        await database.files.insert(id === file.id ? file : other);
        await database.copies.save(aCopy({ fileId: id }));
        await database.aliases.insert(anAlias({ id: `file-${id}`, objectId: id }));
      }
      await database.aliases.insert(anAlias({ kind: "batch", objectId: file.id }));
      await database.files.delete(file.id, BEN);
      expect(await database.files.get(file.id, ANN)).toEqual(file);
      expect(await database.copies.of(file.id)).toHaveLength(1);

      await database.files.delete(file.id, ANN);
      expect(await database.files.get(file.id, ANN)).toBeNull();
      expect(await database.copies.of(file.id)).toEqual([]);
      expect(await database.aliases.find("file", `file-${file.id}`, "every")).toEqual([]);
      expect(await database.aliases.find("batch", "file-abc", "every")).toHaveLength(1);
      expect(await database.files.get(other.id, ANN)).toEqual(other);
      expect(await database.copies.of(other.id)).toHaveLength(1);
      await database.files.delete(file.id, ANN);
    });

    test("expired files are those before now that no unfinished batch reads, the longest expired first", async () => {
      for (const expiresAt of [30, 10, 20, 40, 5, null]) {
        await database.files.insert(aFile({ id: `f${expiresAt}`, expiresAt }));
      }
      await database.batches.insert(aBatch({ inputFileId: "f5", state: "validating" }));
      await database.batches.insert(aBatch({ inputFileId: "f10", state: "failed" }));
      const ids = async (now: number, limit: number) =>
        (await database.files.expired(now, limit)).map((file) => file.id);
      expect(await ids(40, 10)).toEqual(["f10", "f20", "f30"]);
      expect(await ids(40, 2)).toEqual(["f10", "f20"]);
      expect(await ids(10, 2)).toEqual([]);
    });
  });

  test("the blobs of files and of parts of uploads are named, others aren't", async () => {
    await database.files.insert(aFile({ blob: "files/a" }));
    await database.files.insert(aFile({ blob: null }));
    await database.uploads.insert(anUpload({ id: "u" }));
    await database.uploads.insertPart(anUploadPart({ uploadId: "u", blob: "files/b" }));
    const keys = ["files/a", "files/b", "files/c"];
    expect(await database.files.namedBlobs(keys)).toEqual(new Set(["files/a", "files/b"]));
    expect(await database.files.namedBlobs([])).toEqual(new Set());
  });

  test("a list leaves out what has expired if asked to", async () => {
    for (const expiresAt of [30, 10, 20, null]) {
      await database.files.insert(aFile({ id: `f${expiresAt}`, expiresAt, createdAt: 1 }));
    }
    const list = async (query: object) =>
      (await database.files.list({ owners: ANN, order: "asc", limit: 9, ...query })).map(
        ({ id }) => id,
      );
    expect(await list({ unexpiredAt: 20 })).toEqual(["f30", "fnull"]);
    expect(await list({})).toHaveLength(4);
  });

  describe("lists", () => {
    beforeEach(async () => {
      await database.transaction(async ({ files, batches }) => {
        for (let number = 0; number < 250; number += 1) {
          const id = `${(number * 7919) % 250}`.padStart(3, "0");
          // Three instants for 250 rows: only the id tells them apart.
          const createdAt = 1_790_000_000_000 + (number % 3);
          await files.insert(aFile({ id, createdAt }));
          await batches.insert(aBatch({ id, times: { ...EMPTY_BATCH.times, createdAt } }));
        }
        await files.insert(aFile({ id: "ben", owner: "ben" }));
        await batches.insert(aBatch({ id: "ben", owner: "ben" }));
      });
    });

    test.each([
      ["files", "asc"],
      ["files", "desc"],
      ["batches", "asc"],
      ["batches", "desc"],
    ] as const)("every one of 250 %s is on exactly one page, %s", async (table, order) => {
      const seen: { readonly createdAt: number; readonly id: string }[] = [];
      for (;;) {
        const after = seen.at(-1);
        const query: ListQuery = { owners: ANN, order, limit: 17, ...(after && { after }) };
        const page = await pageOf(table, query);
        seen.push(...page);
        if (page.length < 17) break;
      }
      expect(new Set(seen.map(({ id }) => id)).size).toBe(250);
      expect(seen).toHaveLength(250);
      const sorted = seen.toSorted(
        (one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1),
      );
      expect(seen).toEqual(order === "asc" ? sorted : sorted.toReversed());
    });

    test("a row that came meanwhile doesn't move the next page", async () => {
      const query = { owners: ANN, order: "desc", limit: 10 } as const;
      const after = (await pageOf("files", query)).at(-1);
      if (after === undefined) throw new Error("the first page is empty");
      const before = await pageOf("files", { ...query, after });
      await database.files.insert(aFile({ id: "zzz", createdAt: 1_790_000_000_009 }));
      expect(await pageOf("files", { ...query, after })).toEqual(before);
      await database.files.delete(after.id, ANN);
      expect(await pageOf("files", { ...query, after })).toEqual(before);
    });

    test.each(["files", "batches"] as const)("%s of others aren't listed", async (table) => {
      const list = (owners: ListQuery["owners"]) =>
        pageOf(table, { owners, order: "asc", limit: 1000 });
      expect(await list(ANN)).toHaveLength(250);
      expect((await list(BEN)).map(({ id }) => id)).toEqual(["ben"]);
      expect(await list(["ann", "ben"])).toHaveLength(251);
      expect(await list("every")).toHaveLength(251);
      expect(await list([])).toEqual([]);
    });

    async function pageOf(table: "files" | "batches", query: ListQuery) {
      return table === "files"
        ? (await database.files.list(query)).map(({ id, createdAt }) => ({ id, createdAt }))
        : (await database.batches.list(query)).map(({ id, times }) => ({
            id,
            createdAt: times.createdAt,
          }));
    }
  });

  test("a list of a place has what lies below it, has a copy there or was meant for it", async () => {
    const at = (id: string) => ({ native: { id, format: "bedrock" as const } });
    const none = { native: null, options: {} };
    const rows = {
      inside: at("s3://bucket/a%/b/in.jsonl"),
      beside: at("s3://bucket/a%b/in.jsonl"),
      wild: at("s3://bucket/ax/in.jsonl"),
      other: at("s3://bucket/A%/in.jsonl"),
      meant: { native: null, options: { place: "s3://bucket/a%/" } },
      copied: none,
      neither: none,
    };
    for (const [id, row] of Object.entries(rows))
      await database.files.insert(aFile({ id, ...row }));
    await database.copies.save(aCopy({ fileId: "copied", nativeId: "s3://bucket/a%/c.jsonl" }));
    const list = async (path: string) =>
      (
        await database.files.list({
          owners: ANN,
          order: "asc",
          limit: 9,
          liesBelow: { bucket: "bucket", path },
        })
      ).map(({ id }) => id);
    expect(await list("a%")).toEqual(["copied", "inside", "meant"]);
    expect(await list("")).toHaveLength(6);
  });

  test("lists are filtered by provider, purpose and model", async () => {
    await database.files.insert(aFile({ id: "f1" }));
    await database.files.insert(aFile({ id: "f2", provider: "gemini" }));
    await database.files.insert(aFile({ id: "f3", purpose: "vision" }));
    const files = async (filter: Partial<ListQuery>) =>
      (await database.files.list({ owners: ANN, order: "asc", limit: 9, ...filter })).map(
        ({ id }) => id,
      );
    expect(await files({ provider: "openai" })).toEqual(["f1", "f3"]);
    expect(await files({ purpose: "batch" })).toEqual(["f1", "f2"]);
    expect(await files({ provider: "openai", purpose: "batch" })).toEqual(["f1"]);

    await database.batches.insert(aBatch({ id: "b1", model: "m", models: ["m"] }));
    await database.batches.insert(aBatch({ id: "b2", model: null, models: ['o"m', "M", "m/2"] }));
    await database.batches.insert(aBatch({ id: "b3", model: null, models: ["x", "m"] }));
    await database.batches.insert(aBatch({ id: "b4", model: "m", provider: "gemini" }));
    const batches = async (filter: Partial<ListQuery>) =>
      (await database.batches.list({ owners: ANN, order: "asc", limit: 9, ...filter })).map(
        ({ id }) => id,
      );
    expect(await batches({ model: "m" })).toEqual(["b1", "b3", "b4"]);
    expect(await batches({ model: 'o"m' })).toEqual(["b2"]);
    expect(await batches({ model: "m%" })).toEqual([]);
    expect(await batches({ model: "m", provider: "openai" })).toEqual(["b1", "b3"]);
  });

  test("copies are saved over one another, found by account and deleted one by one", async () => {
    const file = aFile();
    await database.files.insert(file);
    const copy = aCopy({ fileId: file.id, createdAt: 1 });
    const other = aCopy({ fileId: file.id, recipe: "gemini 2.5", createdAt: 2, expiresAt: null });
    const elsewhere = aCopy({ fileId: file.id, account: "client-1", createdAt: 3 });
    for (const each of [copy, other, elsewhere]) await database.copies.save(each);
    expect(await database.copies.find(file.id, "openai", "openai/default")).toEqual([other, copy]);
    expect(await database.copies.of(file.id)).toEqual([elsewhere, other, copy]);

    const again = { ...copy, nativeId: "file-new", bytes: 1, expiresAt: null };
    await database.copies.save(again);
    expect(await database.copies.find(file.id, "openai", "openai/default")).toEqual([other, again]);
    await database.copies.delete(again);
    expect(await database.copies.of(file.id)).toEqual([elsewhere, other]);
  });

  test("a copy of a file that is gone is refused as stale", async () => {
    await expect(database.copies.save(aCopy({ fileId: "gone" }))).rejects.toMatchObject({
      code: "stale",
    });
  });

  describe("uploads", () => {
    test.each([
      ["full", {}],
      ["empty", EMPTY_UPLOAD],
    ])("an upload with %s fields comes back as it was", async (_name, fields) => {
      const upload = anUpload(fields);
      await database.uploads.insert(upload);
      expect(await database.uploads.get(upload.id, ANN)).toEqual(upload);
      expect(await database.uploads.get(upload.id, BEN)).toBeNull();
      const changed = await database.uploads.update(upload, { state: "completed", fileId: "f9" });
      expect(changed).toEqual({ ...upload, state: "completed", fileId: "f9", version: 2 });
    });

    test("parts belong to their upload and go with it", async () => {
      const upload = anUpload();
      await database.uploads.insert(upload);
      const parts = [3, 1, 2].map((createdAt) => anUploadPart({ uploadId: upload.id, createdAt }));
      for (const part of parts) await database.uploads.insertPart(part);
      expect(await database.uploads.parts(upload.id)).toEqual([parts[1], parts[2], parts[0]]);
      expect(await database.uploads.parts("other")).toEqual([]);
      await database.uploads.deleteParts(upload.id);
      expect(await database.uploads.parts(upload.id)).toEqual([]);
    });

    test("only pending uploads expire", async () => {
      for (const [id, state, expiresAt] of [
        ["u1", "pending", 20],
        ["u2", "completed", 10],
        ["u3", "pending", 10],
        ["u4", "pending", 30],
      ] as const) {
        await database.uploads.insert(anUpload({ id, state, expiresAt }));
      }
      const ids = async (limit: number) =>
        (await database.uploads.expired(30, limit)).map(({ id }) => id);
      expect(await ids(9)).toEqual(["u3", "u1"]);
      expect(await ids(1)).toEqual(["u3"]);
    });
  });

  describe("batches", () => {
    test.each([
      ["full", {}, {}],
      ["empty", EMPTY_BATCH, EMPTY_PART],
    ])("a batch and a part with %s fields come back as they were", async (_name, of, ofPart) => {
      const batch = aBatch(of);
      await database.batches.insert(batch);
      expect(await database.batches.get(batch.id, ANN)).toEqual(batch);
      expect(await database.batches.get(batch.id, "every")).toEqual(batch);
      expect(await database.batches.get(batch.id, BEN)).toBeNull();

      const second = aPart({ batchId: batch.id, number: 2, ...ofPart });
      const first = aPart({ batchId: batch.id, number: 1, ...ofPart });
      for (const part of [second, first]) await database.batches.insertPart(part);
      expect(await database.batches.parts(batch.id)).toEqual([first, second]);
    });

    test("updates change what they name, keep the rest and count the version", async () => {
      const batch = aBatch();
      const part = aPart({ batchId: batch.id });
      await database.batches.insert(batch);
      await database.batches.insertPart(part);
      const counts = { total: 3, completed: 3, failed: 0 };
      const changed = await database.batches.update(batch, { state: "completed", counts });
      expect(changed).toEqual({ ...batch, state: "completed", counts, version: 2 });
      const emptied = await database.batches.update(changed, EMPTY_BATCH);
      expect(emptied).toEqual({ ...changed, ...EMPTY_BATCH, version: 3 });
      expect(await database.batches.get(batch.id, ANN)).toEqual(emptied);

      const ended = await database.batches.updatePart(part, { ...EMPTY_PART, phase: "planned" });
      expect(ended).toEqual({ ...part, ...EMPTY_PART, phase: "planned", version: 2 });
      expect(await database.batches.parts(batch.id)).toEqual([ended]);
    });

    test("deleting a batch takes its parts and aliases along, and nobody else can", async () => {
      const batch = aBatch();
      await database.batches.insert(batch);
      await database.batches.insertPart(aPart({ batchId: batch.id }));
      await database.aliases.insert(anAlias({ kind: "batch", id: "x", objectId: batch.id }));
      await database.batches.delete(batch.id, BEN);
      expect(await database.batches.parts(batch.id)).toHaveLength(1);
      await database.batches.delete(batch.id, ANN);
      expect(await database.batches.get(batch.id, "every")).toBeNull();
      expect(await database.batches.parts(batch.id)).toEqual([]);
      expect(await database.aliases.find("batch", "x", "every")).toEqual([]);
    });

    test("unfinished batches come in pages, without mirrored and ended ones", async () => {
      await insertOneOfEachState();
      expect(await database.batches.unfinished(null, 3)).toEqual([
        "b-cancelling",
        "b-finalizing",
        "b-in_progress",
      ]);
      expect(await database.batches.unfinished("b-in_progress", 3)).toEqual(["b-validating"]);
    });

    test("batches are counted by provider and state", async () => {
      await insertOneOfEachState();
      const counts = await database.batches.countByState();
      expect(counts).toHaveLength(9);
      expect(counts).toContainEqual({ provider: "openai", state: "completed", count: 1 });
      expect(counts).toContainEqual({ provider: "gemini", state: "in_progress", count: 2 });
    });

    test("an account and an input are in use while an unfinished batch needs them", async () => {
      await insertOneOfEachState();
      expect(await database.batches.accountInUse("openai/default")).toBe(true);
      expect(await database.batches.accountInUse("elsewhere")).toBe(false);
      expect(await database.batches.inputInUse("f-in_progress")).toBe(true);
      expect(await database.batches.inputInUse("f-completed")).toBe(false);
      expect(await database.batches.inputInUse("f-mirrored")).toBe(false);
    });

    async function insertOneOfEachState(): Promise<void> {
      const states: readonly BatchState[] = [
        "validating",
        "in_progress",
        "finalizing",
        "completed",
        "failed",
        "expired",
        "cancelling",
        "cancelled",
      ];
      for (const state of states) {
        await database.batches.insert(
          aBatch({ id: `b-${state}`, state, inputFileId: `f-${state}` }),
        );
      }
      for (const id of ["b-mirror-1", "b-mirror-2"]) {
        const mirrored = { origin: "upstream", account: "elsewhere", inputFileId: "f-mirrored" };
        await database.batches.insert(
          aBatch({ id, provider: "gemini", ...mirrored, origin: "upstream" }),
        );
      }
    }
  });

  describe("aliases", () => {
    test.each([{}, { account: null }, { provider: null, dialect: null }])(
      "an alias with %o comes back as it was",
      async (fields) => {
        const alias = anAlias(fields);
        await database.aliases.insert(alias);
        expect(await database.aliases.find("file", "file-abc", ANN)).toEqual([alias]);
        expect(await database.aliases.find("file", "file-abc", BEN)).toEqual([]);
        expect(await database.aliases.find("batch", "file-abc", ANN)).toEqual([]);
        expect(await database.aliases.find("file", "FILE-ABC", ANN)).toEqual([]);
      },
    );

    test.each(["openai/default", null])(
      "the same alias of account %s twice is there once",
      async (account) => {
        expect(await database.aliases.insert(anAlias({ account }))).toBe(true);
        expect(await database.aliases.insert(anAlias({ account }))).toBe(false);
        const another = anAlias({ account, objectId: "another" });
        expect(await database.aliases.insert(another)).toBe(false);
        expect(await database.aliases.find("file", "file-abc", ANN)).toEqual([
          anAlias({ account }),
        ]);
      },
    );

    test("one native id at several accounts and owners: the newest first", async () => {
      const aliases = [
        anAlias({ account: null, objectId: "f1" }),
        anAlias({ account: "z", objectId: "f2" }),
        anAlias({ account: "a", objectId: "f3" }),
        anAlias({ owner: "ben", objectId: "f4" }),
      ];
      for (const alias of aliases) await database.aliases.insert(alias);
      const found = async (owners: "every" | string[]) =>
        (await database.aliases.find("file", "file-abc", owners)).map(({ objectId }) => objectId);
      expect(await found("every")).toEqual(["f4", "f3", "f2", "f1"]);
      expect(await found(ANN)).toEqual(["f3", "f2", "f1"]);
    });
  });

  test("an account's key is saved, replaced, read, and deleted unless it was saved anew", async () => {
    const key = { account: "client-1", provider: "openai", sealed: "s1", createdAt: 1 };
    await database.accountKeys.save(key);
    await database.accountKeys.save({ ...key, sealed: "s2", createdAt: 2 });
    expect(await database.accountKeys.get("client-1")).toBe("s2");
    expect(await database.accountKeys.get("client-2")).toBeNull();
    await database.accountKeys.delete("client-1", "s1");
    expect(await database.accountKeys.get("client-1")).toBe("s2");
    await database.accountKeys.delete("client-1", "s2");
    expect(await database.accountKeys.get("client-1")).toBeNull();
  });

  test("a create's key stands for one batch, until it expires or that batch is deleted", async () => {
    const key = {
      owner: "ann",
      key: "key 1",
      fingerprint: "all of it",
      batchId: "batch1",
      isRepeat: true,
      createdAt: 1_000,
      expiresAt: 2_000,
    };
    const { createKeys, batches } = database;
    expect(await createKeys.insert(key)).toBe(true);
    expect(await createKeys.insert({ ...key, batchId: "batch2" })).toBe(false);
    expect(await createKeys.insert({ ...key, owner: "ben", isRepeat: false })).toBe(true);
    expect(await createKeys.get("ann", "key 1")).toEqual(key);
    await createKeys.delete({ ...key, batchId: "batch2" });
    await createKeys.deleteExpired(1_999);
    expect(await createKeys.get("ann", "key 1")).toEqual(key);
    await createKeys.delete(key);
    expect(await createKeys.get("ann", "key 1")).toBeNull();
    await batches.insert(aBatch({ id: "batch1" }));
    await batches.delete("batch1", "every");
    expect(await createKeys.get("ben", "key 1")).toBeNull();
    await createKeys.insert(key);
    await createKeys.deleteExpired(2_000);
    expect(await createKeys.get("ann", "key 1")).toBeNull();
  });

  test("events are listed oldest first, by owner and object, from any of them on", async () => {
    const events = [
      anEvent({ id: "e3", at: 1 }),
      anEvent({ id: "e1", at: 2, objectId: "f2" }),
      anEvent({ id: "e2", at: 2 }),
      anEvent({ id: "e0", at: 3, owner: "ben", kind: "key", data: {} }),
    ];
    for (const event of events.toReversed()) await database.events.append(event);
    const list: EventTable["list"] = (query) => database.events.list(query);
    expect(await list({ owners: "every", limit: 9 })).toEqual(events);
    expect(await list({ owners: ANN, limit: 9 })).toEqual(events.slice(0, 3));
    expect(await list({ owners: "every", limit: 2, after: "e3" })).toEqual(events.slice(1, 3));
    expect(await list({ owners: ANN, limit: 9, after: "e1", objectId: "f1" })).toEqual([events[2]]);
    expect(await list({ owners: ANN, limit: 9, after: "e0" })).toEqual([]);
  });

  test("any JSON comes back as it was, key order, surrogates and __proto__ included", async () => {
    const check = async (options: JsonObject) => {
      const file = aFile({ options });
      await database.files.insert(file);
      const read = await database.files.get(file.id, ANN);
      expect(JSON.stringify(read?.options)).toBe(JSON.stringify(options));
    };
    await check(
      JSON.parse(`{"__proto__": {"a": 1}, "constructor": null, "\\u0000": "\\ud800 🎈"}`),
    );
    await assert(
      asyncProperty(dictionary(string({ unit: "binary" }), jsonValue()), (value) =>
        check(JSON.parse(JSON.stringify(value))),
      ),
      { numRuns: 60 },
    );
  });

  test("a text of two million characters comes back as it was", async () => {
    const text = "Größe 🎈 ".repeat(250_000);
    const file = aFile({ filename: text, options: { text } });
    await database.files.insert(file);
    expect(await database.files.get(file.id, ANN)).toEqual(file);
  });
}
