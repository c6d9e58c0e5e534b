import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** By what a create is known when its client sends it again. */
export const idempotency: Migration = {
  async up(kysely: Kysely<unknown>) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(kysely);
  },
};

const STATEMENTS = [
  `create table create_keys (
    owner text not null,
    key text not null,
    fingerprint text not null,
    batch_id text not null,
    is_repeat bigint not null,
    created_at bigint not null,
    expires_at bigint not null,
    primary key (owner, key)
  )`,
  "create index create_keys_of_batch on create_keys (batch_id)",
  "create index create_keys_expiring on create_keys (expires_at)",
];
