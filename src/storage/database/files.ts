import { type Kysely, type SqlBool, sql } from "kysely";
import { PLACE, type StoredFile } from "../../core/file.ts";
import { toS3Uri } from "../../core/s3-uri.ts";
import type { FileTable } from "../../core/storage.ts";
import { behind, type Columns, orStale, ownedBy, unfinished } from "./conditions.ts";
import { inTransaction } from "./executors.ts";
import { toNative } from "./native-columns.ts";
import { fromJson, toJson } from "./json-text.ts";
import type { FileRow, Schema } from "./schema.ts";

export function createFileTable(executor: Kysely<Schema>): FileTable {
  return {
    async insert(file) {
      await executor.insertInto("files").values(toRow(file)).execute();
    },

    async get(id, owners) {
      const row = await executor
        .selectFrom("files")
        .selectAll()
        .where("id", "=", id)
        .where(ownedBy(owners))
        .executeTakeFirst();
      return row === undefined ? null : toFile(row);
    },

    async list(query) {
      const { provider, purpose, unexpiredAt, liesBelow } = query;
      let select = executor
        .selectFrom("files")
        .selectAll()
        .where(ownedBy(query.owners))
        // Lines that came inside a create are no file that its client knows.
        .where("origin", "!=", "inline")
        .where(behind(query));
      if (provider !== undefined) select = select.where("provider", "=", provider);
      if (purpose !== undefined) select = select.where("purpose", "=", purpose);
      if (liesBelow !== undefined) select = select.where(liesIn(toS3Uri(liesBelow)));
      if (unexpiredAt !== undefined) {
        select = select.where((where) =>
          where.or([where("expires_at", "is", null), where("expires_at", ">", unexpiredAt)]),
        );
      }
      const rows = await select
        .orderBy("created_at", query.order)
        .orderBy("id", query.order)
        .limit(query.limit)
        .execute();
      return rows.map(toFile);
    },

    async update({ id, version }, changes) {
      const row = await executor
        .updateTable("files")
        .set({ ...toRow(changes), version: version + 1 })
        .where("id", "=", id)
        .where("version", "=", version)
        .returningAll()
        .executeTakeFirst();
      return toFile(orStale(row, "file"));
    },

    delete: (id, owners) =>
      inTransaction(executor, async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom("files")
          .where("id", "=", id)
          .where(ownedBy(owners))
          .executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) return;
        await transaction
          .deleteFrom("aliases")
          .where("kind", "=", "file")
          .where("object_id", "=", id)
          .execute();
      }),

    async expired(now, limit) {
      const rows = await executor
        .selectFrom("files")
        .selectAll()
        .where("expires_at", "<", now)
        .where((where) =>
          where.not(
            where.exists(
              where
                .selectFrom("batches")
                .select("batches.id")
                .where(unfinished)
                .whereRef("batches.input_file_id", "=", "files.id"),
            ),
          ),
        )
        .orderBy("expires_at")
        .limit(limit)
        .execute();
      return rows.map(toFile);
    },

    async namedBlobs(keys) {
      if (keys.length === 0) return new Set();
      const rows = await executor
        .selectFrom("files")
        .select("blob")
        .where("blob", "in", keys)
        .union(executor.selectFrom("upload_parts").select("blob").where("blob", "in", keys))
        .execute();
      return new Set(rows.flatMap(({ blob }) => (blob === null ? [] : [blob])));
    },
  };
}

/**
 * By its own native id or that of a copy; or by the place that its client named, where there is none. Not by LIKE, which knows
 * wild cards and on one of the databases ignores case.
 */
function liesIn(uri: string) {
  const folder = `${uri}/`;
  const begins = (column: string) =>
    sql<SqlBool>`substr(${sql.ref(column)}, 1, ${sql.lit(folder.length)}) = ${folder}`;
  const named = `${JSON.stringify(PLACE)}:${JSON.stringify(folder).slice(0, -1)}`;
  return sql<SqlBool>`(${begins("files.native_id")}
    or options_json <> replace(options_json, ${named}, '')
    or exists (select 1 from file_copies where file_id = files.id and ${begins("file_copies.native_id")}))`;
}

function toRow(file: StoredFile): FileRow;
function toRow(file: Partial<StoredFile>): Columns<FileRow>;
function toRow(file: Partial<StoredFile>): Columns<FileRow> {
  return {
    id: file.id,
    owner: file.owner,
    account: file.account,
    dialect: file.dialect,
    provider: file.provider,
    origin: file.origin,
    native_id: file.native && file.native.id,
    native_format: file.native && file.native.format,
    filename: file.filename,
    purpose: file.purpose,
    mime_type: file.mimeType,
    bytes: file.bytes,
    sha256: file.sha256,
    lines: file.lines,
    blob: file.blob,
    line_index: file.lineIndex,
    batch_id: file.batchId,
    role: file.role,
    options_json: file.options && toJson(file.options),
    created_at: file.createdAt,
    expires_at: file.expiresAt,
    version: file.version,
  };
}

function toFile(row: FileRow): StoredFile {
  return {
    id: row.id,
    owner: row.owner,
    account: row.account,
    dialect: row.dialect,
    provider: row.provider,
    origin: row.origin,
    native: toNative(row),
    filename: row.filename,
    purpose: row.purpose,
    mimeType: row.mime_type,
    bytes: row.bytes,
    sha256: row.sha256,
    lines: row.lines,
    blob: row.blob,
    lineIndex: row.line_index,
    batchId: row.batch_id,
    role: row.role,
    options: fromJson(row.options_json),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    version: row.version,
  };
}
