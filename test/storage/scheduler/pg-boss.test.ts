import { createTestDatabase, canRun } from "../../support/postgres.ts";
import { createPostgresBed } from "./scheduler.bed.ts";
import { describeScheduler } from "./scheduler.contract.ts";

const probe = await createTestDatabase();
await probe?.drop();

if (canRun(probe !== null, "the scheduler on PostgreSQL")) {
  describeScheduler("pg-boss", async () => {
    const bed = await createPostgresBed();
    if (bed === null) throw new Error("PostgreSQL is gone");
    return bed;
  });
}
