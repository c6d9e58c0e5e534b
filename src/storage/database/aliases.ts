import { type Kysely, sql } from "kysely";
import type { Alias, AliasTable } from "../../core/storage.ts";
import { ownedBy } from "./conditions.ts";
import type { AliasRow, Schema } from "./schema.ts";

export function createAliasTable(executor: Kysely<Schema>): AliasTable {
  return {
    async insert(alias) {
      const { kind, id, owner, account, provider, dialect, object_id } = toRow(alias);
      const { rows } = await sql`
        insert into aliases (kind, id, owner, account, provider, dialect, object_id, number)
        select ${kind}, ${id}, ${owner}, ${account}, ${provider}, ${dialect}, ${object_id},
          coalesce(max(number), 0) + 1
        from aliases where kind = ${kind} and id = ${id}
        on conflict do nothing
        returning id`.execute(executor);
      return rows.length > 0;
    },

    async find(kind, id, owners) {
      const rows = await executor
        .selectFrom("aliases")
        .selectAll()
        .where("kind", "=", kind)
        .where("id", "=", id)
        .where(ownedBy(owners))
        .execute();
      // One or two rows: on SQLite sorting them there takes three times as long as finding them.
      return rows.toSorted((one, other) => other.number - one.number).map(toAlias);
    },
  };
}

function toRow(alias: Alias): Omit<AliasRow, "number"> {
  return {
    kind: alias.kind,
    id: alias.id,
    owner: alias.owner,
    account: alias.account ?? "",
    provider: alias.provider,
    dialect: alias.dialect,
    object_id: alias.objectId,
  };
}

function toAlias(row: AliasRow): Alias {
  return {
    kind: row.kind,
    owner: row.owner,
    account: row.account === "" ? null : row.account,
    provider: row.provider,
    dialect: row.dialect,
    id: row.id,
    objectId: row.object_id,
  };
}
