import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { openSqlite } from "../../../src/storage/database/connection.ts";
import { databaseContract, type Place } from "./database.contract.ts";
import { transactionsContract } from "./transactions.contract.ts";

async function createPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-database-"));
  return {
    open: () => openSqlite(join(folder, "crossbatch.sqlite"), { exclusive: false }),
    remove: () => rm(folder, { recursive: true }),
  };
}

describe("SQLite", () => {
  databaseContract(createPlace);
  transactionsContract(createPlace);
});
