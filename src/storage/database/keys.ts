import { type Kysely, sql } from "kysely";
import { GatewayError } from "../../core/errors.ts";
import type { KeyTable, StoredKey } from "../../core/keys.ts";
import { unfinished } from "./conditions.ts";
import { fromJson, toJson } from "./json-text.ts";
import type { KeyRow, Schema } from "./schema.ts";

export function createKeyTable(executor: Kysely<Schema>): KeyTable {
  const find = async (column: "hash" | "name", value: string) => {
    const row = await executor
      .selectFrom("virtual_keys")
      .selectAll()
      .where(column, "=", value)
      .executeTakeFirst();
    return row === undefined ? null : toKey(row);
  };
  return {
    async insert(key) {
      const { numInsertedOrUpdatedRows } = await executor
        .insertInto("virtual_keys")
        .values(toRow(key))
        .onConflict((conflict) => conflict.column("name").doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 1n) return;
      throw new GatewayError("conflict", `There is a key named '${key.terms.name}' already.`);
    },

    byHash: (hash) => find("hash", hash),

    byName: (name) => find("name", name),

    async list() {
      const rows = await executor.selectFrom("virtual_keys").selectAll().orderBy("name").execute();
      return rows.map(toKey);
    },

    async update(id, changes) {
      const columns =
        "hash" in changes
          ? { hash: changes.hash, hint: changes.hint }
          : { revoked_at: changes.revokedAt };
      await executor.updateTable("virtual_keys").set(columns).where("id", "=", id).execute();
    },

    async any() {
      const row = await executor
        .selectFrom("virtual_keys")
        .select("id")
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async use(keyId, day, { lines, bytes }) {
      return executor
        .insertInto("key_uses")
        .values({ key_id: keyId, day, lines, bytes })
        .onConflict((conflict) =>
          conflict.columns(["key_id", "day"]).doUpdateSet({
            lines: sql<number>`key_uses.lines + excluded.lines`,
            bytes: sql<number>`key_uses.bytes + excluded.bytes`,
          }),
        )
        .returning(["lines", "bytes"])
        .executeTakeFirstOrThrow();
    },

    async saveBatch(keyId, batchId) {
      await executor
        .insertInto("key_batches")
        .values({ key_id: keyId, batch_id: batchId })
        .execute();
    },

    async unfinishedBatches(keyId) {
      const { count } = await executor
        .selectFrom("key_batches")
        .innerJoin("batches", "batches.id", "key_batches.batch_id")
        .select((select) => select.fn.countAll<number>().as("count"))
        .where("key_batches.key_id", "=", keyId)
        .where(unfinished)
        .executeTakeFirstOrThrow();
      return count;
    },
  };
}

function toRow(key: StoredKey): KeyRow {
  return {
    id: key.id,
    name: key.terms.name,
    hash: key.hash,
    hint: key.hint,
    terms_json: toJson(key.terms),
    created_at: key.createdAt,
    revoked_at: key.revokedAt,
  };
}

function toKey(row: KeyRow): StoredKey {
  return {
    id: row.id,
    hash: row.hash,
    hint: row.hint,
    terms: fromJson(row.terms_json),
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}
