import { sql } from "kysely";
import type { BlobStore } from "../../core/blobs.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Connection } from "../database/connection.ts";
import { APPLICATION_NAMES } from "../database/postgres-pool.ts";

/** All that a gateway keeps. Its tables are up to date. */
export interface State {
  readonly connection: Connection;
  readonly blobs: BlobStore;
  /** Of the master secret: by it keys are sealed and the owners of clients' own keys are named. */
  readonly fingerprint: string;
}

/** An embedded gateway holds a lock on its folder instead. */
export async function refuseRunningReplicas({ connection }: State): Promise<void> {
  if (connection.kind !== "postgres") return;
  const { rows } = await sql`
    select 1 from pg_stat_activity
    where datname = current_database() and application_name = ${APPLICATION_NAMES.scheduler}
    limit 1`.execute(connection.kysely);
  if (rows.length === 0) return;
  throw new GatewayError(
    "invalid_request",
    "Gateways are connected to the database. Stop them first: what they do meanwhile would be missing, or be done twice.",
  );
}
