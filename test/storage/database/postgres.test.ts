import { describe } from "vitest";
import { openPostgres } from "../../../src/storage/database/connection.ts";
import { canRun, createTestDatabase, isServerReachable } from "../../support/postgres.ts";
import { databaseContract, type Place } from "./database.contract.ts";
import { keysContract } from "./keys.contract.ts";
import { transactionsContract } from "./transactions.contract.ts";

const reachable = await isServerReachable();

describe.skipIf(!canRun(reachable, "the database on PostgreSQL"))("PostgreSQL", () => {
  databaseContract(createPlace);
  transactionsContract(createPlace);
  keysContract(createPlace);
});

async function createPlace(): Promise<Place> {
  const database = await createTestDatabase();
  if (database === null) throw new Error("the PostgreSQL server is gone");
  return { open: () => openPostgres(database.url), remove: () => database.drop() };
}
