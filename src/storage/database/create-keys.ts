import type { Kysely } from "kysely";
import type { CreateKey, CreateKeyTable } from "../../core/storage.ts";
import type { CreateKeyRow, Schema } from "./schema.ts";

export function createCreateKeyTable(executor: Kysely<Schema>): CreateKeyTable {
  return {
    async insert(key) {
      const row = await executor
        .insertInto("create_keys")
        .values(toRow(key))
        .onConflict((conflict) => conflict.columns(["owner", "key"]).doNothing())
        .returning("key")
        .executeTakeFirst();
      return row !== undefined;
    },

    async get(owner, key) {
      const row = await executor
        .selectFrom("create_keys")
        .selectAll()
        .where("owner", "=", owner)
        .where("key", "=", key)
        .executeTakeFirst();
      return row === undefined ? null : toKey(row);
    },

    async delete({ owner, key, batchId }) {
      await executor
        .deleteFrom("create_keys")
        .where("owner", "=", owner)
        .where("key", "=", key)
        .where("batch_id", "=", batchId)
        .execute();
    },

    async deleteExpired(now) {
      await executor.deleteFrom("create_keys").where("expires_at", "<=", now).execute();
    },
  };
}

function toRow(key: CreateKey): CreateKeyRow {
  return {
    owner: key.owner,
    key: key.key,
    fingerprint: key.fingerprint,
    batch_id: key.batchId,
    is_repeat: key.isRepeat ? 1 : 0,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
  };
}

function toKey(row: CreateKeyRow): CreateKey {
  return {
    owner: row.owner,
    key: row.key,
    fingerprint: row.fingerprint,
    batchId: row.batch_id,
    isRepeat: row.is_repeat === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
