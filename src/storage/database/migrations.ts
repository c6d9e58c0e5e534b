import { type Migration, Migrator } from "kysely/migration";
import type { Connection } from "./connection.ts";
import { initial } from "./migrations/0001-initial.ts";
import { virtualKeys } from "./migrations/0002-virtual-keys.ts";
import { idempotency } from "./migrations/0003-idempotency.ts";
import { unsettledParts } from "./migrations/0004-unsettled-parts.ts";

/** In the order of their names. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-initial": initial,
  "0002-virtual-keys": virtualKeys,
  "0003-idempotency": idempotency,
  "0004-unsettled-parts": unsettledParts,
};

/** Brings the tables up to date. Any number of processes may do so at once: one works, the others wait for it. */
export async function migrate(
  connection: Connection,
  migrations: Readonly<Record<string, Migration>> = MIGRATIONS,
): Promise<void> {
  await connection.withoutTimeLimits(async (kysely) => {
    const migrator = new Migrator({
      db: kysely,
      provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
    });
    const { error } = await migrator.migrateToLatest();
    if (error === undefined) return;
    if (!(error instanceof Error)) throw new Error("the migration failed", { cause: error });
    if (!/previously executed migration .* is missing/.test(error.message)) throw error;
    throw new Error(
      "The database was made by a newer version of Crossbatch: start that version, or a newer one.",
      { cause: error },
    );
  });
}
