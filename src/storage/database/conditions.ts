import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Owners } from "../../core/client.ts";
import { GatewayError } from "../../core/errors.ts";
import type { ListQuery } from "../../core/storage.ts";

const always = sql<SqlBool>`1 = 1`;
const never = sql<SqlBool>`1 = 0`;

/** Word for word the condition of the index `batches_unfinished`: only then SQLite uses it. */
export const unfinished = sql<SqlBool>`origin = 'client'
  and state in ('validating', 'in_progress', 'finalizing', 'cancelling')`;

/** Only rows of these owners, of any table with an `owner`. */
export function ownedBy(owners: Owners): RawBuilder<SqlBool> {
  if (owners === "every") return always;
  return owners.length === 0 ? never : sql<SqlBool>`owner in (${sql.join(owners)})`;
}

/** Only rows behind the one that the last page ended with: a row added meanwhile shifts nothing. */
export function behind({ after, order }: ListQuery): RawBuilder<SqlBool> {
  if (after === undefined) return always;
  const than = order === "asc" ? sql`>` : sql`<`;
  return sql<SqlBool>`(created_at, id) ${than} (${after.createdAt}, ${after.id})`;
}

/** The row that an update returned: there is none if someone else wrote it since it was read. */
export function orStale<Row>(row: Row | undefined, what: string): Row {
  if (row !== undefined) return row;
  throw new GatewayError("stale", `The ${what} was changed or deleted meanwhile; read it again.`);
}

/** A row of which columns left `undefined` stay as they are. */
export type Columns<Row> = { readonly [Name in keyof Row]: Row[Name] | undefined };
