import type { Kysely } from "kysely";
import type { FileCopy } from "../../core/file.ts";
import type { CopyTable } from "../../core/storage.ts";
import type { FileCopyRow, Schema } from "./schema.ts";

export function createCopyTable(executor: Kysely<Schema>): CopyTable {
  const copiesOf = (fileId: string) =>
    executor
      .selectFrom("file_copies")
      .selectAll()
      .where("file_id", "=", fileId)
      .orderBy("provider")
      .orderBy("account")
      .orderBy("recipe");
  return {
    async save(copy) {
      const { file_id, provider, account, recipe, ...rest } = toRow(copy);
      await executor
        .insertInto("file_copies")
        .values({ file_id, provider, account, recipe, ...rest })
        .onConflict((conflict) =>
          conflict.columns(["file_id", "provider", "account", "recipe"]).doUpdateSet(rest),
        )
        .execute();
    },

    async find(fileId, provider, account) {
      const rows = await copiesOf(fileId)
        .where("provider", "=", provider)
        .where("account", "=", account)
        .execute();
      return newestFirst(rows);
    },

    async of(fileId) {
      const rows = await copiesOf(fileId).execute();
      return newestFirst(rows);
    },

    async delete(copy) {
      await executor
        .deleteFrom("file_copies")
        .where("file_id", "=", copy.fileId)
        .where("provider", "=", copy.provider)
        .where("account", "=", copy.account)
        .where("recipe", "=", copy.recipe)
        .execute();
    },
  };
}

/** Here, because SQLite takes longer to sort a handful of rows than to find them. */
function newestFirst(rows: readonly FileCopyRow[]): readonly FileCopy[] {
  return rows.toSorted((one, other) => other.created_at - one.created_at).map(toCopy);
}

function toRow(copy: FileCopy): FileCopyRow {
  return {
    file_id: copy.fileId,
    provider: copy.provider,
    account: copy.account,
    recipe: copy.recipe,
    native_id: copy.nativeId,
    bytes: copy.bytes,
    created_at: copy.createdAt,
    expires_at: copy.expiresAt,
  };
}

function toCopy(row: FileCopyRow): FileCopy {
  return {
    fileId: row.file_id,
    provider: row.provider,
    account: row.account,
    recipe: row.recipe,
    nativeId: row.native_id,
    bytes: row.bytes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
