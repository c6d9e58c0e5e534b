import { type Kysely, type SqlBool, sql } from "kysely";
import type { BatchTable } from "../../core/storage.ts";
import { toBatch, toBatchRow } from "./batch-rows.ts";
import { behind, orStale, ownedBy, unfinished } from "./conditions.ts";
import { inTransaction } from "./executors.ts";
import { toPart, toPartRow } from "./part-rows.ts";
import type { Schema } from "./schema.ts";

export function createBatchTable(executor: Kysely<Schema>): BatchTable {
  async function anyUnfinished(column: "account" | "input_file_id", value: string) {
    const row = await executor
      .selectFrom("batches")
      .select("id")
      .where(unfinished)
      .where(column, "=", value)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  return {
    async insert(batch) {
      await executor.insertInto("batches").values(toBatchRow(batch)).execute();
    },

    async get(id, owners) {
      const row = await executor
        .selectFrom("batches")
        .selectAll()
        .where("id", "=", id)
        .where(ownedBy(owners))
        .executeTakeFirst();
      return row === undefined ? null : toBatch(row);
    },

    async list(query) {
      const { provider, model } = query;
      let select = executor
        .selectFrom("batches")
        .selectAll()
        .where(ownedBy(query.owners))
        .where(behind(query));
      if (provider !== undefined) select = select.where("provider", "=", provider);
      if (model !== undefined) select = select.where(names(model));
      const rows = await select
        .orderBy("created_at", query.order)
        .orderBy("id", query.order)
        .limit(query.limit)
        .execute();
      return rows.map(toBatch);
    },

    async update({ id, version }, changes) {
      const row = await executor
        .updateTable("batches")
        .set({ ...toBatchRow(changes), version: version + 1 })
        .where("id", "=", id)
        .where("version", "=", version)
        .returningAll()
        .executeTakeFirst();
      return toBatch(orStale(row, "batch"));
    },

    delete: (id, owners) =>
      inTransaction(executor, async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom("batches")
          .where("id", "=", id)
          .where(ownedBy(owners))
          .executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) return;
        await transaction
          .deleteFrom("aliases")
          .where("kind", "=", "batch")
          .where("object_id", "=", id)
          .execute();
        await transaction.deleteFrom("create_keys").where("batch_id", "=", id).execute();
      }),

    async unfinished(after, limit) {
      let select = executor.selectFrom("batches").select("id").where(unfinished);
      if (after !== null) select = select.where("id", ">", after);
      const rows = await select.orderBy("id").limit(limit).execute();
      return rows.map((row) => row.id);
    },

    async countByState() {
      return executor
        .selectFrom("batches")
        .select((eb) => ["provider", "state", eb.fn.countAll<number>().as("count")])
        .groupBy(["provider", "state"])
        .execute();
    },

    accountInUse: (account) => anyUnfinished("account", account),

    inputInUse: (fileId) => anyUnfinished("input_file_id", fileId),

    async uncertainParts(limit) {
      const rows = await executor
        .selectFrom("parts")
        .selectAll()
        .where(uncertain)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(toPart);
    },

    async countUncertainParts() {
      return executor
        .selectFrom("parts")
        .select((eb) => ["provider", eb.fn.countAll<number>().as("count")])
        .where(uncertain)
        .groupBy("provider")
        .execute();
    },

    async hasLookalike({ id, provider, account, lines }) {
      const row = await executor
        .selectFrom("parts")
        .select("id")
        .where(unsettled)
        .where("account", "=", account)
        .where("provider", "=", provider)
        .where("lines", "=", lines)
        .where("id", "<>", id)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async isJobTaken({ id, account }, jobId) {
      const row = await executor
        .selectFrom("parts")
        .select("id")
        .where("job_id", "=", jobId)
        .where("account", "=", account)
        .where("id", "<>", id)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async insertPart(part) {
      await executor.insertInto("parts").values(toPartRow(part)).execute();
    },

    async parts(batchId) {
      const rows = await executor
        .selectFrom("parts")
        .selectAll()
        .where("batch_id", "=", batchId)
        .orderBy("number")
        .execute();
      return rows.map(toPart);
    },

    async part(id) {
      const row = await executor
        .selectFrom("parts")
        .selectAll()
        .where("id", "=", id)
        .executeTakeFirst();
      return row === undefined ? null : toPart(row);
    },

    async updatePart({ id, version }, changes) {
      const row = await executor
        .updateTable("parts")
        .set({ ...toPartRow(changes), version: version + 1 })
        .where("id", "=", id)
        .where("version", "=", version)
        .returningAll()
        .executeTakeFirst();
      return toPart(orStale(row, "part"));
    },
  };
}

// Word for word the conditions of the indexes: only then SQLite uses them.
const uncertain = sql<SqlBool>`phase = 'uncertain'`;
const unsettled = sql<SqlBool>`phase in ('submitting', 'uncertain')`;

/**
 * Batches of that model, alone or among others. The quote that opens it stands behind a bracket or a comma, which an
 * escaped one never does. Not by LIKE: on one of the databases that ignores case.
 */
function names(model: string) {
  const quoted = JSON.stringify(model);
  return sql<SqlBool>`(model = ${model}
    or models_json <> replace(models_json, ${`[${quoted}`}, '')
    or models_json <> replace(models_json, ${`,${quoted}`}, ''))`;
}
