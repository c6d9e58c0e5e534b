import type { Kysely } from "kysely";
import type { AccountKeyTable } from "../../core/storage.ts";
import type { Schema } from "./schema.ts";

export function createAccountKeyTable(executor: Kysely<Schema>): AccountKeyTable {
  return {
    async save({ account, provider, sealed, createdAt }) {
      const rest = { provider, sealed, created_at: createdAt };
      await executor
        .insertInto("account_keys")
        .values({ account, ...rest })
        .onConflict((conflict) => conflict.column("account").doUpdateSet(rest))
        .execute();
    },

    async get(account) {
      const row = await executor
        .selectFrom("account_keys")
        .select("sealed")
        .where("account", "=", account)
        .executeTakeFirst();
      return row?.sealed ?? null;
    },

    async delete(account, sealed) {
      await executor
        .deleteFrom("account_keys")
        .where("account", "=", account)
        .where("sealed", "=", sealed)
        .execute();
    },
  };
}
