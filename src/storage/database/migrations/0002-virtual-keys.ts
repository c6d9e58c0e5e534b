import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Keys that the gateway gives out itself, what each has used on which day, and which batches it made. */
export const virtualKeys: Migration = {
  async up(kysely: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(kysely);
  },
};

const STATEMENTS = [
  `create table virtual_keys (
    id text not null primary key,
    name text not null unique,
    hash text not null unique,
    hint text not null,
    terms_json text not null,
    created_at bigint not null,
    revoked_at bigint
  )`,
  `create table key_uses (
    key_id text not null,
    day bigint not null,
    lines bigint not null,
    bytes bigint not null,
    primary key (key_id, day)
  )`,
  `create table key_batches (
    batch_id text not null primary key references batches (id) on delete cascade,
    key_id text not null
  )`,
  "create index key_batches_of_key on key_batches (key_id, batch_id)",
];
