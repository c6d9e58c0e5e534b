import { type Kysely, type SqlBool, sql } from "kysely";
import type { Event, EventTable } from "../../core/storage.ts";
import { ownedBy } from "./conditions.ts";
import { fromJson, toJson } from "./json-text.ts";
import type { EventRow, Schema } from "./schema.ts";

export function createEventTable(executor: Kysely<Schema>): EventTable {
  return {
    async append(event) {
      await executor.insertInto("events").values(toRow(event)).execute();
    },

    async list({ owners, objectId, since, after, limit }) {
      let select = executor.selectFrom("events").selectAll().where(ownedBy(owners));
      if (objectId !== undefined) select = select.where("object_id", "=", objectId);
      if (since !== undefined) select = select.where("at", ">=", since);
      if (after !== undefined) select = select.where(behindEvent(after));
      const rows = await select.orderBy("at").orderBy("id").limit(limit).execute();
      return rows.map(toEvent);
    },
  };
}

function behindEvent(id: string) {
  return sql<SqlBool>`(at, id) > (select at, id from events where id = ${id})`;
}

function toRow(event: Event): EventRow {
  return {
    id: event.id,
    at: event.at,
    owner: event.owner,
    actor: event.actor,
    kind: event.kind,
    object_id: event.objectId,
    what: event.what,
    data_json: toJson(event.data),
  };
}

function toEvent(row: EventRow): Event {
  return {
    id: row.id,
    at: row.at,
    owner: row.owner,
    actor: row.actor,
    kind: row.kind,
    objectId: row.object_id,
    what: row.what,
    data: fromJson(row.data_json),
  };
}
