import { type Kysely, type SqlBool, sql } from "kysely";
import type { Upload, UploadPart } from "../../core/file.ts";
import type { UploadTable } from "../../core/storage.ts";
import { type Columns, orStale, ownedBy } from "./conditions.ts";
import { fromJson, toJson } from "./json-text.ts";
import type { Schema, UploadPartRow, UploadRow } from "./schema.ts";

export function createUploadTable(executor: Kysely<Schema>): UploadTable {
  return {
    async insert(upload) {
      await executor.insertInto("uploads").values(toRow(upload)).execute();
    },

    async get(id, owners) {
      const row = await executor
        .selectFrom("uploads")
        .selectAll()
        .where("id", "=", id)
        .where(ownedBy(owners))
        .executeTakeFirst();
      return row === undefined ? null : toUpload(row);
    },

    async update({ id, version }, changes) {
      const row = await executor
        .updateTable("uploads")
        .set({ ...toRow(changes), version: version + 1 })
        .where("id", "=", id)
        .where("version", "=", version)
        .returningAll()
        .executeTakeFirst();
      return toUpload(orStale(row, "upload"));
    },

    async insertPart(part) {
      await executor.insertInto("upload_parts").values(toPartRow(part)).execute();
    },

    async parts(uploadId) {
      const rows = await executor
        .selectFrom("upload_parts")
        .selectAll()
        .where("upload_id", "=", uploadId)
        .orderBy("created_at")
        .orderBy("id")
        .execute();
      return rows.map(toPart);
    },

    async deleteParts(uploadId) {
      await executor.deleteFrom("upload_parts").where("upload_id", "=", uploadId).execute();
    },

    async expired(now, limit) {
      const rows = await executor
        .selectFrom("uploads")
        .selectAll()
        // A literal, not a parameter: only then SQLite uses the index of the pending ones.
        .where(sql<SqlBool>`state = 'pending'`)
        .where("expires_at", "<", now)
        .orderBy("expires_at")
        .limit(limit)
        .execute();
      return rows.map(toUpload);
    },
  };
}

function toRow(upload: Upload): UploadRow;
function toRow(upload: Partial<Upload>): Columns<UploadRow>;
function toRow(upload: Partial<Upload>): Columns<UploadRow> {
  return {
    id: upload.id,
    owner: upload.owner,
    account: upload.account,
    dialect: upload.dialect,
    provider: upload.provider,
    filename: upload.filename,
    purpose: upload.purpose,
    mime_type: upload.mimeType,
    bytes: upload.bytes,
    state: upload.state,
    file_id: upload.fileId,
    file_expires_after_seconds: upload.fileExpiresAfterSeconds,
    options_json: upload.options && toJson(upload.options),
    created_at: upload.createdAt,
    expires_at: upload.expiresAt,
    version: upload.version,
  };
}

function toUpload(row: UploadRow): Upload {
  return {
    id: row.id,
    owner: row.owner,
    account: row.account,
    dialect: row.dialect,
    provider: row.provider,
    filename: row.filename,
    purpose: row.purpose,
    mimeType: row.mime_type,
    bytes: row.bytes,
    state: row.state,
    fileId: row.file_id,
    fileExpiresAfterSeconds: row.file_expires_after_seconds,
    options: fromJson(row.options_json),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    version: row.version,
  };
}

function toPartRow(part: UploadPart): UploadPartRow {
  return {
    id: part.id,
    upload_id: part.uploadId,
    owner: part.owner,
    blob: part.blob,
    bytes: part.bytes,
    created_at: part.createdAt,
  };
}

function toPart(row: UploadPartRow): UploadPart {
  return {
    id: row.id,
    uploadId: row.upload_id,
    owner: row.owner,
    blob: row.blob,
    bytes: row.bytes,
    createdAt: row.created_at,
  };
}
