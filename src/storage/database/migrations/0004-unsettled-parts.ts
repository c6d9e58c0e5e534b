import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Parts of which nobody knows whether they were submitted are looked for by operators, metrics and one another. */
export const unsettledParts: Migration = {
  async up(kysely: Kysely<unknown>) {
    for (const statement of INDEXES) await sql.raw(statement).execute(kysely);
  },
};

const INDEXES = [
  "create index parts_uncertain on parts (provider, id) where phase = 'uncertain'",
  `create index parts_unsettled on parts (account, provider, lines)
    where phase in ('submitting', 'uncertain')`,
  "create index parts_of_job on parts (job_id) where job_id is not null",
];
